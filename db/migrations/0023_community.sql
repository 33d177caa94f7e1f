-- Where a guild's best clips of the week go.
CREATE TABLE showcase (
    guild_id INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL,
    by_user INTEGER NOT NULL,
    at REAL NOT NULL
);

-- Reels that were or will be posted, one for each name, such as "2026-W48" or "contest 7". A row is written
-- before Discord is asked. clips: ids of jobs, as JSON, in the order in which they are shown.
CREATE TABLE reel (
    guild_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'posting', 'posted', 'dropped')),
    channel_id INTEGER NOT NULL,
    clips TEXT NOT NULL CHECK (json_valid(clips)),
    text TEXT NOT NULL,
    message_id INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, name)
) WITHOUT ROWID;

CREATE INDEX reel_open ON reel (at) WHERE state IN ('due', 'posting');

-- Contests. until: when votes end, Unix seconds. A guild has one at a time.
CREATE TABLE contest (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    by_user INTEGER NOT NULL,
    theme TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'ended')),
    until REAL NOT NULL,
    at REAL NOT NULL
);

CREATE UNIQUE INDEX contest_open ON contest (guild_id) WHERE state = 'open';

CREATE TABLE contest_entry (
    contest INTEGER NOT NULL REFERENCES contest (id),
    guild_id INTEGER NOT NULL,
    job TEXT NOT NULL REFERENCES job (id),
    at REAL NOT NULL,
    PRIMARY KEY (contest, job)
) WITHOUT ROWID;

-- One vote a member, which can be changed.
CREATE TABLE contest_vote (
    contest INTEGER NOT NULL REFERENCES contest (id),
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    job TEXT NOT NULL REFERENCES job (id),
    at REAL NOT NULL,
    PRIMARY KEY (contest, user_id)
) WITHOUT ROWID;
