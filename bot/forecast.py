"""How long a clip will take, as a range.

The middle of the range is computed from measured times: the rest of the running job, the jobs ahead, the jobs
that members with less use will still put ahead, and the job's own drawing. The width is learnt from how far
off the latest middles were. So the quoted range covers the actual wait about 92 % of the time (:data:`LOW` to
:data:`HIGH`), whatever the model misses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from db.jobs.fairness import UNKNOWN_SECONDS
from db.jobs.job import Job
from db.jobs.queries import Arrival, JobQueries, Turn
from db.states import JobId

Seconds = NDArray[np.float64]

LOW, HIGH = 0.04, 0.96
"""Quantiles of true wait over reckoned wait: 92 % lie between, and a rush still leaves 80 %."""

UNTAUGHT = (0.5, 2.0)
"""The same, until :data:`ENOUGH` waits have been measured."""

ENOUGH = 12
"""Finished waits needed to learn the width of a range."""

NARROWEST = (0.8, 1.25)
"""The narrowest range that is quoted."""

CROWDS = ((0, 0), (1, 2), (3, 7), (8, 10**9))
"""Waits are grouped by the number of jobs ahead: the longer the queue, the more its errors cancel out."""

FEW = 3
"""With fewer measured renders of a profile than this, the times of all profiles are used instead."""

SAMPLE = 50
"""Number of latest renders, and of latest waits, that are used."""

WINDOW = 1800.0
"""Seconds: demand in the near future is taken to equal that of this last period."""

OVERRUN = 0.3
"""What is left of a render that takes longer than any before it: this share of the usual."""

ROUNDS = 12
"""Iterations of the fixed point: overtaking lengthens the wait, which lets more jobs overtake."""

FRESH_SECONDS = 1.0
"""Seconds that a forecast is reused, however many members ask."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """When a clip will be ready.

    Attributes:
        position: 1 is next.
        ahead: jobs ahead of it, including the running one.
        low, high: seconds from now, a range.
        middle: seconds from now, as computed.
        own: seconds that its own drawing takes.
        delay: seconds that it starts later than in order of arrival, because of what its member and its
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
        """Seconds left of a render, from those that had run as long and were not finished."""
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
    """Forecasts waits from the times that the queue has recorded.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, jobs: JobQueries, *, clock: Callable[[], float]) -> None:
        self._jobs = jobs
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
            own = await self._jobs.render_times(profile, SAMPLE)
        times = _Times(of={**forecast.times.of, profile: own}, anything=forecast.times.anything)
        now = self._clock()
        delay = await self._jobs.delay(guild, user)
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
        order = await self._jobs.order()
        running = await self._jobs.running()
        profiles = {turn.profile for turn in order} | ({running.profile} if running else set())
        times = _Times(
            of={profile: await self._jobs.render_times(profile, SAMPLE) for profile in profiles},
            anything=await self._jobs.render_times(None, SAMPLE) or (UNKNOWN_SECONDS,),
        )
        arrivals = await self._jobs.arrivals(now - WINDOW)
        shares = tuple([_share(await self._jobs.forecast_ratios(*crowd, SAMPLE)) for crowd in CROWDS])
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
    """Seconds of drawing that will be requested later and done earlier.

    A request that arrives while a job waits and is due before it goes first. Future demand is taken to equal
    that of the last :data:`WINDOW` seconds, from members with the same use.

    Args:
        base: seconds until each job's turn, without further requests. Shape [jobs].
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
