-- When the token of a job's answer was given: the click on a draft of a private clip brings a new one.
-- NULL: with the request.
ALTER TABLE job ADD COLUMN token_at REAL;
