"""What moderators look at, and what becomes of it."""
