-- Who can draw a job. lane: '' is this machine, else the service that draws it; engine: the family's name;
-- seat: the name of the engine that claimed it last.
ALTER TABLE job ADD COLUMN lane TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN engine TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN seat TEXT NOT NULL DEFAULT '';

-- The waiting jobs of a lane in the fair order: a claim reads from its beginning.
CREATE INDEX job_in_turn ON job (lane, priority DESC, front DESC, due, slot_seq) WHERE state = 'queued';

-- What renders took, and how far off forecasts were, says nothing about another lane.
ALTER TABLE render_time ADD COLUMN lane TEXT NOT NULL DEFAULT '';
ALTER TABLE foretold ADD COLUMN lane TEXT NOT NULL DEFAULT '';

-- A lane is the queue of what draws there. When a member's turn comes is another thing.
ALTER TABLE allowance RENAME COLUMN lane TO precedence;
