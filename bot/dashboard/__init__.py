"""The owner's dashboard: how everything is, and the few things that can be done about it."""
