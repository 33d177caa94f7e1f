"""Frames become a finished clip, and finished clips become longer, smaller, or loops."""
