"""All that draws: a loop for each seat here, and workers; and what other parts ask of all of them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np

from bot.job_progress import JobProgress
from bot.loops.engine_loop import EngineLoop
from bot.loops.first_looks import FirstLook
from bot.loops.outcomes import Outcomes
from bot.loops.render_tally import RenderTally
from bot.loops.runs import Pauses
from bot.seats import LeftOut, Seat, SeatSeen
from bot.supervisor import Loop
from db.jobs.job import Job
from db.states import JobId
from engine.core.shortages import Shortage
from engine.process.host import HostState

V = TypeVar("V")


class Draws(Protocol):
    """What draws: an engine loop of the bot's, or a worker."""

    @property
    def seat(self) -> SeatSeen:
        """Its seat."""
        ...

    @property
    def outcomes(self) -> Outcomes:
        """What goes wrong with it."""
        ...

    @property
    def progress(self) -> Mapping[JobId, JobProgress]:
        """How far each of its jobs is."""
        ...

    @property
    def drafts(self) -> Mapping[JobId, FirstLook]:
        """The latest first look of each of them."""
        ...

    @property
    def pauses(self) -> Pauses:
        """How long it had nothing to draw while more waited."""
        ...


class _Joined(Mapping[JobId, V]):
    """Several mappings as one, whichever there are at the moment of a look. No job is in two of them."""

    def __init__(self, parts: Callable[[], Iterable[Mapping[JobId, V]]]) -> None:
        self._parts = parts

    def __getitem__(self, job: JobId) -> V:
        for part in self._parts():
            if job in part:
                return part[job]
        raise KeyError(job)

    def __iter__(self) -> Iterator[JobId]:
        return (job for part in self._parts() for job in part)

    def __len__(self) -> int:
        return sum(map(len, self._parts()))


class Engines:
    """The engine loops, and the workers that are here.

    Attributes:
        loops: one for each seat of this machine, of a server or of a service.
        tally: what was drawn since the start.
        progress: how far each job is that runs.
        drafts: the latest first look of each of them.
        watches: loops that look at what is drawn with, such as servers.
    """

    def __init__(
        self,
        loops: Sequence[EngineLoop],
        tally: RenderTally,
        watches: Sequence[Loop] = (),
        workers: Iterable[Draws] = (),
        *,
        absent: Callable[[Job], str | None] = lambda _: None,
    ) -> None:
        """Make it.

        Args:
            loops: here.
            tally: what they count in.
            watches: look at servers.
            workers: those that are here, whenever it is asked.
            absent: what a waiting job waits for that only a worker can draw who is away; None: nothing.
        """
        self.watches = tuple(watches)
        self.loops = tuple(loops)
        self.tally = tally
        self._workers = workers
        self._absent = absent
        self.progress: Mapping[JobId, JobProgress] = _Joined(lambda: (each.progress for each in self.all()))
        self.drafts: Mapping[JobId, FirstLook] = _Joined(lambda: (each.drafts for each in self.all()))

    def workers(self) -> tuple[Draws, ...]:
        """The workers that are here now."""
        return tuple(self._workers)

    def all(self) -> tuple[Draws, ...]:
        """All that draws now."""
        return (*self.loops, *self._workers)

    @property
    def seats(self) -> tuple[SeatSeen, ...]:
        """The seats of all of them."""
        return tuple(each.seat for each in self.all())

    @property
    def are_several(self) -> bool:
        """Whether there is more than one, or one that is not here, so that people must be told which."""
        return len(self.loops) > 1 or bool(self.workers())

    def idle(self, share: float) -> float:
        """Seconds between two jobs while more waited; a share of all pauses is shorter. 0.95 for the p95."""
        seconds = [pause for each in self.all() for pause in each.pauses.seconds]
        return float(np.quantile(seconds, share)) if seconds else 0.0

    def drawing(self, job: JobId) -> SeatSeen | None:
        """The seat that draws a job now; None: none."""
        return next((each.seat for each in self.all() if job in each.progress), None)

    def short_for(self, job: Job) -> Shortage | None:
        """What a job waits for because the machine is short of it, wherever it could be drawn."""
        found = [each.outcomes.short for each in self._all_for(job)]
        return found[0] if found and None not in found else None

    def away_for(self, job: Job) -> str | None:
        """What a job waits for because it can't be reached, wherever it could be drawn; None: nothing."""
        if (absent := self._absent(job)) is not None:
            return absent
        found = [each.outcomes.absence.where for each in self._all_for(job)]
        if not found:
            return job.lane or None
        return found[0] if None not in found else None

    def left_out_for(self, job: Job) -> LeftOut | None:
        """Why a job waits because each engine that could draw it is left out; None: not each is."""
        seats = [each.seat for each in self._all_for(job)]
        found = [seat.left_out if isinstance(seat, Seat) else None for seat in seats]
        known = [each for each in found if each is not None]
        if not found or len(known) < len(found):
            return None
        return min(known, key=lambda each: each.until.timestamp() if each.until else math.inf)

    def are_down_for(self, job: Job) -> bool:
        """Whether no engine that could draw a job starts: one of another release, or that ends always."""
        found = [each.seat.engine.state for each in self._all_for(job)]
        return bool(found) and all(state is HostState.DOWN for state in found)

    async def stop(self, grace: float) -> None:
        """Claim nothing more, give the running jobs a moment, then put them back at the front.

        What workers draw, they draw on.
        """
        await asyncio.gather(*(loop.stop(grace) for loop in self.loops))

    def _all_for(self, job: Job) -> list[Draws]:
        """What draws it, else what could."""
        drawing = [each for each in self.all() if job.id in each.progress]
        lane = [each for each in self.all() if each.seat.lane == job.lane]
        return drawing or [each for each in lane if each.seat.can_draw(job.engine)] or lane
