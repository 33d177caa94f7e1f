PRAGMA user_version = 34;
BEGIN TRANSACTION;
CREATE TABLE alias (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    salt TEXT NOT NULL,
    alias INTEGER NOT NULL UNIQUE,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID;
CREATE TABLE allowance (
    guild_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('guild', 'role', 'member')),
    whom INTEGER NOT NULL,
    waiting INTEGER,
    hour INTEGER,
    day REAL,
    precedence INTEGER,
    spent TEXT CHECK (spent IN ('refuse', 'background')),
    PRIMARY KEY (guild_id, kind, whom)
) WITHOUT ROWID;
CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    scopes TEXT NOT NULL,
    at REAL NOT NULL,
    used_at REAL
);
CREATE TABLE api_open (
    guild_id INTEGER PRIMARY KEY
);
CREATE TABLE api_request (
    api_key TEXT NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
    idempotency_key TEXT NOT NULL,
    digest TEXT NOT NULL,
    nonce TEXT NOT NULL,
    life TEXT NOT NULL,
    at REAL NOT NULL,
    job TEXT,
    problem TEXT,
    PRIMARY KEY (api_key, idempotency_key)
) WITHOUT ROWID;
CREATE TABLE api_webhook (
    api_key TEXT PRIMARY KEY REFERENCES api_key (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT,
    at REAL NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE asked (
    interaction INTEGER PRIMARY KEY,
    application INTEGER NOT NULL,
    token TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    at REAL NOT NULL
, language TEXT NOT NULL DEFAULT 'en');
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    guild_id INTEGER NOT NULL,
    actor_id INTEGER NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    reason TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE audit_reason (
    seq INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    salt TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE ban (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    by_user INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID;
INSERT INTO "ban" VALUES(100,66,5,'spam',1.79526165670688772199e+09);
CREATE TABLE card (
    job TEXT NOT NULL REFERENCES job (id),
    kind TEXT NOT NULL CHECK (kind IN ('review', 'report')),
    guild_id INTEGER NOT NULL,
    round INTEGER NOT NULL DEFAULT 1,
    opened_at REAL NOT NULL,
    with_file INTEGER NOT NULL DEFAULT 1,
    decision TEXT CHECK (decision IN ('approved', 'rejected', 'taken_down', 'dismissed')),
    by_user INTEGER,
    decided_at REAL,
    channel_id INTEGER,
    message_id INTEGER,
    shown INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, kind)
) WITHOUT ROWID;
CREATE TABLE contest (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    by_user INTEGER NOT NULL,
    theme TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'ended')),
    until REAL NOT NULL,
    at REAL NOT NULL
, message_id INTEGER, announcing INTEGER NOT NULL DEFAULT 0);
CREATE TABLE contest_entry (
    contest INTEGER NOT NULL REFERENCES contest (id),
    guild_id INTEGER NOT NULL,
    job TEXT NOT NULL REFERENCES job (id),
    at REAL NOT NULL,
    PRIMARY KEY (contest, job)
) WITHOUT ROWID;
CREATE TABLE contest_vote (
    contest INTEGER NOT NULL REFERENCES contest (id),
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    job TEXT NOT NULL REFERENCES job (id),
    at REAL NOT NULL,
    PRIMARY KEY (contest, user_id)
) WITHOUT ROWID;
CREATE TABLE departed (
    guild_id INTEGER PRIMARY KEY,
    at REAL NOT NULL
);
CREATE TABLE drain (
    guild_id INTEGER PRIMARY KEY,
    by_user INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE effect (
    guild_id INTEGER NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    recipe TEXT NOT NULL,
    by_user INTEGER NOT NULL,
    job TEXT REFERENCES job (id),
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, name)
) WITHOUT ROWID;
CREATE TABLE erasure (
    pseudonym INTEGER PRIMARY KEY,
    user_id INTEGER,
    at REAL NOT NULL,
    interaction INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'stopped', 'emptied', 'cleared', 'done')),
    jobs INTEGER NOT NULL DEFAULT 0,
    messages_left INTEGER NOT NULL DEFAULT 0,
    token TEXT
, language TEXT NOT NULL DEFAULT 'en');
CREATE TABLE foretold (
    seq INTEGER PRIMARY KEY,
    ahead INTEGER NOT NULL,
    ratio REAL NOT NULL
, lane TEXT NOT NULL DEFAULT '');
CREATE TABLE gallery_channel (
    channel_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    is_public INTEGER NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE gallery_choice (
    user_id INTEGER PRIMARY KEY,
    choice TEXT NOT NULL CHECK (choice IN ('hidden', 'named')),
    at REAL NOT NULL
);
CREATE TABLE gallery_guild (
    guild_id INTEGER PRIMARY KEY,
    at REAL NOT NULL
);
CREATE TABLE gallery_name (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID;
CREATE TABLE guild (
    guild_id INTEGER PRIMARY KEY,
    usage REAL NOT NULL
);
INSERT INTO "guild" VALUES(100,8.31172875161813135523e+04);
CREATE TABLE guild_preference (
    guild_id INTEGER PRIMARY KEY,
    options TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE hosting (
    guild_id INTEGER PRIMARY KEY,
    at REAL NOT NULL
);
CREATE TABLE hosting_consent (
    user_id INTEGER PRIMARY KEY,
    overflow INTEGER NOT NULL DEFAULT 0,
    at REAL NOT NULL
);
CREATE TABLE job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'queued', 'running', 'rendered', 'posting', 'delivered',
        'held', 'cancelled', 'failed', 'quarantined', 'refused')),
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    recipe TEXT NOT NULL,
    profile TEXT NOT NULL,
    inputs TEXT NOT NULL CHECK (json_valid(inputs)),
    parent TEXT REFERENCES job (id),
    created_at REAL NOT NULL,

    -- The slot in the fair order. A moderator's move lets the jobs of a guild trade their slots.
    priority INTEGER NOT NULL,
    front INTEGER NOT NULL DEFAULT 0,
    slot_seq INTEGER NOT NULL,

    claim INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    restarts INTEGER NOT NULL DEFAULT 0,
    started_at REAL,
    rendered_at REAL,
    ended_at REAL,
    stage TEXT NOT NULL DEFAULT '',
    fraction REAL NOT NULL DEFAULT 0,
    take INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,

    clip_sha256 TEXT,
    clip_size INTEGER,
    receipt TEXT,
    gpu_seconds REAL NOT NULL DEFAULT 0,
    error_code TEXT,
    error_text TEXT,
    error_id TEXT,
    held_reason TEXT,

    status_channel_id INTEGER,
    status_message_id INTEGER,
    status_final INTEGER NOT NULL DEFAULT 0,

    -- in_flight: an attempt to post was begun and has neither succeeded nor been put off.
    posting_since REAL,
    post_attempts INTEGER NOT NULL DEFAULT 0,
    retry_at REAL,
    in_flight INTEGER NOT NULL DEFAULT 0,
    message_id INTEGER,
    deleted_at REAL
, due REAL NOT NULL DEFAULT 0, expected REAL NOT NULL DEFAULT 30, foretold REAL, foretold_ahead INTEGER, charged_seconds REAL NOT NULL DEFAULT 0, booked REAL, before_others INTEGER NOT NULL DEFAULT 0, forgotten_at REAL, adult INTEGER NOT NULL DEFAULT 0, spoiler INTEGER NOT NULL DEFAULT 0, looked_at INTEGER NOT NULL DEFAULT 0, taking_down INTEGER NOT NULL DEFAULT 0, stumbles INTEGER NOT NULL DEFAULT 0, stumbled_at REAL, seed INTEGER, seen TEXT, lane TEXT NOT NULL DEFAULT '', engine TEXT NOT NULL DEFAULT '', seat TEXT NOT NULL DEFAULT '', api_key TEXT, ability TEXT NOT NULL DEFAULT '', worker TEXT, losses INTEGER NOT NULL DEFAULT 0, takes INTEGER NOT NULL DEFAULT 0, choosing INTEGER NOT NULL DEFAULT 0, choose_until REAL, chosen INTEGER NOT NULL DEFAULT 0, chosen_late INTEGER NOT NULL DEFAULT 0, draft_of TEXT REFERENCES job (id), draft INTEGER NOT NULL DEFAULT 0, private INTEGER NOT NULL DEFAULT 0, token TEXT, passed INTEGER NOT NULL DEFAULT 0, given TEXT, language TEXT NOT NULL DEFAULT 'en', answer_only INTEGER NOT NULL DEFAULT 0, token_at REAL, faults TEXT NOT NULL DEFAULT '{}', trust TEXT);
INSERT INTO "job" VALUES(1,'e807998cd482e19f','interaction 0','animate','delivered',100,7,1,'{}','camera-fast','{"picture": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}',NULL,1.79526165670024347303e+09,0,0,1,1,0,0,1.7952616567014853954e+09,1.79526165670266675943e+09,1.79526165670457911495e+09,'',0.0,0,0,'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',1,'{}',10.0,NULL,NULL,NULL,NULL,NULL,NULL,0,1.79526165670399880406e+09,1,NULL,0,555,NULL,1.79526165670024347303e+09,30.0,NULL,NULL,0.0,NULL,0,NULL,0,0,0,0,0,NULL,NULL,NULL,'','','',NULL,'',NULL,0,0,0,NULL,0,0,NULL,0,0,NULL,0,NULL,'en',0,NULL,'{}',NULL);
INSERT INTO "job" VALUES(2,'50a42aeffcaad651','interaction 1','animate','running',100,7,1,'{}','camera-fast','{}',NULL,1.79526165670518040654e+09,0,0,2,1,0,0,1.79526165670570898055e+09,NULL,NULL,'',0.0,0,0,NULL,NULL,NULL,0.0,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,0,NULL,0,NULL,NULL,1.79526165670518040654e+09,30.0,NULL,NULL,0.0,NULL,0,NULL,0,0,0,0,0,NULL,NULL,NULL,'','','',NULL,'',NULL,0,0,0,NULL,0,0,NULL,0,0,NULL,0,NULL,'en',0,NULL,'{}',NULL);
INSERT INTO "job" VALUES(3,'1915c9710e209560','interaction 2','animate','queued',100,7,1,'{}','camera-fast','{}',NULL,1795261656.70635,0,0,3,0,0,0,NULL,NULL,NULL,'',0.0,0,0,NULL,NULL,NULL,0.0,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,0,NULL,0,NULL,NULL,1795261656.70635,30.0,NULL,NULL,0.0,NULL,0,NULL,0,0,0,0,0,NULL,NULL,NULL,'','','',NULL,'',NULL,0,0,0,NULL,0,0,NULL,0,0,NULL,0,NULL,'en',0,NULL,'{}',NULL);
CREATE TABLE job_event (
    job TEXT NOT NULL REFERENCES job (id),
    number INTEGER NOT NULL,
    type TEXT NOT NULL,
    state TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;
CREATE TABLE lane_size (
    lane TEXT PRIMARY KEY,
    engines INTEGER NOT NULL CHECK (engines > 0),
    most_each INTEGER NOT NULL CHECK (most_each > 0)
) WITHOUT ROWID;
CREATE TABLE member (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    usage REAL NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID;
INSERT INTO "member" VALUES(100,1,8.31172875161813135523e+04);
CREATE TABLE member_language (
    user_id INTEGER PRIMARY KEY,
    language TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "meta" VALUES('webhooks','on');
CREATE TABLE opt_out (
    pseudonym INTEGER PRIMARY KEY,
    at REAL NOT NULL
);
CREATE TABLE owed (
    job TEXT PRIMARY KEY REFERENCES job (id),
    user_id INTEGER NOT NULL,
    at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE pause (
    guild_id INTEGER PRIMARY KEY,
    by_user INTEGER NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE preference (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    options TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID;
CREATE TABLE prompt_help (
    id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    at REAL NOT NULL,
    asks INTEGER NOT NULL,
    asked TEXT NOT NULL,
    words TEXT NOT NULL DEFAULT '[]'
, token TEXT, token_at REAL, closed INTEGER NOT NULL DEFAULT 0);
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
CREATE TABLE reel (
    guild_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'posting', 'posted', 'dropped')),
    channel_id INTEGER NOT NULL,
    clips TEXT NOT NULL CHECK (json_valid(clips)),
    text TEXT NOT NULL,
    message_id INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, name)
) WITHOUT ROWID;
CREATE TABLE remote_guild (
    guild_id INTEGER PRIMARY KEY,
    trust TEXT NOT NULL CHECK (trust IN ('friend', 'public')),
    at REAL NOT NULL
);
CREATE TABLE render_time (
    seq INTEGER PRIMARY KEY,
    profile TEXT NOT NULL,
    seconds REAL NOT NULL
, lane TEXT NOT NULL DEFAULT '', seat TEXT NOT NULL DEFAULT '');
INSERT INTO "render_time" VALUES(1,'camera-fast',10.0,'','');
CREATE TABLE report (
    job TEXT NOT NULL REFERENCES job (id),
    user_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (job, user_id)
) WITHOUT ROWID;
CREATE TABLE review_rules (
    guild_id INTEGER PRIMARY KEY,
    channel_id INTEGER,
    newcomer_days REAL NOT NULL DEFAULT 0,
    words TEXT NOT NULL DEFAULT 'off' CHECK (words IN ('off', 'hold', 'refuse')),
    pictures TEXT NOT NULL DEFAULT 'off' CHECK (pictures IN ('off', 'hold', 'spoiler'))
);
CREATE TABLE sheet (
    job TEXT NOT NULL REFERENCES job (id),
    take INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (job, take)
) WITHOUT ROWID;
CREATE TABLE showcase (
    guild_id INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL,
    by_user INTEGER NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE star (
    job TEXT NOT NULL REFERENCES job (id),
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    starred INTEGER NOT NULL,
    interaction INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (job, user_id)
) WITHOUT ROWID;
CREATE TABLE webhook_event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    job TEXT NOT NULL REFERENCES job (id),
    type TEXT NOT NULL,
    state TEXT NOT NULL,
    at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    blocks INTEGER NOT NULL DEFAULT 0
, api_key TEXT REFERENCES api_key (id) ON DELETE CASCADE);
INSERT INTO "webhook_event" VALUES(1,'msg_00000000000000000000000000000001','e807998cd482e19f','job.accepted','queued',1.79526165670024347303e+09,0,0.0,'',0,NULL);
CREATE TABLE word (
    guild_id INTEGER NOT NULL,
    word TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('own', 'allowed')),
    PRIMARY KEY (guild_id, word)
) WITHOUT ROWID;
CREATE TABLE worker (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    trust TEXT NOT NULL CHECK (trust IN ('own', 'friend', 'public')),
    invited_at REAL NOT NULL,
    removed_at REAL,
    why TEXT NOT NULL DEFAULT '',
    seen_at REAL,
    caps TEXT NOT NULL DEFAULT '',
    clips INTEGER NOT NULL DEFAULT 0,
    faults INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX job_by_state ON job (state, guild_id);
CREATE INDEX job_by_member ON job (guild_id, user_id, created_at);
CREATE INDEX job_by_end ON job (ended_at);
CREATE INDEX job_by_message ON job (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX job_by_status_message ON job (status_message_id) WHERE status_message_id IS NOT NULL;
CREATE INDEX job_by_open_status ON job (seq) WHERE status_final = 0;
CREATE INDEX render_time_by_profile ON render_time (profile, seq);
CREATE INDEX audit_by_guild ON audit (guild_id, seq);
CREATE INDEX job_by_creation ON job (created_at);
CREATE INDEX star_by_member ON star (guild_id, user_id) WHERE starred;
CREATE INDEX card_open ON card (due_at) WHERE closed = 0;
CREATE INDEX job_taking_down ON job (seq) WHERE taking_down = 1;
CREATE INDEX job_by_seed ON job (seed) WHERE seed IS NOT NULL;
CREATE INDEX job_by_parent ON job (parent) WHERE parent IS NOT NULL;
CREATE INDEX webhook_event_by_due ON webhook_event (due_at, seq);
CREATE INDEX webhook_event_by_job ON webhook_event (job);
CREATE TRIGGER job_accepted AFTER INSERT ON job
WHEN EXISTS (SELECT 1 FROM meta WHERE key = 'webhooks' AND value = 'on')
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at)
    SELECT 'msg_' || lower(hex(randomblob(16))), NEW.id, found.type, NEW.state,
        (julianday('now') - 2440587.5) * 86400.0
    FROM (SELECT 'job.accepted' AS type UNION ALL SELECT 'job.held' WHERE NEW.state = 'held') AS found;
END;
CREATE TRIGGER job_moved AFTER UPDATE OF state ON job
WHEN NEW.state <> OLD.state
    AND NEW.state IN ('held', 'running', 'delivered', 'failed', 'quarantined', 'refused', 'cancelled')
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'webhooks' AND value = 'on')
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at)
    VALUES (
        'msg_' || lower(hex(randomblob(16))), NEW.id,
        CASE NEW.state
            WHEN 'held' THEN 'job.held'
            WHEN 'running' THEN 'job.started'
            WHEN 'delivered' THEN 'job.succeeded'
            WHEN 'cancelled' THEN 'job.cancelled'
            ELSE 'job.failed'
        END,
        NEW.state, (julianday('now') - 2440587.5) * 86400.0
    );
END;
CREATE TRIGGER job_erased AFTER UPDATE OF deleted_at ON job
WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'webhooks' AND value = 'on')
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at)
    VALUES (
        'msg_' || lower(hex(randomblob(16))), NEW.id, 'job.erased', NEW.state,
        (julianday('now') - 2440587.5) * 86400.0
    );
END;
CREATE INDEX job_in_turn ON job (lane, priority DESC, front DESC, due, slot_seq) WHERE state = 'queued';
CREATE INDEX api_key_by_member ON api_key (guild_id, user_id);
CREATE TRIGGER ban_ends_keys AFTER INSERT ON ban
BEGIN
    DELETE FROM api_key WHERE guild_id = NEW.guild_id AND user_id = NEW.user_id;
END;
CREATE TRIGGER found_ban_ends_keys AFTER UPDATE OF user_id ON ban
BEGIN
    DELETE FROM api_key WHERE guild_id = NEW.guild_id AND user_id = NEW.user_id;
END;
CREATE TRIGGER erasure_ends_keys AFTER INSERT ON erasure
BEGIN
    DELETE FROM api_key WHERE user_id = NEW.user_id;
END;
CREATE INDEX api_request_by_time ON api_request (at);
CREATE TRIGGER job_accepted_event AFTER INSERT ON job
WHEN EXISTS (SELECT 1 FROM meta WHERE key = 'api' AND value = 'on')
BEGIN
    INSERT INTO job_event (job, number, type, state, at)
    SELECT NEW.id, found.number, found.type, NEW.state, (julianday('now') - 2440587.5) * 86400.0
    FROM (
        SELECT 1 AS number, 'job.accepted' AS type
        UNION ALL SELECT 2, 'job.held' WHERE NEW.state = 'held'
    ) AS found;
END;
CREATE TRIGGER job_moved_event AFTER UPDATE OF state ON job
WHEN NEW.state <> OLD.state
    AND NEW.state IN ('held', 'running', 'delivered', 'failed', 'quarantined', 'refused', 'cancelled')
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'api' AND value = 'on')
BEGIN
    INSERT INTO job_event (job, number, type, state, at)
    VALUES (
        NEW.id, 1 + coalesce((SELECT max(number) FROM job_event WHERE job = NEW.id), 0),
        CASE NEW.state
            WHEN 'held' THEN 'job.held'
            WHEN 'running' THEN 'job.started'
            WHEN 'delivered' THEN 'job.succeeded'
            WHEN 'cancelled' THEN 'job.cancelled'
            ELSE 'job.failed'
        END,
        NEW.state, (julianday('now') - 2440587.5) * 86400.0
    );
END;
CREATE TRIGGER job_erased_event AFTER UPDATE OF deleted_at ON job
WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'api' AND value = 'on')
BEGIN
    INSERT INTO job_event (job, number, type, state, at)
    VALUES (
        NEW.id, 1 + coalesce((SELECT max(number) FROM job_event WHERE job = NEW.id), 0),
        'job.erased', NEW.state, (julianday('now') - 2440587.5) * 86400.0
    );
END;
CREATE INDEX webhook_event_by_key ON webhook_event (api_key, due_at, seq);
CREATE TRIGGER job_accepted_for_key AFTER INSERT ON job
WHEN EXISTS (SELECT 1 FROM api_webhook WHERE api_key = NEW.api_key AND NOT refused)
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at, api_key)
    SELECT 'msg_' || lower(hex(randomblob(16))), NEW.id, found.type, NEW.state,
        (julianday('now') - 2440587.5) * 86400.0, NEW.api_key
    FROM (SELECT 'job.accepted' AS type UNION ALL SELECT 'job.held' WHERE NEW.state = 'held') AS found;
END;
CREATE TRIGGER job_moved_for_key AFTER UPDATE OF state ON job
WHEN NEW.state <> OLD.state
    AND NEW.state IN ('held', 'running', 'delivered', 'failed', 'quarantined', 'refused', 'cancelled')
    AND EXISTS (SELECT 1 FROM api_webhook WHERE api_key = NEW.api_key AND NOT refused)
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at, api_key)
    VALUES (
        'msg_' || lower(hex(randomblob(16))), NEW.id,
        CASE NEW.state
            WHEN 'held' THEN 'job.held'
            WHEN 'running' THEN 'job.started'
            WHEN 'delivered' THEN 'job.succeeded'
            WHEN 'cancelled' THEN 'job.cancelled'
            ELSE 'job.failed'
        END,
        NEW.state, (julianday('now') - 2440587.5) * 86400.0, NEW.api_key
    );
END;
CREATE TRIGGER job_erased_for_key AFTER UPDATE OF deleted_at ON job
WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
    AND EXISTS (SELECT 1 FROM api_webhook WHERE api_key = NEW.api_key AND NOT refused)
BEGIN
    INSERT INTO webhook_event (id, job, type, state, at, api_key)
    VALUES (
        'msg_' || lower(hex(randomblob(16))), NEW.id, 'job.erased', NEW.state,
        (julianday('now') - 2440587.5) * 86400.0, NEW.api_key
    );
END;
CREATE UNIQUE INDEX purchase_once ON purchase (job, take, seed) WHERE state NOT IN ('failed', 'cancelled');
CREATE INDEX purchase_by_day ON purchase (day);
CREATE INDEX purchase_by_job ON purchase (job);
CREATE INDEX purchase_by_remote ON purchase (provider) WHERE remote <> '';
CREATE INDEX job_by_worker ON job (worker) WHERE state = 'running' AND worker IS NOT NULL;
CREATE INDEX job_running_by_member ON job (lane, user_id, seat) WHERE state = 'running';
CREATE INDEX job_shown ON job (seq) WHERE state = 'delivered' AND clip_sha256 IS NOT NULL
    AND deleted_at IS NULL AND forgotten_at IS NULL;
CREATE INDEX job_shown_of ON job (user_id) WHERE state = 'delivered' AND clip_sha256 IS NOT NULL
    AND deleted_at IS NULL AND forgotten_at IS NULL;
CREATE INDEX job_choosing ON job (seq) WHERE choosing = 1;
CREATE INDEX job_by_draft_of ON job (draft_of) WHERE draft_of IS NOT NULL;
CREATE INDEX effect_by_job ON effect (job) WHERE job IS NOT NULL;
CREATE INDEX reel_open ON reel (at) WHERE state IN ('due', 'posting');
CREATE UNIQUE INDEX contest_open ON contest (guild_id) WHERE state = 'open';
CREATE TRIGGER draft_is_told_to_no_program AFTER INSERT ON webhook_event
WHEN EXISTS (SELECT 1 FROM job WHERE id = NEW.job AND draft > 0)
BEGIN
    DELETE FROM webhook_event WHERE seq = NEW.seq;
END;
CREATE INDEX member_by_user ON member (user_id);
CREATE INDEX prompt_help_by_member ON prompt_help (user_id, at);
CREATE INDEX job_by_faults ON job (seq) WHERE state = 'queued' AND faults <> '{}';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',3);
INSERT INTO "sqlite_sequence" VALUES('webhook_event',1);
COMMIT;
