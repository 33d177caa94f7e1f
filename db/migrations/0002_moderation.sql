-- A guild that finishes what it has and takes nothing new.
CREATE TABLE drain (
    guild_id INTEGER PRIMARY KEY,
    by_user INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL
);

-- How long the audit log is and how it ends, beside it: a log that was cut off no longer fits.
INSERT INTO meta (key, value) SELECT 'audit_head', seq || ' ' || hash FROM audit ORDER BY seq DESC LIMIT 1;
