"""Counting the engines of each lane, so that the limits of the queue grow and shrink with them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from bot.supervisor import Loop
from db.lanes.lane_sizes import LaneSize, LaneSizes

COUNT_EVERY = 2.0
"""Seconds: engines on other machines come and go."""

FEWEST_SHARED = 4
"""With fewer engines than this, a member may have all of them: one that is kept free would be missed more."""


class EngineCount:
    """Writes down how many engines each lane has, whenever that changes."""

    def __init__(self, sizes: LaneSizes, *, lanes: Callable[[], Iterable[str]], member_share: float) -> None:
        """Make it.

        Args:
            sizes: takes what is counted.
            lanes: the lane of each engine that there is now.
            member_share: of a lane's engines, 0 … 1, that may draw for one member while nobody else waits.
        """
        self._sizes = sizes
        self._lanes = lanes
        self._member_share = member_share
        self._written: Mapping[str, LaneSize] | None = None
        self.loop = Loop("engine count", self._count, every=COUNT_EVERY)

    async def _count(self) -> None:
        found = {
            lane: LaneSize(engines=engines, member_most=most_of_one(engines, self._member_share))
            for lane, engines in Counter(self._lanes()).items()
        }
        if found != self._written:
            await self._sizes.replace(found)
            self._written = found


def most_of_one(engines: int, share: float) -> int:
    """How many of a lane's engines may draw for one member while nobody else waits."""
    return engines if engines < FEWEST_SHARED else max(1, math.floor(engines * share))
