"""Recipe in, clip out. Knows neither Discord nor SQLite."""
