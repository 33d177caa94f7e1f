-- A guild's own effects, by names that are compared without regard to case.
-- recipe: JSON that the database does not read. job: the clip that it was made from; NULL: from a file.
CREATE TABLE effect (
    guild_id INTEGER NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    recipe TEXT NOT NULL,
    by_user INTEGER NOT NULL,
    job TEXT REFERENCES job (id),
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, name)
) WITHOUT ROWID;

CREATE INDEX effect_by_job ON effect (job) WHERE job IS NOT NULL;
