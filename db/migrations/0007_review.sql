-- What a guild looks at before it is drawn or shown, and where.
CREATE TABLE review_rules (
    guild_id INTEGER PRIMARY KEY,
    channel_id INTEGER,
    newcomer_days REAL NOT NULL DEFAULT 0,
    words TEXT NOT NULL DEFAULT 'off' CHECK (words IN ('off', 'hold', 'refuse')),
    pictures TEXT NOT NULL DEFAULT 'off' CHECK (pictures IN ('off', 'hold', 'spoiler'))
);

-- A guild's own words, and those of the base that it does not mind.
CREATE TABLE word (
    guild_id INTEGER NOT NULL,
    word TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('own', 'allowed')),
    PRIMARY KEY (guild_id, word)
) WITHOUT ROWID;

-- What moderators are asked to decide, and the message that asks them. round: counts how often it was asked
-- about the same job, so that a button of an earlier round does nothing. shown: reports that the message tells of.
CREATE TABLE card (
    job TEXT NOT NULL REFERENCES job (id),
    kind TEXT NOT NULL CHECK (kind IN ('review', 'report')),
    guild_id INTEGER NOT NULL,
    round INTEGER NOT NULL DEFAULT 1,
    opened_at REAL NOT NULL,
    with_file INTEGER NOT NULL DEFAULT 1,
    decision TEXT CHECK (decision IN ('approved', 'rejected', 'taken_down', 'dismissed')),
    by_user INTEGER,
    decided_at REAL,
    channel_id INTEGER,
    message_id INTEGER,
    shown INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, kind)
) WITHOUT ROWID;

CREATE INDEX card_open ON card (due_at) WHERE closed = 0;

CREATE TABLE report (
    job TEXT NOT NULL REFERENCES job (id),
    user_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (job, user_id)
) WITHOUT ROWID;

-- adult: its words are for age-restricted channels. spoiler: its clip is shown behind a spoiler.
-- looked_at: a moderator has approved the finished clip. taking_down: its message still has to go.
ALTER TABLE job ADD COLUMN adult INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN spoiler INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN looked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN taking_down INTEGER NOT NULL DEFAULT 0;
CREATE INDEX job_taking_down ON job (seq) WHERE taking_down = 1;
