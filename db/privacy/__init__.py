"""Erasing what is known of somebody, also in backups."""
