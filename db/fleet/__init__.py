"""Workers: programs on other machines that draw for the bot."""
