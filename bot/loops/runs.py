"""Jobs that run: where each is, when another may be begun, and how long none was."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from bot.seats import LEFT_THE_GPU
from bot.supervisor import wait_at_most
from db.states import JobId
from engine.core.recipe import Stage

log = logging.getLogger(__name__)


class Pauses:
    """How long the engine could have begun a job while more waited; the last 1,000 times."""

    def __init__(self) -> None:
        self.seconds: deque[float] = deque(maxlen=1000)
        self._began: float | None = None

    def begin(self) -> None:
        """There is room for another job."""
        if self._began is None:
            self._began = time.monotonic()

    def end(self) -> None:
        """The next is begun; the next pause begins with its end."""
        if self._began is not None:
            self.seconds.append(time.monotonic() - self._began)
        self._began = None

    def forget(self) -> None:
        """Nothing waits, so this is no pause."""
        self._began = None

    def quantile(self, share: float) -> float:
        """Seconds; a share of all pauses is shorter. 0 where there were none."""
        return float(np.quantile(self.seconds, share)) if self.seconds else 0.0


@dataclass(kw_only=True)
class Run:
    """A job that runs.

    Attributes:
        alone: none may be begun beside it.
        left: it has left the GPU.
    """

    alone: bool
    cancel: asyncio.Event = field(default_factory=asyncio.Event)
    left: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def leaves_room(self) -> bool:
        """Whether another may be begun beside it."""
        return self.left and not self.alone


class Runs:
    """The jobs that run: one, or two where the engine takes two."""

    def __init__(self, at_once: Callable[[], int]) -> None:
        """Make it without any.

        Args:
            at_once: how many the engine takes at once, as of now.
        """
        self._at_once = at_once
        self._running: dict[JobId, Run] = {}
        self._stirred = asyncio.Event()
        self.halted = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()

    def __bool__(self) -> bool:
        """Whether any runs."""
        return bool(self._running)

    async def begin(
        self, job: JobId, work: Callable[[Run], Coroutine[object, object, None]], *, alone: bool
    ) -> None:
        """Begin to work on a job.

        Args:
            job: of which nothing runs.
            work: sees it to its end.
            alone: it is begun when no other runs, and none is begun beside it.
        """
        while alone and self._running and not self.halted.is_set():
            await self.stirred()
        run = self._running[job] = Run(alone=alone)
        if self.halted.is_set():
            run.cancel.set()
        run.task = asyncio.create_task(work(run), name=f"job {job}")
        run.task.add_done_callback(partial(self._ended, job))

    def _ended(self, job: JobId, task: asyncio.Task[None]) -> None:
        del self._running[job]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("job %s came to no end", job, exc_info=error)
        self.stir()
        self.settle()

    async def room(self) -> None:
        """Wait until another job may be begun."""
        while self._running and not self._has_room():
            await self.stirred()

    def _has_room(self) -> bool:
        runs = self._running.values()
        return len(runs) < self._at_once() and all(run.leaves_room for run in runs)

    def moved(self, run: Run, stage: Stage) -> bool:
        """A run has come to a stage. Whether there is room for another now."""
        run.left = stage in LEFT_THE_GPU
        room = run.left and self._has_room()
        if room:
            self.stir()
        return room

    def stir(self) -> None:
        """Wake who waits for a change."""
        self._stirred.set()

    async def stirred(self, seconds: float | None = None) -> None:
        """Wait for a run to move or to end, for a request, or for a stop; so many seconds at most."""
        self._stirred.clear()
        if seconds is None:
            await self._stirred.wait()
        else:
            await wait_at_most(self._stirred, seconds)

    def cancel(self, job: JobId) -> None:
        """Ask a job to stop, if it runs."""
        if (run := self._running.get(job)) is not None:
            run.cancel.set()

    def halt(self) -> None:
        """Ask all to stop, and all that will be begun."""
        self.halted.set()
        self.stir()
        for run in self._running.values():
            run.cancel.set()

    async def abandon(self) -> None:
        """Cancel the tasks of all, and wait for their ends."""
        tasks = [run.task for run in self._running.values() if run.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def settle(self) -> None:
        """Say that all is idle, if none runs."""
        if not self._running:
            self.idle.set()
