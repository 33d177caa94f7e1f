"""Erasing what is known about a member, also in backups."""
