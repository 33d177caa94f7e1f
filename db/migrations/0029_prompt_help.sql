-- What a member would ask for once they have chosen between their words and a language model's. Kept for a day.
-- asks: how often the model was asked. asked: JSON, what the command was given. words: JSON, a list of what the
-- model wrote; a button names one by its place.
CREATE TABLE prompt_help (
    id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    at REAL NOT NULL,
    asks INTEGER NOT NULL,
    asked TEXT NOT NULL,
    words TEXT NOT NULL DEFAULT '[]'
);

CREATE INDEX prompt_help_by_member ON prompt_help (user_id, at);
