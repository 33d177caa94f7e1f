-- What a job was charged, so that it can be given back: in seconds, to the day, and as it was booked to the
-- accounts in "member" and "guild" (db/fairness.py).
ALTER TABLE job ADD COLUMN charged_seconds REAL NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN booked REAL;

-- Its member's role lets it go before the others of its guild.
ALTER TABLE job ADD COLUMN before_others INTEGER NOT NULL DEFAULT 0;

-- What moderators allow a whole guild (whom = guild_id), a role or a member. NULL: nothing is said.
CREATE TABLE allowance (
    guild_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('guild', 'role', 'member')),
    whom INTEGER NOT NULL,
    waiting INTEGER,
    hour INTEGER,
    day REAL,
    lane INTEGER,
    spent TEXT CHECK (spent IN ('refuse', 'background')),
    PRIMARY KEY (guild_id, kind, whom)
) WITHOUT ROWID;
