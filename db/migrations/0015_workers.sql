-- Workers: programs on other machines that draw for the bot.
-- key: the public half of the worker's key; the bot stores no other. trust: own: the owner's machine; friend:
-- guilds that allow friends; public: guilds that allow anybody. removed_at: it may not come back; why: in words
-- for the owner. caps: JSON, what it said last of what it can draw, and seen_at when. clips: how many of its
-- clips were taken; faults: how many were not fit to be.
CREATE TABLE worker (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    trust TEXT NOT NULL CHECK (trust IN ('own', 'friend', 'public')),
    invited_at REAL NOT NULL,
    removed_at REAL,
    why TEXT NOT NULL DEFAULT '',
    seen_at REAL,
    caps TEXT NOT NULL DEFAULT '',
    clips INTEGER NOT NULL DEFAULT 0,
    faults INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- The least that a guild trusts: its jobs may go to friends' machines, or to anybody's. No row: to the owner's only.
CREATE TABLE remote_guild (
    guild_id INTEGER PRIMARY KEY,
    trust TEXT NOT NULL CHECK (trust IN ('friend', 'public')),
    at REAL NOT NULL
);

-- ability: JSON, what a machine must have to draw it; '' where that was not written down, and no worker draws it.
-- worker: that has the last claim; NULL: an engine of the bot's own. losses: times that a worker's program began
-- anew while it drew this job.
ALTER TABLE job ADD COLUMN ability TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN worker TEXT;
ALTER TABLE job ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;
CREATE INDEX job_by_worker ON job (worker) WHERE state = 'running' AND worker IS NOT NULL;
