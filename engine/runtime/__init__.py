"""What an engine process has: capabilities, models in memory, and the context that holds both."""
