"""Writing down how far the jobs are that run here, all in one go; and hearing of cancels that came otherwise.

What members see is read from memory. The rows are for the next start and for other programs, so a row now and
then is enough: a durable write takes milliseconds, and a hundred engines would make a hundred a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from bot.job_progress import JobProgress
from bot.loops.engine_loop import EngineLoop
from bot.supervisor import Loop
from db.jobs.claims import Claims, Noted
from db.jobs.queries import JobQueries
from db.states import JobId

LISTEN_SECONDS = 1.0
"""A cancel that came without a signal is heard this soon, with one query for all that run."""

NOTE_SECONDS = 15.0
"""Rows take progress at most this often."""


class ProgressNotes:
    """Writes and hears for all engine loops."""

    def __init__(
        self,
        claims: Claims,
        jobs: JobQueries,
        *,
        loops: Sequence[EngineLoop],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make it.

        Args:
            claims: takes what is written.
            jobs: knows which jobs are to stop.
            loops: those whose jobs it looks after.
            timer: seconds that never go back.
        """
        self._claims = claims
        self._jobs = jobs
        self._loops = loops
        self._timer = timer
        self._noted = -NOTE_SECONDS
        self._written: dict[JobId, JobProgress] = {}
        self.loop = Loop("progress notes", self._look, every=LISTEN_SECONDS)

    async def _look(self) -> None:
        if not any(loop.progress for loop in self._loops):
            self._written.clear()
            return
        for job in await self._jobs.asked_to_stop():
            for loop in self._loops:
                loop.cancel(job)
        if self._timer() - self._noted >= NOTE_SECONDS:
            self._noted = self._timer()
            await self._write()

    async def _write(self) -> None:
        now = {
            job: (claim, progress)
            for loop in self._loops
            for job, claim in loop.claimed.items()
            if (progress := loop.progress.get(job)) is not None
        }
        changed = {job: each for job, each in now.items() if self._written.get(job) != each[1]}
        if changed:
            await self._claims.note_progress(_notes(changed.items()))
        self._written = {job: progress for job, (_, progress) in now.items()}


def _notes(held: Iterable[tuple[JobId, tuple[int, JobProgress]]]) -> list[Noted]:
    return [
        Noted(job=job, claim=claim, stage=now.stage, fraction=now.fraction, take=now.take)
        for job, (claim, now) in held
    ]
