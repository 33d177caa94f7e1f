-- How many engines draw in a lane, as the bot last counted, and how many of them may draw for one member while
-- nobody else waits. No row: limits are those of one engine, and it may draw for anybody.
CREATE TABLE lane_size (
    lane TEXT PRIMARY KEY,
    engines INTEGER NOT NULL CHECK (engines > 0),
    most_each INTEGER NOT NULL CHECK (most_each > 0)
) WITHOUT ROWID;

-- What a member runs is counted for each job that is looked at for a claim.
CREATE INDEX job_running_by_member ON job (lane, user_id, seat) WHERE state = 'running';
