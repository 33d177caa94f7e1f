"""Settings about words."""
