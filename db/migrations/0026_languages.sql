-- The language of the member who asked: what is written to them later, by a later life of the bot too, is in it.
ALTER TABLE job ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
ALTER TABLE asked ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
ALTER TABLE erasure ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
