"""How long it will take, as an honest range from measured times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from db.jobs import JobId
from db.queue import Queue

LOW, MIDDLE, HIGH = 0.2, 0.5, 0.9
"""Quantiles of measured render times: the range should hold the truth most of the time, and err late."""

FEW = 3
"""With fewer measured renders than this of one profile, those of all profiles are asked instead."""

UNKNOWN_SECONDS = 30.0
"""What one render is taken for before anything has been measured."""

SAMPLE = 50
"""How many of the latest renders are looked at."""

FRESH_SECONDS = 1.0
"""A forecast is made at most this often, however many members ask."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """When a clip will be ready.

    Attributes:
        position: 1 is next.
        low, high: seconds from now, a range.
        own: seconds that its own drawing takes.
    """

    position: int
    low: float
    high: float
    own: float


@dataclass(frozen=True, kw_only=True)
class _Span:
    low: float
    middle: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The whole queue at one moment.

    Attributes:
        waits: of every waiting job.
        ahead: how many jobs a new one would find before it, the running one included.
        low, high: seconds until all of them are done, a range.
    """

    waits: Mapping[JobId, Wait]
    ahead: int
    low: float
    high: float
    made_at: float


class Waits:
    """Answers "how long?" from the render times that the queue remembers."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._making = asyncio.Lock()
        self.latest: Forecast | None = None

    async def forecast(self) -> Forecast:
        """The whole queue now, or as it was a second ago."""
        async with self._making:
            if self.latest is None or time.monotonic() - self.latest.made_at > FRESH_SECONDS:
                self.latest = await self._make()
            return self.latest

    async def for_new(self, profile: str) -> Wait:
        """The wait of a job that would be asked for now and went to the end of the queue."""
        forecast = await self.forecast()
        span = await self._span(profile, await self._any_span())
        return Wait(
            position=len(forecast.waits) + 1,
            low=forecast.low + span.low,
            high=forecast.high + span.high,
            own=span.middle,
        )

    async def _make(self) -> Forecast:
        order = await self._queue.order()
        running = await self._queue.running()
        anything = await self._any_span()
        profiles = {turn.profile for turn in order} | ({running.profile} if running else set())
        spans = {profile: await self._span(profile, anything) for profile in profiles}
        low = 0.0
        # The one that runs may be nearly done or have just begun.
        high = spans[running.profile].high if running else 0.0
        waits: dict[JobId, Wait] = {}
        for position, turn in enumerate(order, start=1):
            span = spans[turn.profile]
            low += span.low
            high += span.high
            waits[turn.job] = Wait(position=position, low=low, high=high, own=span.middle)
        ahead = len(order) + (1 if running else 0)
        return Forecast(waits=waits, ahead=ahead, low=low, high=high, made_at=time.monotonic())

    async def _any_span(self) -> _Span:
        times = await self._queue.render_times(None, SAMPLE)
        if not times:
            return _Span(low=UNKNOWN_SECONDS / 2, middle=UNKNOWN_SECONDS, high=UNKNOWN_SECONDS * 2)
        return _quantiles(times)

    async def _span(self, profile: str, fallback: _Span) -> _Span:
        times = await self._queue.render_times(profile, SAMPLE)
        return fallback if len(times) < FEW else _quantiles(times)


def _quantiles(times: list[float]) -> _Span:
    low, middle, high = np.quantile(times, (LOW, MIDDLE, HIGH))
    return _Span(low=float(low), middle=float(middle), high=float(high))
