"""How long a clip will take, as a range.

Each lane has a queue of its own, and a seat that is free takes the next job of its lane. The middle of the
range is computed from measured times: the rest of the running jobs, the jobs ahead, the jobs that members
with less use will still put ahead, and the job's own drawing. The width is learnt from how far off the
latest middles were. So the quoted range covers the actual wait about 92 % of the time (:data:`LOW` to
:data:`HIGH`), whatever the model misses.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bot.render_times import FEW, RenderTimes
from bot.seats import HERE, Seat, SeatSeen
from db.jobs.allowances import Precedence
from db.jobs.fairness import UNKNOWN_SECONDS
from db.jobs.job import Job
from db.jobs.queries import Arrival, JobQueries, Timed, Turn
from db.states import STRANGERS, JobId
from engine.core.family_spec import FamilySpec

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

SAMPLE = 50
"""Number of a profile's latest renders, and of latest waits, that are used."""

LATELY = 500
"""Number of a lane's latest renders that tell how quick its engines are."""

WINDOW = 1800.0
"""Seconds: demand in the near future is taken to equal that of this last period."""

ROUNDS = 12
"""Iterations of the fixed point: overtaking lengthens the wait, which lets more jobs overtake."""

MANY = 500
"""Jobs that a forecast is made of in the event loop; of more, in a thread."""

FRESH_SECONDS = 1.0
"""Seconds that a forecast is reused, however many members ask."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """When a clip will be ready.

    Attributes:
        position: 1 is next in its lane.
        ahead: jobs ahead of it, including the running ones; 0 where an engine is free for it.
        low, high: seconds from now, a range.
        middle: seconds from now, as computed.
        own: seconds that its own drawing takes.
        delay: seconds that it starts later than in order of arrival, because of what its member and its
            server have used lately.
        lane: the queue that it stands in.
    """

    position: int
    ahead: int
    low: float
    high: float
    middle: float
    own: float
    delay: float = 0.0
    lane: str = HERE


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One lane at one moment.

    Attributes:
        order: its waiting jobs.
        free: seconds until each of its seats is free; 0 for one that is.
        draws: for each seat, whether it can draw with an engine.
        paces: for each seat, how many times as long as usual it takes.
    """

    lane: str
    order: tuple[Turn, ...]
    free: tuple[float, ...]
    draws: tuple[Callable[[str], bool], ...]
    paces: tuple[float, ...]
    times: RenderTimes
    arrivals: tuple[Arrival, ...]
    shares: tuple[tuple[float, float], ...]

    def seats_for(self, engine: str) -> list[int]:
        """The seats that can draw with an engine; all where none can, for one of them may again."""
        return [seat for seat, can in enumerate(self.draws) if can(engine)] or list(range(len(self.draws)))

    def turns(self, jobs: Sequence[tuple[str, float]]) -> tuple[Seconds, Seconds]:
        """When each job begins, and how long it takes, if each goes to the seat that is free first.

        Args:
            jobs: in their order: with which engine, and how many seconds a usual one takes.

        Returns:
            Seconds until each begins, and that each takes, both of shape [jobs]. Where several seats are free
            for a job, any of them may take it.
        """
        free = list(self.free)
        seats = {engine: self.seats_for(engine) for engine in {engine for engine, _ in jobs}}
        begins, takes = [], []
        for engine, seconds in jobs:
            seat = min(seats[engine], key=free.__getitem__)
            pace = self.paces[seat]
            if free[seat] <= 0:
                ready = [self.paces[each] for each in seats[engine] if free[each] <= 0]
                pace = sum(ready) / len(ready)
            begins.append(free[seat])
            takes.append(seconds * pace)
            free[seat] += seconds * self.paces[seat]
        return np.array(begins, np.float64), np.array(takes, np.float64)

    def waits(self, now: float) -> dict[JobId, Wait]:
        """Of every job that waits in it."""
        usual = {profile: self.times.mean(profile) for profile in {turn.profile for turn in self.order}}
        base, own = self.turns([(turn.engine, usual[turn.profile]) for turn in self.order])
        late = np.array([max(0.0, turn.due - now) for turn in self.order])
        able = {engine: len(self.seats_for(engine)) for engine in {turn.engine for turn in self.order}}
        seats = np.array([able[turn.engine] for turn in self.order])
        base += overtaking(base, late, self.arrivals, seats)
        return {
            turn.job: self.wait(
                place=place, base=float(base[place]), own=float(own[place]), delay=turn.due - turn.created_at
            )
            for place, turn in enumerate(self.order)
        }

    def wait(self, *, place: int, base: float, own: float, delay: float) -> Wait:
        """Of a job with so many others before it, that begins in ``base`` seconds and takes ``own``."""
        ahead = place + sum(each > 0 for each in self.free) if base > 0 else 0
        return _wait(
            position=place + 1,
            ahead=ahead,
            base=base,
            own=own,
            delay=delay,
            shares=self.shares,
            lane=self.lane,
        )


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The whole queue at one moment.

    Attributes:
        waits: of every waiting job.
        made_at: Unix seconds.
    """

    waits: Mapping[JobId, Wait]
    made_at: float
    lines: Mapping[str, _Line] = field(default_factory=dict)


class Forecaster:
    """Forecasts waits from the times that the queue has recorded.

    Args:
        seats: where clips are drawn, gone through for each forecast. A lane without any is forecast as if it
            had one.
        families: knows what clips of an engine usually take, while too few were measured.
        clock: Unix seconds.

    Attributes:
        first: seconds by profile that renders took at the first start, before anybody had asked.
    """

    def __init__(
        self,
        jobs: JobQueries,
        *,
        seats: Iterable[SeatSeen] = (),
        families: Callable[[], Mapping[str, FamilySpec]] = dict,
        clock: Callable[[], float],
    ) -> None:
        self._jobs = jobs
        self._families = families
        self._seats = seats
        self._clock = clock
        self._making = asyncio.Lock()
        self.latest: Forecast | None = None
        self.first: Mapping[str, float] = {}

    async def forecast(self) -> Forecast:
        """The whole queue now, or as it was a second ago."""
        async with self._making:
            if self.latest is None or abs(self._clock() - self.latest.made_at) > FRESH_SECONDS:
                self.latest = await self._make()
            return self.latest

    async def wait_of(self, job: Job) -> Wait:
        """The wait of a waiting job, which may have come after the latest forecast was made."""
        known = (await self.forecast()).waits.get(job.id)
        return known or await self.for_new(
            job.profile, job.guild_id, job.user_id, lane=job.lane, engine=job.engine
        )

    async def for_new(
        self, profile: str, guild: int, user: int, *, lane: str = HERE, engine: str = ""
    ) -> Wait:
        """The wait of a job that a member would ask for now.

        Args:
            profile: the name under which its render times are remembered.
            guild, user: whose it would be.
            lane, engine: where it would be drawn, and with what.
        """
        forecast = await self.forecast()
        line = forecast.lines.get(lane) or await self._line(lane, (), (), ())
        own = line.times.of.get(profile)
        if own is None:
            own = await self._jobs.render_times(profile, SAMPLE)
        times = replace(line.times, of={**line.times.of, profile: own})
        now = self._clock()
        delay = await self._jobs.delay(guild, user, lane)
        priority = (Precedence.BACKGROUND if guild == STRANGERS else Precedence.NORMAL).priority
        before = [
            turn
            for turn in line.order
            if not turn.paused
            and (turn.priority > priority or (turn.priority == priority and turn.due <= now + delay))
        ]
        usual = {name: times.mean(name) for name in {profile, *(turn.profile for turn in before)}}
        begins, takes = line.turns(
            [*((turn.engine, usual[turn.profile]) for turn in before), (engine, usual[profile])]
        )
        base = begins[-1:]
        seats = np.array([len(line.seats_for(engine))])
        base += overtaking(base, np.array([delay]), line.arrivals, seats)
        return line.wait(place=len(before), base=float(base[0]), own=float(takes[-1]), delay=delay)

    def _usual(self, profile: str) -> float:
        """Clips of engines without weights say nothing of what one that loads some takes."""
        spec = next((s for name, s in self._families().items() if profile.startswith(f"{name}/")), None)
        if spec is None:
            return 0.0
        return spec.seconds or (UNKNOWN_SECONDS if spec.loads else 0.0)

    async def _make(self) -> Forecast:
        now = self._clock()
        order = await self._jobs.order()
        running = await self._jobs.running()
        arrivals = await self._jobs.arrivals(now - WINDOW)
        lanes = {HERE, *(turn.lane for turn in order), *(job.lane for job in running)}
        lines = {
            lane: await self._line(
                lane,
                tuple(turn for turn in order if turn.lane == lane),
                tuple(job for job in running if job.lane == lane),
                tuple(arrival for arrival in arrivals if arrival.lane == lane),
            )
            for lane in sorted(lanes)
        }
        waits: dict[JobId, Wait] = {}
        for line in lines.values():  # thousands of jobs take a while
            waits |= await asyncio.to_thread(line.waits, now) if len(line.order) > MANY else line.waits(now)
        return Forecast(waits=waits, made_at=now, lines=lines)

    async def _line(
        self,
        lane: str,
        order: tuple[Turn, ...],
        running: tuple[Job, ...],
        arrivals: tuple[Arrival, ...],
    ) -> _Line:
        profiles = {turn.profile for turn in order} | {job.profile for job in running}
        seats = [seat for seat in self._seats if seat.lane == lane]
        lately = await self._jobs.render_times(None, LATELY, lane=lane)
        times = RenderTimes(
            of={profile: await self._jobs.render_times(profile, SAMPLE) for profile in profiles},
            lately=[*lately, *_told(seats, lately)],
            first=self.first,
            usual=self._usual,
        )
        shares = [_share(await self._jobs.forecast_ratios(*crowd, SAMPLE, lane=lane)) for crowd in CROWDS]
        now = self._clock()
        seats = [seat for seat in seats if not seat.resting or _back_in(seat, now)] or seats
        left = {job.seat: times.left(job, now) for job in reversed(running)}  # of two, the newer one
        if len(seats) <= 1:
            latest = times.left(running[0], now) if running else 0.0
            free: tuple[float, ...] = (latest,)
        else:
            free = tuple(left.get(seat.name, 0.0) for seat in seats)
        if len(free) == len(seats):
            free = tuple(max(each, _back_in(seat, now)) for each, seat in zip(free, seats, strict=True))
        return _Line(
            lane=lane,
            order=order,
            free=free,
            draws=tuple(seat.can_draw for seat in seats) or (lambda _: True,),
            paces=tuple(times.pace(seat.name) for seat in seats) or (1.0,),
            times=times,
            arrivals=arrivals,
            shares=tuple(shares),
        )


def _told(seats: Iterable[SeatSeen], lately: Sequence[Timed]) -> list[Timed]:
    """What machines say of render times, as long as too few of theirs were measured here."""
    measured = Counter(each.seat for each in lately)
    return [
        Timed(seat=seat.name, profile=profile, seconds=seconds)
        for seat in seats
        if measured[seat.name] < FEW
        for profile, seconds in seat.times.items()
    ]


def _back_in(seat: SeatSeen, now: float) -> float:
    """Seconds until a seat that is left out draws again; 0 where it is not, or where nobody knows."""
    left_out = seat.left_out if isinstance(seat, Seat) else None
    until = None if left_out is None else left_out.until
    return 0.0 if until is None else max(0.0, until.timestamp() - now)


def overtaking(
    base: Seconds, late: Seconds, arrivals: Sequence[Arrival], seats: NDArray[np.int_] | int = 1
) -> Seconds:
    """Seconds of drawing that will be requested later and done earlier.

    A request that arrives while a job waits and is due before it goes first. Future demand is taken to equal
    that of the last :data:`WINDOW` seconds, from members with the same use.

    Args:
        base: seconds until each job's turn, without further requests. Shape [jobs].
        late: seconds from now until each is due; 0 where it is due already. Shape [jobs].
        arrivals: those of the last :data:`WINDOW` seconds.
        seats: among how many engines that drawing is divided. Shape [jobs], or one number.

    Returns:
        Seconds, shape [jobs].
    """
    added = np.zeros_like(base)
    if not arrivals or not late.any():
        return added
    delays = np.array([arrival.delay for arrival in arrivals])
    order = np.argsort(delays)
    delays = delays[order]
    rates = np.array([arrival.expected for arrival in arrivals])[order] / WINDOW
    rate_up_to = np.concatenate(([0.0], np.cumsum(rates)))
    shift_up_to = np.concatenate(([0.0], np.cumsum(rates * delays)))
    # Of a kind with a delay, those of the next ``late - delay`` seconds go first, as long as that is not more
    # than the whole wait. Sums up to a delay say both for all kinds at once, however many jobs wait.
    least = np.searchsorted(delays, late)
    for _ in range(ROUNDS):
        whole = np.maximum(0.0, base + added)
        all_of = np.searchsorted(delays, late - whole)
        added = (
            whole * rate_up_to[all_of]
            + late * (rate_up_to[least] - rate_up_to[all_of])
            - (shift_up_to[least] - shift_up_to[all_of])
        ) / seats
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
    lane: str,
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
        lane=lane,
    )
