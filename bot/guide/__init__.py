"""``/help``: what the bot can do, each with an example and a button that tries it."""
