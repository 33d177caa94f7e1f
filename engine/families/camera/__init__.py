"""The camera engine: a path through a picture, without weights."""
