"""How many messages a worker may send: so many a second, and some more at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast.

    Attributes:
        rate: messages a second, in the long run.
        burst: at once.
    """

    rate: float
    burst: int


class Bucket:
    """One worker's."""

    def __init__(self, pace: Pace) -> None:
        """Make a full one."""
        self._pace = pace
        self._left = float(pace.burst)
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Whether another message is allowed.

        Args:
            now: seconds of a clock that only moves on.
        """
        passed = 0.0 if self._at is None else now - self._at
        self._at = now
        self._left = min(float(self._pace.burst), self._left + passed * self._pace.rate)
        if self._left < 1:
            return False
        self._left -= 1
        return True
