-- Clips that members want to keep. A star that was taken back stays as a row, so that the same click, told
-- twice, does not set it again: interactions are numbered in the order of time.
CREATE TABLE star (
    job TEXT NOT NULL REFERENCES job (id),
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    starred INTEGER NOT NULL,
    interaction INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (job, user_id)
) WITHOUT ROWID;

CREATE INDEX star_by_member ON star (guild_id, user_id) WHERE starred;

-- A picture of each discarded take with its score over time, for "why was this discarded?".
CREATE TABLE sheet (
    job TEXT NOT NULL REFERENCES job (id),
    take INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (job, take)
) WITHOUT ROWID;
