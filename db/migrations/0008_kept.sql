-- How often the engine or the bot ended while this job ran, whatever ended them, and when it last happened.
-- crashes and restarts count only what is held against the job (db/jobs/stumbles.py).
ALTER TABLE job ADD COLUMN stumbles INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN stumbled_at REAL;
UPDATE job SET stumbles = crashes + restarts;

-- Interactions that are being answered. What is left of an earlier run is answered at the next start: Discord
-- shows "thinking" until then. The token can do nothing but answer this one interaction, for 15 minutes.
CREATE TABLE asked (
    interaction INTEGER PRIMARY KEY,
    application INTEGER NOT NULL,
    token TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    at REAL NOT NULL
);

-- Members who still have to hear what became of their job, because its message could not be edited.
CREATE TABLE owed (
    job TEXT PRIMARY KEY REFERENCES job (id),
    user_id INTEGER NOT NULL,
    at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
