"""Keys of the HTTP API, and what it remembers of requests."""
