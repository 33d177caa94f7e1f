-- Clips that only their member sees. private: nothing of the job is said in a channel, and no list of others has it.
-- token: what its private answer can be changed with, while Discord takes it; emptied once the clip is delivered.
ALTER TABLE job ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN token TEXT;
