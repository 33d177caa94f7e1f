"""The engine as a process: its parent's side, its own side, and what they say to each other."""
