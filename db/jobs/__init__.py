"""Jobs: how they are stored, claimed, delivered, ordered, kept and ended."""
