-- An erase is a state machine: asked (what is open was told to end), stopped (nothing of the member moves),
-- emptied (no row names them), cleared (files and the database's log are gone as well), done (the copies too).
-- A row that is done stays: what was asked before its interaction never enters the queue.
-- pseudonym: by the key beside the database. A row of an older version holds the member's id there until the
-- next start. user_id: until no row names them. token: of the interaction whose answer tells how it stands.
ALTER TABLE erasure RENAME TO erasure_before;
CREATE TABLE erasure (
    pseudonym INTEGER PRIMARY KEY,
    user_id INTEGER,
    at REAL NOT NULL,
    interaction INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'stopped', 'emptied', 'cleared', 'done')),
    jobs INTEGER NOT NULL DEFAULT 0,
    messages_left INTEGER NOT NULL DEFAULT 0,
    token TEXT
);
INSERT INTO erasure (pseudonym, user_id, at, interaction, messages, state)
SELECT user_id, user_id, at, 0, messages, 'asked' FROM erasure_before;
DROP TABLE erasure_before;

-- The seed of a job's recipe. A clip that was made again from its file has the same seed and words, and no
-- parent: an erase and a takedown find it by them.
ALTER TABLE job ADD COLUMN seed INTEGER;
UPDATE job SET seed = json_extract(recipe, '$.seed') WHERE json_valid(recipe);
CREATE INDEX job_by_seed ON job (seed) WHERE seed IS NOT NULL;
CREATE INDEX job_by_parent ON job (parent) WHERE parent IS NOT NULL;
