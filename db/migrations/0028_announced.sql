-- The message that announces a contest. NULL: it is still to be posted; 0: it is not known, or never will be.
-- announcing: how often Discord was asked for it, so that a second attempt looks for the message first.
ALTER TABLE contest ADD COLUMN message_id INTEGER;
ALTER TABLE contest ADD COLUMN announcing INTEGER NOT NULL DEFAULT 0;
UPDATE contest SET message_id = 0;
