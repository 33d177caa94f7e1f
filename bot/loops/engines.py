"""All engines of the bot: one loop for each seat, and what the other parts ask of all of them together."""

from __future__ import annotations

import asyncio
from collections import ChainMap
from collections.abc import Mapping, Sequence

import numpy as np

from bot.loops.engine_loop import EngineLoop
from bot.loops.previews import FirstLook, JobProgress
from bot.loops.render_tally import RenderTally
from bot.seats import Seat
from bot.supervisor import Loop
from db.jobs.job import Job
from db.states import JobId
from engine.core.shortages import Shortage


class Engines:
    """The engine loops.

    Attributes:
        loops: one for each seat.
        tally: what they have drawn since the start.
        progress: how far each job is that runs.
        drafts: the latest first look of each of them.
        watches: loops that look at what is drawn with, such as servers.
    """

    def __init__(self, loops: Sequence[EngineLoop], tally: RenderTally, watches: Sequence[Loop] = ()) -> None:
        """Make it from the loops, from what they count in, and from those that look at servers."""
        self.watches = tuple(watches)
        self.loops = tuple(loops)
        self.tally = tally
        self.progress: Mapping[JobId, JobProgress] = ChainMap(*(loop.progress for loop in loops))
        self.drafts: Mapping[JobId, FirstLook] = ChainMap(*(loop.drafts for loop in loops))

    @property
    def seats(self) -> tuple[Seat, ...]:
        """The seats of all loops."""
        return tuple(loop.seat for loop in self.loops)

    @property
    def are_several(self) -> bool:
        """Whether there is more than one, so that people must be told which."""
        return len(self.loops) > 1

    def idle(self, share: float) -> float:
        """Seconds between two jobs while more waited; a share of all pauses is shorter. 0.95 for the p95."""
        seconds = [pause for loop in self.loops for pause in loop.pauses.seconds]
        return float(np.quantile(seconds, share)) if seconds else 0.0

    def drawing(self, job: JobId) -> Seat | None:
        """The seat that draws a job now; None: none."""
        return next((loop.seat for loop in self.loops if job in loop.progress), None)

    def short_for(self, job: Job) -> Shortage | None:
        """What a job waits for because the machine is short of it, wherever it could be drawn."""
        found = [loop.outcomes.short for loop in self._loops_for(job)]
        return found[0] if found and None not in found else None

    def away_for(self, job: Job) -> str | None:
        """What a job waits for because it can't be reached, wherever it could be drawn; None: nothing."""
        found = [loop.outcomes.absence.where for loop in self._loops_for(job)]
        if not found:
            return job.lane or None
        return found[0] if None not in found else None

    async def stop(self, grace: float) -> None:
        """Claim nothing more, give the running jobs a moment, then put them back at the front."""
        await asyncio.gather(*(loop.stop(grace) for loop in self.loops))

    def _loops_for(self, job: Job) -> list[EngineLoop]:
        """The loop that draws it, else those that could."""
        drawing = [loop for loop in self.loops if job.id in loop.progress]
        lane = [loop for loop in self.loops if loop.seat.lane == job.lane]
        return drawing or [loop for loop in lane if loop.seat.can_draw(job.engine)] or lane
