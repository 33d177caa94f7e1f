"""How late the event loop is: the first thing to look at when the bot answers slowly."""

from __future__ import annotations

import asyncio
from collections import deque

import numpy as np

EVERY = 0.02
"""Seconds between two beats."""

KEPT = 30_000
"""Beats that are remembered: ten minutes."""


class LoopLag:
    """Sleeps a little, again and again, and remembers by how much it overslept."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=KEPT)

    async def run(self) -> None:
        """Beat until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY
            await asyncio.sleep(EVERY)
            self._late.append(loop.time() - due)

    def lag(self, share: float) -> float:
        """The lag in seconds that a share of the beats stays below; 0.99 for the p99."""
        return float(np.quantile(self._late, share)) if self._late else 0.0
