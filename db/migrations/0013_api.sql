-- Keys of the HTTP API, and what it remembers of requests.
-- api_key: a key is bound to a member of a guild. id is part of the key; hash is of its secret part, so the table
-- opens nothing. scopes: separated by blanks. It ends with a ban, and with the wish to be erased.
CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    scopes TEXT NOT NULL,
    at REAL NOT NULL,
    used_at REAL
);
CREATE INDEX api_key_by_member ON api_key (guild_id, user_id);

CREATE TRIGGER ban_ends_keys AFTER INSERT ON ban
BEGIN
    DELETE FROM api_key WHERE guild_id = NEW.guild_id AND user_id = NEW.user_id;
END;

CREATE TRIGGER found_ban_ends_keys AFTER UPDATE OF user_id ON ban
BEGIN
    DELETE FROM api_key WHERE guild_id = NEW.guild_id AND user_id = NEW.user_id;
END;

CREATE TRIGGER erasure_ends_keys AFTER INSERT ON erasure
BEGIN
    DELETE FROM api_key WHERE user_id = NEW.user_id;
END;

-- Guilds whose members may make keys themselves.
CREATE TABLE api_open (
    guild_id INTEGER PRIMARY KEY
);

-- The key by which a job was asked for; NULL for those that were asked for in Discord.
ALTER TABLE job ADD COLUMN api_key TEXT;

-- A request with an Idempotency-Key, and its answer: the job, or a problem. Neither is there while it is under
-- way. nonce: names the job, so that a request that a kill interrupted makes one job and not two. life: of the
-- program that is at work on it.
CREATE TABLE api_request (
    api_key TEXT NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
    idempotency_key TEXT NOT NULL,
    digest TEXT NOT NULL,
    nonce TEXT NOT NULL,
    life TEXT NOT NULL,
    at REAL NOT NULL,
    job TEXT,
    problem TEXT,
    PRIMARY KEY (api_key, idempotency_key)
) WITHOUT ROWID;
CREATE INDEX api_request_by_time ON api_request (at);

-- What has happened to a job, numbered from 1, while the API is served. It holds nothing of a member.
CREATE TABLE job_event (
    job TEXT NOT NULL REFERENCES job (id),
    number INTEGER NOT NULL,
    type TEXT NOT NULL,
    state TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;

CREATE TRIGGER job_accepted_event AFTER INSERT ON job
WHEN EXISTS (SELECT 1 FROM meta WHERE key = 'api' AND value = 'on')
BEGIN
    INSERT INTO job_event (job, number, type, state, at)
    SELECT NEW.id, found.number, found.type, NEW.state, (julianday('now') - 2440587.5) * 86400.0
    FROM (
        SELECT 1 AS number, 'job.accepted' AS type
        UNION ALL SELECT 2, 'job.held' WHERE NEW.state = 'held'
    ) AS found;
END;

CREATE TRIGGER job_moved_event AFTER UPDATE OF state ON job
WHEN NEW.state <> OLD.state
    AND NEW.state IN ('held', 'running', 'delivered', 'failed', 'quarantined', 'refused', 'cancelled')
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'api' AND value = 'on')
BEGIN
    INSERT INTO job_event (job, number, type, state, at)
    VALUES (
        NEW.id, 1 + coalesce((SELECT max(number) FROM job_event WHERE job = NEW.id), 0),
        CASE NEW.state
            WHEN 'held' THEN 'job.held'
            WHEN 'running' THEN 'job.started'
            WHEN 'delivered' THEN 'job.succeeded'
            WHEN 'cancelled' THEN 'job.cancelled'
            ELSE 'job.failed'
        END,
        NEW.state, (julianday('now') - 2440587.5) * 86400.0
    );
END;

CREATE TRIGGER job_erased_event AFTER UPDATE OF deleted_at ON job
WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'api' AND value = 'on')
BEGIN
    INSERT INTO job_event (job, number, type, state, at)
    VALUES (
        NEW.id, 1 + coalesce((SELECT max(number) FROM job_event WHERE job = NEW.id), 0),
        'job.erased', NEW.state, (julianday('now') - 2440587.5) * 86400.0
    );
END;

-- Where a key's owner is told of the jobs that were asked for by it. The secrets sign, so they cannot be hashes.
-- old_secret: signs as well, while it is replaced. refused: the receiver answered 410 and is told nothing.
CREATE TABLE api_webhook (
    api_key TEXT PRIMARY KEY REFERENCES api_key (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT,
    at REAL NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Whom an event is for: NULL for the owner of the bot.
ALTER TABLE webhook_event ADD COLUMN api_key TEXT REFERENCES api_key (id) ON DELETE CASCADE;
CREATE INDEX webhook_event_by_key ON webhook_event (api_key, due_at, seq);

CREATE TRIGGER job_accepted_for_key AFTER INSERT ON job
WHEN EXISTS (SELECT 1 FROM api_webhook WHERE api_key = NEW.api_key AND NOT refused)
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at, api_key)
    SELECT 'msg_' || lower(hex(randomblob(16))), NEW.id, found.type, NEW.state,
        (julianday('now') - 2440587.5) * 86400.0, NEW.api_key
    FROM (SELECT 'job.accepted' AS type UNION ALL SELECT 'job.held' WHERE NEW.state = 'held') AS found;
END;

CREATE TRIGGER job_moved_for_key AFTER UPDATE OF state ON job
WHEN NEW.state <> OLD.state
    AND NEW.state IN ('held', 'running', 'delivered', 'failed', 'quarantined', 'refused', 'cancelled')
    AND EXISTS (SELECT 1 FROM api_webhook WHERE api_key = NEW.api_key AND NOT refused)
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at, api_key)
    VALUES (
        'msg_' || lower(hex(randomblob(16))), NEW.id,
        CASE NEW.state
            WHEN 'held' THEN 'job.held'
            WHEN 'running' THEN 'job.started'
            WHEN 'delivered' THEN 'job.succeeded'
            WHEN 'cancelled' THEN 'job.cancelled'
            ELSE 'job.failed'
        END,
        NEW.state, (julianday('now') - 2440587.5) * 86400.0, NEW.api_key
    );
END;

CREATE TRIGGER job_erased_for_key AFTER UPDATE OF deleted_at ON job
WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
    AND EXISTS (SELECT 1 FROM api_webhook WHERE api_key = NEW.api_key AND NOT refused)
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at, api_key)
    VALUES (
        'msg_' || lower(hex(randomblob(16))), NEW.id, 'job.erased', NEW.state,
        (julianday('now') - 2440587.5) * 86400.0, NEW.api_key
    );
END;
