"""What members of a simulated day were told, and how it came."""

from __future__ import annotations

from dataclasses import dataclass

from bot.forecast import Wait

DAY = 86_400.0
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One request's story, in seconds.

    Attributes:
        asked: since midnight.
        took: from asking to a finished clip.
        used: what the engine spent on it.
    """

    asked: float
    member: int
    wait: Wait
    took: float
    used: float

    @property
    def held(self) -> bool:
        """Whether the range held the truth."""
        return self.wait.low <= self.took <= self.wait.high
