-- faults: JSON, how often each place failed in the job, by the worker's id, or by the seat's name where it is the
-- bot's own. A place that has failed leaves it to others, and the job ends once all of them have failed too often.
ALTER TABLE job ADD COLUMN faults TEXT NOT NULL DEFAULT '{}';
CREATE INDEX job_by_faults ON job (seq) WHERE state = 'queued' AND faults <> '{}';
