-- The language in which a member wants to be spoken to, whatever language their Discord is in; everywhere.
CREATE TABLE member_language (
    user_id INTEGER PRIMARY KEY,
    language TEXT NOT NULL,
    at REAL NOT NULL
);
