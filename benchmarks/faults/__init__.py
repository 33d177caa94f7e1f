"""The parts of the fault sweep: points that fail, a life of the bot, what members do, what must hold."""
