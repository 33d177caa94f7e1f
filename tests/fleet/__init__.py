"""A real broker, a relay that fails on demand, and an engine that draws nothing, for tests of the fleet."""
