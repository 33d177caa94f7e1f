"""Moderators' actions, decisions and rules."""
