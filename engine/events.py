"""What a render tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.recipe import Stage, TakeRecord


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A render is at ``fraction`` (0 … 1) of a stage, in take ``take`` (from 1)."""

    stage: Stage
    fraction: float
    take: int = 1


@dataclass(frozen=True, kw_only=True)
class TakeDiscarded:
    """The gate threw a take away; the next one follows."""

    take: TakeRecord


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A first look at what is being drawn: a small MP4, at ``path`` until the render ends."""

    path: Path
    take: int


Event = Progress | TakeDiscarded | Draft
