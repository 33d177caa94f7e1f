-- When a job is due (db/fairness.py says why), what its render is expected to take in seconds, and the wait
-- that its member was told when it was asked for, with how many jobs were ahead of it then.
ALTER TABLE job ADD COLUMN due REAL NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN expected REAL NOT NULL DEFAULT 30;
ALTER TABLE job ADD COLUMN foretold REAL;
ALTER TABLE job ADD COLUMN foretold_ahead INTEGER;
UPDATE job SET due = created_at;
ALTER TABLE job DROP COLUMN slot_user;

CREATE INDEX job_by_creation ON job (created_at);

-- usage: as in the table member. The logarithm of a sum is the largest term and a little; that is enough here,
-- since all accounts fade within days.
CREATE TABLE guild (
    guild_id INTEGER PRIMARY KEY,
    usage REAL NOT NULL
);
INSERT INTO guild SELECT guild_id, max(usage) FROM member GROUP BY guild_id;

-- How long jobs really took, as a share of what was foretold.
CREATE TABLE foretold (
    seq INTEGER PRIMARY KEY,
    ahead INTEGER NOT NULL,
    ratio REAL NOT NULL
);
