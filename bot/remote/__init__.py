"""Programs that use a bot over its HTTP API: the command line's client, and a server for MCP."""
