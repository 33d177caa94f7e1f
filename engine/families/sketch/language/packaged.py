"""The data files of the sketch, which come with the package, and the one error that they can raise."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[1] / "data"


def unreadable(path: Path, error: Exception) -> RuntimeError:
    """What to raise where a data file is missing or damaged."""
    return RuntimeError(
        f"The sketch cannot read {path.name}, which comes with Framekiln ({error}). Install Framekiln again."
    )
