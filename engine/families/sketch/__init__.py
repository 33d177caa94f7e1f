"""The drawing engine: simple drawn scenes from words, without weights."""
