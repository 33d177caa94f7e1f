-- Takes that services draw for money. A row is here before a service is asked, so what a kill leaves behind
-- can be told: "submitting" means that the answer, if there was one, is lost.
-- remote: the purchase as the service knows it; emptied once its job has ended and it has too.
-- reserved, cost: millionths of a dollar; cost is NULL where it is not known, and reserved counts as spent.
-- day: of UTC, such as 2026-11-29: the budget of a day is what its rows add up to.
-- sent: what left this machine, in words.
CREATE TABLE purchase (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    job TEXT NOT NULL REFERENCES job (id),
    take INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    engine TEXT NOT NULL,
    provider TEXT NOT NULL,
    state TEXT NOT NULL,
    cause TEXT NOT NULL DEFAULT '',
    remote TEXT NOT NULL DEFAULT '',
    sent TEXT NOT NULL,
    reserved INTEGER NOT NULL,
    cost INTEGER,
    day TEXT NOT NULL,
    at REAL NOT NULL,
    changed_at REAL NOT NULL
);
CREATE UNIQUE INDEX purchase_once ON purchase (job, take, seed) WHERE state NOT IN ('failed', 'cancelled');
CREATE INDEX purchase_by_day ON purchase (day);
CREATE INDEX purchase_by_job ON purchase (job);
CREATE INDEX purchase_by_remote ON purchase (provider) WHERE remote <> '';

-- A server whose moderators agree that members' pictures and words are sent to services.
CREATE TABLE hosting (
    guild_id INTEGER PRIMARY KEY,
    at REAL NOT NULL
);

-- A member who agrees to it, in every such server. overflow: also when they did not choose a hosted engine,
-- because the wait here is long.
CREATE TABLE hosting_consent (
    user_id INTEGER PRIMARY KEY,
    overflow INTEGER NOT NULL DEFAULT 0,
    at REAL NOT NULL
);
