"""What the machine is short of, and where it was noticed: kept until the same work goes well again.

Nothing ends because of a shortage. Work that met one is done again after a pause that grows; moderators and
members are told what is waited for. :mod:`engine.core.shortages` says which errors are shortages.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from db.states import JobId
from engine.core.shortages import Shortage, shortage_of

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
REMEMBERED = 3.0
"""How many of the longest pauses may pass without a new failure until a shortage counts as over."""

STRIKES = 3
"""Times that one job runs short, with others drawn in between, until it is the job that needs too much."""


class Where(StrEnum):
    """Where a shortage is noticed."""

    INTAKE = "taking a request"
    ENGINE = "drawing"
    DELIVERY = "posting"
    HOUSEKEEPING = "housekeeping"


@dataclass(frozen=True, kw_only=True)
class ShortagePolicy:
    """How long is waited.

    Attributes:
        pause_last: seconds at most between two tries of the same work.
    """

    pause_last: float


@dataclass(kw_only=True)
class _Outage:
    kind: Shortage
    since: float
    last: float
    times: int = 0


class Shortages:
    """The shortages of this moment."""

    def __init__(self, policy: ShortagePolicy, *, clock: Callable[[], float]) -> None:
        """Make one.

        Args:
            policy: how long is waited.
            clock: returns Unix seconds.
        """
        self._policy = policy
        self._clock = clock
        self._outages: dict[tuple[Where, str], _Outage] = {}

    def met(self, place: Where, error: BaseException, *, seat: str = "") -> Shortage | None:
        """Note an error. None: it is no shortage, and the caller has to deal with it.

        Args:
            place: where it was noticed.
            error: what was raised.
            seat: where there are several engines, the name of the one that met it. Each waits for itself.
        """
        kind = shortage_of(error)
        if kind is None:
            return None
        now = time.monotonic()
        outage = self._outages.get((place, seat))
        if outage is None or outage.kind is not kind or self._is_over(outage):
            outage = self._outages[place, seat] = _Outage(kind=kind, since=self._clock(), last=now)
            log.error("%s: the machine is short of something (%s); it is tried again: %s", place, kind, error)
        else:
            log.debug("%s: still short (%s): %s", place, kind, error)
        outage.last = now
        outage.times += 1
        return kind

    def passed(self, place: Where, *, seat: str = "") -> None:
        """The work of this place went well."""
        outage = self._outages.pop((place, seat), None)
        if outage is not None:
            log.info("%s goes on after %.0f s (%s)", place, self._clock() - outage.since, outage.kind)

    def at(self, place: Where, *, seat: str = "") -> Shortage | None:
        """What this place waits for; None: nothing."""
        outage = self._outages.get((place, seat))
        return None if outage is None or self._is_over(outage) else outage.kind

    def anywhere(self) -> tuple[Shortage, float] | None:
        """What is waited for anywhere, and since when in Unix seconds, the longest; None: nothing."""
        there = [outage for outage in self._outages.values() if not self._is_over(outage)]
        if not there:
            return None
        longest = min(there, key=lambda outage: outage.since)
        return longest.kind, longest.since

    def pause(self, place: Where, *, seat: str = "") -> float:
        """Seconds until the next try."""
        outage = self._outages.get((place, seat))
        times = 1 if outage is None else outage.times
        return min(self._policy.pause_last, FIRST_PAUSE * 2.0 ** min(30, times - 1))

    def _is_over(self, outage: _Outage) -> bool:
        return time.monotonic() - outage.last > REMEMBERED * max(self._policy.pause_last, FIRST_PAUSE)


class Strikes:
    """Tells a machine that is short of something from a job that needs more than the machine has.

    A full disk is never the job's doing. Of the rest, a job is found out when it runs short again and again
    while others are drawn in between.
    """

    def __init__(self) -> None:
        self._drawn = 0
        self._met: dict[JobId, tuple[int, int]] = {}
        self._failing: dict[JobId, int] = {}
        self._away_in: JobId | None = None

    def failed(self, job: JobId) -> None:
        """A try of this job brought neither a clip nor an end."""
        self._failing[job] = self._failing.pop(job, 0) + 1

    def away(self, job: JobId) -> None:
        """What draws was away in a try of this job: for this job alone, as far as is known.

        One that is away in another job too is away for all, and they keep their order.
        """
        if self._away_in in {None, job}:
            self._away_in = job
            self.failed(job)
        else:
            self._failing.pop(self._away_in, None)
            self._away_in = None

    def last(self, suspects: Collection[JobId]) -> list[JobId]:
        """The jobs behind which all others go first; of them, the one that was tried longest ago.

        Without that order, two jobs that fail could take turns while a third is never tried.

        Args:
            suspects: are among them after one failure; others after two in a row.
        """
        return [job for job, times in self._failing.items() if times > 1 or job in suspects]

    def drew(self, job: JobId) -> None:
        """A clip was drawn."""
        self._drawn += 1
        self.forget(job)

    def met(self, job: JobId, kind: Shortage) -> bool:
        """Note that a job ran short; True where it is the job that needs too much."""
        if kind is Shortage.DISK:
            return False
        self.failed(job)
        strikes, drawn = self._met.get(job, (0, -1))
        if self._drawn > drawn:
            strikes += 1
        self._met[job] = (strikes, self._drawn)
        return strikes >= STRIKES

    def forget(self, job: JobId) -> None:
        """The job has ended."""
        self._met.pop(job, None)
        self._failing.pop(job, None)
        if self._away_in == job:
            self._away_in = None
