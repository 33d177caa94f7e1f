"""The broker: the program that passes messages on between the bot and its workers, and all that it needs."""
