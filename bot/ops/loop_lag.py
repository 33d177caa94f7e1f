"""How late the event loop is: the first thing to look at when the bot answers slowly."""

from __future__ import annotations

import asyncio
from collections import deque

import numpy as np

from bot.supervisor import Loop

EVERY = 0.02
"""Seconds between two beats."""

KEPT = 30_000
"""Beats that are remembered: ten minutes."""


class LoopLag:
    """Sleeps a little, again and again, and remembers by how much it overslept."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=KEPT)
        self.loop = Loop("loop lag", self._beat, every=0.0)

    async def _beat(self) -> bool:
        clock = asyncio.get_running_loop()
        due = clock.time() + EVERY
        await asyncio.sleep(EVERY)
        self._late.append(clock.time() - due)
        return True

    def lag(self, share: float) -> float:
        """The lag in seconds that a share of the beats stays below; 0.99 for the p99."""
        return float(np.quantile(self._late, share)) if self._late else 0.0
