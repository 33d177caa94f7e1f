-- The words and files of a job were cleared away; what counts is kept.
ALTER TABLE job ADD COLUMN forgotten_at REAL;

-- Members who asked to be erased, until it is done. messages: their messages are to be deleted as well.
CREATE TABLE erasure (
    user_id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    messages INTEGER NOT NULL
);

-- Members who want nobody else to animate their pictures. By their pseudonym (db/pseudonyms.py), so that the
-- wish outlives an erase.
CREATE TABLE opt_out (
    pseudonym INTEGER PRIMARY KEY,
    at REAL NOT NULL
);

-- Guilds that the bot is not in any more, and since when that is known.
CREATE TABLE departed (
    guild_id INTEGER PRIMARY KEY,
    at REAL NOT NULL
);

-- The audit log names members by an alias, so that one can be erased while the chain of hashes stays whole. The
-- alias is made from the salt and the member's id: with the row gone, it stands for nobody.
CREATE TABLE alias (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    salt TEXT NOT NULL,
    alias INTEGER NOT NULL UNIQUE,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID;

-- The words of an entry; the entry itself holds a digest of salt and words.
CREATE TABLE audit_reason (
    seq INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    salt TEXT NOT NULL,
    reason TEXT NOT NULL
);
