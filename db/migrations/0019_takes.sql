-- Takes to choose from. A job whose member wants to choose waits, queued and never claimed, while choosing is 1.
-- takes: how many drafts of it are drawn. choose_until: when the best is finished if nobody has chosen; NULL before
-- they were shown. chosen: the number of the draft that is finished; 0: none yet. chosen_late: nobody chose it.
-- A draft is a job of its own, which nobody is told of: draft_of names the job, draft counts from 1.
ALTER TABLE job ADD COLUMN takes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN choosing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN choose_until REAL;
ALTER TABLE job ADD COLUMN chosen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN chosen_late INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN draft_of TEXT REFERENCES job (id);
ALTER TABLE job ADD COLUMN draft INTEGER NOT NULL DEFAULT 0;
CREATE INDEX job_choosing ON job (seq) WHERE choosing = 1;
CREATE INDEX job_by_draft_of ON job (draft_of) WHERE draft_of IS NOT NULL;
