"""The wall clock may be set back; what the database holds of the future is then brought to the present.

Otherwise a clip would wait for hours to be tried again, a job would be overtaken by all that come after it,
a member who asked "in the future" would have used up an hour that does not pass, and what is kept for some
days would be kept for longer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.supervisor import Loop
from db.jobs.retention import LongestWaits, Retention

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two looks."""

SLACK = 1.0
"""Seconds that a clock may be corrected by without consequences."""


class ClockWatch:
    """Notices when the clock is set back."""

    def __init__(self, retention: Retention, *, longest: LongestWaits, clock: Callable[[], float]) -> None:
        """Make one.

        Args:
            retention: mends the times.
            longest: how long something is waited for at most.
            clock: returns Unix seconds.
        """
        self._retention = retention
        self._clock = clock
        self._longest = longest
        self._last = float("inf")  # so that the first look is for what happened before the start
        self.loop = Loop("clock watch", self._one_look, every=EVERY)

    async def _one_look(self) -> None:
        now = self._clock()
        if now < self._last - SLACK:
            mended = await self._retention.mend_times(self._longest)
            if mended:
                log.warning("the clock was set back: corrected %d times of the future", mended)
        self._last = now
