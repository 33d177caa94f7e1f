"""SQLite: the data that must survive. Of Discord and the engine, it knows only plain values."""
