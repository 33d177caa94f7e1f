"""Whether what a seat draws with can be reached: a server that is off, a service that does not answer.

The job that finds it out waits at the front, at no cost, and the seat tries again after a pause that grows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.core.errors import Away

log = logging.getLogger(__name__)

FIRST_PAUSE = 5.0
REMEMBERED = 3.0
"""How many of the longest pauses may pass without a new failure until an absence counts as over."""


@dataclass(frozen=True, kw_only=True)
class AbsencePolicy:
    """How long is waited.

    Attributes:
        pause_last: seconds at most between two tries.
    """

    pause_last: float


class Absence:
    """What one seat has found."""

    def __init__(self, policy: AbsencePolicy, *, clock: Callable[[], float]) -> None:
        """Make one that has found nothing yet.

        Args:
            policy: how long is waited.
            clock: returns Unix seconds.
        """
        self._policy = policy
        self._clock = clock
        self._where = ""
        self._since = 0.0
        self._last = 0.0
        self._times = 0

    def met(self, error: Away) -> None:
        """Note that it could not be reached."""
        if self.where is None:
            self._times = 0
            self._since = self._clock()
            log.error("%s; its jobs wait, and it is tried again: %s", error, error.detail)
        self._where = error.where
        self._last = time.monotonic()
        self._times += 1

    def passed(self) -> None:
        """It was reached."""
        if self.where is not None:
            log.info("%s can be reached again after %.0f s", self._where, self._clock() - self._since)
        self._times = 0

    @property
    def where(self) -> str | None:
        """What cannot be reached, as its owner calls it; None: nothing that is known of."""
        if not self._times or time.monotonic() - self._last > REMEMBERED * self._longest:
            return None
        return self._where

    @property
    def since(self) -> float | None:
        """Unix seconds since when it cannot be reached; None: it can, as far as is known."""
        return None if self.where is None else self._since

    def pause(self) -> float:
        """Seconds until the next try."""
        return min(self._policy.pause_last, FIRST_PAUSE * 2.0 ** min(30, self._times - 1))

    @property
    def _longest(self) -> float:
        return max(self._policy.pause_last, FIRST_PAUSE)
