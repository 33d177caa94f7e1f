"""The wall clock may be set back; what the database holds of the future is then brought to the present.

Otherwise a clip would wait for hours to be tried again, a job would be overtaken by all that come after it,
and a member who asked "in the future" would have used up an hour that does not pass.
"""

from __future__ import annotations

import asyncio
import logging
import time

from db.queue import Queue

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two looks."""

SLACK = 1.0
"""Seconds that a clock may be put right by without anybody minding."""


class ClockWatch:
    """Looks at the clock."""

    def __init__(self, queue: Queue, *, longest_pause: float) -> None:
        """Make one.

        Args:
            queue: holds the times.
            longest_pause: seconds at most between two tries to post a clip.
        """
        self._queue = queue
        self._longest_pause = longest_pause

    async def run(self) -> None:
        """Look until cancelled; the first look is for what happened before the start."""
        last = float("inf")
        while True:
            now = time.time()
            if now < last - SLACK:
                try:
                    mended = await self._queue.retention.mend_times(
                        now=now, longest_pause=self._longest_pause
                    )
                except Exception:
                    log.exception("could not check the times in the database")
                    now = last  # again at the next look
                else:
                    if mended:
                        log.warning("the clock was set back: corrected the times of %d jobs", mended)
            last = now
            await asyncio.sleep(EVERY)
