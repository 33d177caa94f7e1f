-- Jobs that were asked for where the bot is not: a group DM, or a server that has not added it. Everything that
-- is said of them goes into the answer, by its token.
ALTER TABLE job ADD COLUMN answer_only INTEGER NOT NULL DEFAULT 0;

-- In which guilds somebody has drawn, whoever asks from outside of them.
CREATE INDEX member_by_user ON member (user_id);
