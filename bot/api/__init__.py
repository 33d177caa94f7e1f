"""The HTTP API: other programs ask for clips, by a key that is bound to a member of a server."""
