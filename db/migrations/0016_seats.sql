-- Engines of one lane differ in speed: a render time says which of them took it. '': not known.
ALTER TABLE render_time ADD COLUMN seat TEXT NOT NULL DEFAULT '';
