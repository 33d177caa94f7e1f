"""The form of every sound in Framekiln. No NumPy here: what reads a stranger's file starts without it."""

from __future__ import annotations

RATE = 48_000
"""Samples a second."""

CHANNELS = 2
