-- The gallery. Servers whose moderators show clips in it.
CREATE TABLE gallery_guild (
    guild_id INTEGER PRIMARY KEY,
    at REAL NOT NULL
);

-- Whether everybody may see a channel, as Discord said last. A channel without a row is not public.
CREATE TABLE gallery_channel (
    channel_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    is_public INTEGER NOT NULL,
    at REAL NOT NULL
);

-- Members who want none of their clips shown, or who want their name beside them.
CREATE TABLE gallery_choice (
    user_id INTEGER PRIMARY KEY,
    choice TEXT NOT NULL CHECK (choice IN ('hidden', 'named')),
    at REAL NOT NULL
);

-- The names of those who want one, as Discord shows them in a server. slug: stands for them in addresses.
CREATE TABLE gallery_name (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID;

CREATE INDEX job_shown ON job (seq) WHERE state = 'delivered' AND clip_sha256 IS NOT NULL
    AND deleted_at IS NULL AND forgotten_at IS NULL;
CREATE INDEX job_shown_of ON job (user_id) WHERE state = 'delivered' AND clip_sha256 IS NOT NULL
    AND deleted_at IS NULL AND forgotten_at IS NULL;
