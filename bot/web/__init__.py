"""What the bot serves over HTTP: a page for people, numbers for Prometheus, a sign of life."""
