-- By what the message with the words can be changed, and since when: its buttons go once they were used.
-- closed: they are gone, or nobody can take them away any more.
ALTER TABLE prompt_help ADD COLUMN token TEXT;
ALTER TABLE prompt_help ADD COLUMN token_at REAL;
ALTER TABLE prompt_help ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
