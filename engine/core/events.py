"""What a render tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.core.receipt import TakeRecord
from engine.core.recipe import Stage


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A render is at ``fraction`` (0 … 1) of a stage, in take ``take`` (from 1)."""

    stage: Stage
    fraction: float
    take: int = 1


@dataclass(frozen=True, kw_only=True)
class TakeDiscarded:
    """The gate threw a take away. The next one follows; after the last, the best of them may be kept.

    Attributes:
        sheet: a small JPEG of it, with the score over time, until the render ends; None where there is none.
    """

    take: TakeRecord
    sheet: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A first look at what is being drawn: a small MP4, at ``path`` until the render ends."""

    path: Path
    take: int


Event = Progress | TakeDiscarded | Draft
