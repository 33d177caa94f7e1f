"""Not more messages in a second than the bot takes from one worker."""

from __future__ import annotations

import asyncio
import time

RATE = 15.0
"""Pieces a second that are asked for; the bot puts a worker out that sends more than 25 messages a second."""

BURST = 80.0
"""Pieces at once; the bot takes 200 messages at once."""


class Bucket:
    """Has whoever takes too much wait."""

    def __init__(self) -> None:
        self._full = BURST
        self._looked = time.monotonic()

    async def take(self) -> None:
        """Take one; wait for it where there is none."""
        now = time.monotonic()
        self._full = min(BURST, self._full + (now - self._looked) * RATE) - 1
        self._looked = now
        if self._full < 0:
            await asyncio.sleep(-self._full / RATE)
