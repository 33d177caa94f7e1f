"""What the job that runs is doing, and what it looks like so far: for its status message, kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Live:
    """How far the job that runs is: the share (0 … 1) of a stage, and the take, from 1."""

    stage: str
    fraction: float
    take: int


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """What one take of it looks like so far: a small MP4."""

    take: int
    mp4: bytes
