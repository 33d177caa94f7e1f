"""Erasing the data about a member, in backups too."""
