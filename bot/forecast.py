"""How long it will take, as an honest range.

The middle of the range is reckoned: what still runs, what stands before the job, what members who ask later
and have used less will put before it, and its own drawing, each by measured times. How wide the range is, is
learnt: from how far off the last middles were. So a range that is told holds the truth about as often as
:data:`LOW` and :data:`HIGH` say, whatever the reckoning leaves out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from db.jobs.job import Job
from db.jobs.queries import Arrival, Turn
from db.queue import Queue
from db.states import JobId

Seconds = NDArray[np.float64]

LOW, HIGH = 0.04, 0.96
"""Quantiles of true wait over reckoned wait: 92 % lie between, and a rush still leaves 80 %."""

UNTAUGHT = (0.5, 2.0)
"""The same before enough was seen."""

ENOUGH = 12
"""Fewer finished waits than this teach nothing."""

NARROWEST = (0.8, 1.25)
"""No range is told narrower than this."""

CROWDS = ((0, 0), (1, 2), (3, 7), (8, 10**9))
"""Waits are learnt from by how many jobs were ahead: the longer the queue, the more its errors even out."""

FEW = 3
"""With fewer measured renders than this of one profile, those of all profiles are asked instead."""

UNKNOWN_SECONDS = 30.0
"""What one render is taken for before anything has been measured."""

SAMPLE = 50
"""How many of the latest renders, and of the latest waits, are looked at."""

WINDOW = 1800.0
"""The coming rush is taken for that of the last so many seconds."""

OVERRUN = 0.3
"""What is left of a render that takes longer than any before it: this share of the usual."""

ROUNDS = 12
"""Those who come before a job make it wait longer, so that more can; so often is that followed."""

FRESH_SECONDS = 1.0
"""A forecast is made at most this often, however many members ask."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """When a clip will be ready.

    Attributes:
        position: 1 is next.
        ahead: jobs before it, the one that runs included.
        low, high: seconds from now, a range.
        middle: seconds from now, as they were reckoned.
        own: seconds that its own drawing takes.
        delay: seconds that it stands later than first come, first served, for what its member and its
            server have used lately.
    """

    position: int
    ahead: int
    low: float
    high: float
    middle: float
    own: float
    delay: float = 0.0


@dataclass(frozen=True, kw_only=True)
class _Times:
    """Measured render times by profile, in seconds."""

    of: Mapping[str, Sequence[float]]
    anything: Sequence[float]

    def seen(self, profile: str) -> Sequence[float]:
        times = self.of.get(profile, ())
        return times if len(times) >= FEW else self.anything

    def mean(self, profile: str) -> float:
        return float(np.mean(self.seen(profile)))

    def left(self, running: Job, now: float) -> float:
        """What is still to come of a render, by those that had taken as long and were not done."""
        elapsed = max(0.0, now - (running.started_at or now))
        longer = [seconds - elapsed for seconds in self.seen(running.profile) if seconds > elapsed]
        return float(np.mean(longer)) if longer else OVERRUN * self.mean(running.profile)


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The whole queue at one moment.

    Attributes:
        waits: of every waiting job.
        made_at: Unix seconds.
    """

    waits: Mapping[JobId, Wait]
    made_at: float
    order: tuple[Turn, ...]
    left: float
    is_running: bool
    times: _Times
    arrivals: tuple[Arrival, ...]
    shares: tuple[tuple[float, float], ...]


class Forecaster:
    """Answers "how long?" from what the queue remembers.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, queue: Queue, *, clock: Callable[[], float] = time.time) -> None:
        self._queue = queue
        self._clock = clock
        self._making = asyncio.Lock()
        self.latest: Forecast | None = None

    async def forecast(self) -> Forecast:
        """The whole queue now, or as it was a second ago."""
        async with self._making:
            if self.latest is None or abs(self._clock() - self.latest.made_at) > FRESH_SECONDS:
                self.latest = await self._make()
            return self.latest

    async def for_new(self, profile: str, guild: int, user: int) -> Wait:
        """The wait of a job that a member would ask for now."""
        forecast = await self.forecast()
        if (own := forecast.times.of.get(profile)) is None:
            own = await self._queue.jobs.render_times(profile, SAMPLE)
        times = _Times(of={**forecast.times.of, profile: own}, anything=forecast.times.anything)
        now = self._clock()
        delay = await self._queue.jobs.delay(guild, user, now=now)
        before = [
            turn
            for turn in forecast.order
            if not turn.paused and (turn.priority > 0 or (turn.priority == 0 and turn.due <= now + delay))
        ]
        base = forecast.left + sum(times.mean(turn.profile) for turn in before)
        overtaken = overtaking(np.array([base]), np.array([delay]), forecast.arrivals)
        return _wait(
            position=len(before) + 1,
            ahead=len(before) + forecast.is_running,
            base=base + float(overtaken[0]),
            own=times.mean(profile),
            delay=delay,
            shares=forecast.shares,
        )

    async def _make(self) -> Forecast:
        now = self._clock()
        order = await self._queue.jobs.order()
        running = await self._queue.jobs.running()
        profiles = {turn.profile for turn in order} | ({running.profile} if running else set())
        times = _Times(
            of={profile: await self._queue.jobs.render_times(profile, SAMPLE) for profile in profiles},
            anything=await self._queue.jobs.render_times(None, SAMPLE) or (UNKNOWN_SECONDS,),
        )
        arrivals = await self._queue.jobs.arrivals(now - WINDOW)
        shares = tuple([_share(await self._queue.jobs.surprises(*crowd, SAMPLE)) for crowd in CROWDS])
        left = times.left(running, now) if running else 0.0
        means = {profile: times.mean(profile) for profile in profiles}
        own = np.array([means[turn.profile] for turn in order])
        base = left + np.cumsum(own) - own
        late = np.array([max(0.0, turn.due - now) for turn in order])
        base += overtaking(base, late, arrivals)
        waits = {
            turn.job: _wait(
                position=place + 1,
                ahead=place + (running is not None),
                base=float(base[place]),
                own=float(own[place]),
                delay=turn.due - turn.created_at,
                shares=shares,
            )
            for place, turn in enumerate(order)
        }
        return Forecast(
            waits=waits,
            made_at=now,
            order=tuple(order),
            left=left,
            is_running=running is not None,
            times=times,
            arrivals=tuple(arrivals),
            shares=shares,
        )


def overtaking(base: Seconds, late: Seconds, arrivals: Sequence[Arrival]) -> Seconds:
    """Seconds of drawing that will be asked for later and done before.

    Whoever asks while a job waits, and is due before it, goes first. The coming rush is taken for the last
    one: as many seconds of drawing, asked for by members who have used as much.

    Args:
        base: seconds until each job's turn, if nobody else came. Shape [jobs].
        late: seconds from now until each is due; 0 where it is due already. Shape [jobs].
        arrivals: those of the last :data:`WINDOW` seconds.

    Returns:
        Seconds, shape [jobs].
    """
    delays = np.array([arrival.delay for arrival in arrivals])
    rates = np.array([arrival.expected for arrival in arrivals]) / WINDOW
    added = np.zeros_like(base)
    if not len(arrivals) or not late.any():
        return added
    chance = np.maximum(0.0, late[:, None] - delays[None, :])  # seconds in which one would come before
    for _ in range(ROUNDS):
        added = np.minimum(chance, (base + added)[:, None]) @ rates
    return added


def _share(ratios: Sequence[float]) -> tuple[float, float]:
    if len(ratios) < ENOUGH:
        return UNTAUGHT
    low, high = np.quantile(ratios, (LOW, HIGH))
    return min(float(low), NARROWEST[0]), max(float(high), NARROWEST[1])


def _wait(
    *,
    position: int,
    ahead: int,
    base: float,
    own: float,
    delay: float,
    shares: Sequence[tuple[float, float]],
) -> Wait:
    crowd = next(place for place, (_, most) in enumerate(CROWDS) if ahead <= most)
    low, high = shares[crowd]
    middle = base + own
    return Wait(
        position=position,
        ahead=ahead,
        low=middle * low,
        high=middle * high,
        middle=middle,
        own=own,
        delay=max(0.0, delay),
    )
