"""What watches over the bot: health, housekeeping, logs, figures."""
