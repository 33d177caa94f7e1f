"""Lanes: how many engines each has, and what a loaded model may draw first."""
