"""A member's files on their way in."""
