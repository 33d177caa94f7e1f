"""The tests: the same folders as what they test, and end to end."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the project."""
