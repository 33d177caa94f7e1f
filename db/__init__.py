"""SQLite: what must survive. Knows nothing of Discord or of the engine but plain values."""
