"""The audit log, and the names inside it."""
