-- What another program is told of jobs. An event is written by the statement that moves its job, so neither is
-- there without the other; and only while the owner has an address to send it to. It holds nothing of a member.
-- due_at: when it is sent next. tries, error: how often it was sent in vain, and what the last answer was.
-- blocks: the receiver took nothing at all then, so what happened later waits behind it.
CREATE TABLE webhook_event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    job TEXT NOT NULL REFERENCES job (id),
    type TEXT NOT NULL,
    state TEXT NOT NULL,
    at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    blocks INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX webhook_event_by_due ON webhook_event (due_at, seq);
CREATE INDEX webhook_event_by_job ON webhook_event (job);

CREATE TRIGGER job_accepted AFTER INSERT ON job
WHEN EXISTS (SELECT 1 FROM meta WHERE key = 'webhooks' AND value = 'on')
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at)
    SELECT 'msg_' || lower(hex(randomblob(16))), NEW.id, found.type, NEW.state,
        (julianday('now') - 2440587.5) * 86400.0
    FROM (SELECT 'job.accepted' AS type UNION ALL SELECT 'job.held' WHERE NEW.state = 'held') AS found;
END;

CREATE TRIGGER job_moved AFTER UPDATE OF state ON job
WHEN NEW.state <> OLD.state
    AND NEW.state IN ('held', 'running', 'delivered', 'failed', 'quarantined', 'refused', 'cancelled')
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'webhooks' AND value = 'on')
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at)
    VALUES (
        'msg_' || lower(hex(randomblob(16))), NEW.id,
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

CREATE TRIGGER job_erased AFTER UPDATE OF deleted_at ON job
WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'webhooks' AND value = 'on')
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at)
    VALUES (
        'msg_' || lower(hex(randomblob(16))), NEW.id, 'job.erased', NEW.state,
        (julianday('now') - 2440587.5) * 86400.0
    );
END;
