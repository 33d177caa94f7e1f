"""Commands that use a bot over its HTTP API, from any machine."""
