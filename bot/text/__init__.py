"""Every text that the bot writes."""
