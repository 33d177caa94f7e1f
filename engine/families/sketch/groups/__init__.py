"""A thing together with what it rides, wears, holds or lifts: they move as one."""
