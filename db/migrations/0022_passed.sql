-- How often a job was passed by another, for which an engine had the model loaded already.
ALTER TABLE job ADD COLUMN passed INTEGER NOT NULL DEFAULT 0;
