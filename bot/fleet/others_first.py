"""A job in which a machine has failed is left to others that have not, as long as there are any.

So one broken GPU uses up none of the tries that a job has, and a job ends for faults of machines only after
each that could draw it has failed.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.fleet.capability import can, read
from bot.fleet.places import Places, WorkerPlace
from bot.seats import HERE, Seat
from db.fleet.faulted_jobs import Faulted, FaultedJobs
from db.states import JobId

PATIENCE = 600.0
"""Seconds for which a job is left to others: one that seems ready may never take it."""

FRESH = 60.0
"""Seconds after a fault in which rows are read. Later they are only while there are such jobs."""

REMEMBERED = 1000
"""Jobs in which a machine failed, the latest."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left to others at a moment.

    Attributes:
        faulted: the jobs in which a machine has failed.
        ready: for each of them, the places that would begin it.
    """

    faulted: tuple[Faulted, ...] = ()
    ready: Mapping[JobId, Collection[str]] = field(default_factory=dict)

    def by(self, place: str) -> list[JobId]:
        """The jobs that a place leaves to others.

        Args:
            place: the worker's id, or the seat's name.
        """
        return [each.job for each in self.faulted if self._leaves(each, place)]

    def _leaves(self, job: Faulted, place: str) -> bool:
        own = job.faults.get(place, 0)
        return any(job.faults.get(other, 0) < own for other in self.ready[job.job] if other != place)


class OthersFirst:
    """Knows who could draw a job beside those that failed in it."""

    def __init__(self, places: Places, *, seats: Iterable[Seat], faulted: FaultedJobs) -> None:
        """Make it.

        Args:
            places: the workers.
            seats: the bot's own.
            faulted: reads the jobs.
        """
        self._places = places
        self._seats = tuple(seats)
        self._faulted = faulted
        self._since: dict[JobId, float] = {}
        self._some = True
        self._read_until = 0.0

    async def look(self) -> Left:
        """What is left to others now."""
        if not self._some and time.monotonic() > self._read_until:
            return Left()
        waiting = await self._faulted.waiting()
        self._some = bool(waiting)
        faulted = [job for job in waiting if self._is_patient(job.job)]
        if not faulted:
            return Left()
        return Left(
            faulted=tuple(faulted),
            ready={job.job: [name async for name in self._ready(job)] for job in faulted},
        )

    async def left_by(self, place: str) -> list[JobId]:
        """The jobs that a place leaves to others now, by the worker's id or the seat's name."""
        return (await self.look()).by(place)

    async def are_there(self, job: JobId, place: str) -> bool:
        """Whether another place is there that has not failed in a job.

        Args:
            job: it.
            place: that fails in it now.
        """
        self._read_until = time.monotonic() + FRESH
        found = await self._faulted.one(job)
        if found is None or not self._is_patient(job):
            return False
        return any([name != place and not found.faults.get(name) async for name in self._ready(found)])

    def _is_patient(self, job: JobId) -> bool:
        now = time.monotonic()
        since = self._since.setdefault(job, now)
        if len(self._since) > REMEMBERED:
            del self._since[next(iter(self._since))]
        return now - since <= PATIENCE

    async def _ready(self, job: Faulted) -> AsyncIterator[str]:
        """The places that would begin a job."""
        for seat in self._seats:
            if await _would_begin(seat, job):
                yield seat.name
        for place in self._workers(job):
            yield place.worker.id

    def _workers(self, job: Faulted) -> Iterator[WorkerPlace]:
        ability = read(job.ability)
        if job.lane != HERE or ability is None:
            return
        for place in self._places:
            if place.seat.is_ready and place.worker.trust.covers(job.trust) and can(place.machine, ability):
                yield place


async def _would_begin(seat: Seat, job: Faulted) -> bool:
    if seat.lane != job.lane or not seat.is_ready or seat.left_out is not None:
        return False
    return seat.can_draw(job.engine) and job.ability not in await seat.unable()
