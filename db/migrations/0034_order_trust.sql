-- trust: how far its worker was trusted when it was given the claim, which settles what it does and what the bot
-- does; NULL: an engine of the bot's own, or from before this was written down.
ALTER TABLE job ADD COLUMN trust TEXT;
