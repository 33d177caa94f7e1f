"""Jobs: how they are written down, claimed, delivered, ordered, kept and ended."""
