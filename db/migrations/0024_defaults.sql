-- What a member, or a server, would have if nothing else is asked for. options: JSON, by the names of options.
CREATE TABLE preference (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    options TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID;

CREATE TABLE guild_preference (
    guild_id INTEGER PRIMARY KEY,
    options TEXT NOT NULL,
    at REAL NOT NULL
);

-- What was given to the command of a job, and which defaults were added to it: JSON. NULL where none were.
ALTER TABLE job ADD COLUMN given TEXT;
