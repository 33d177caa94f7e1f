"""Making every object of the bot, and handing them to each other."""
