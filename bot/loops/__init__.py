"""Everything that runs for ever."""
