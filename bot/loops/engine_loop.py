"""The engine loop: claim, render, record, hand over to delivery, with no pause between.

Each seat has a loop of its own. What goes wrong with one engine makes its own loop pause, and no other.

Where the engine takes two renders at once, the next job is claimed when the one that runs leaves the GPU. A
job in which an engine has ended runs alone, so that it is known whose doing the next end is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from functools import partial

from bot.job_documents import recipe_of
from bot.job_progress import JobProgress
from bot.loops.discards import Discards
from bot.loops.finished_clip import HandingIn
from bot.loops.first_looks import FirstLook
from bot.loops.outcomes import Outcomes
from bot.loops.render_tally import RenderTally
from bot.loops.runs import Pauses, Run, Runs
from bot.seats import Seat, SeatSeen
from bot.signals import JobSignals
from bot.supervisor import Loop, wait_at_most
from db.files import Blobs
from db.jobs.claims import Claims, Requeue
from db.jobs.job import Job
from db.jobs.retention import Retention
from db.jobs.sheets import Sheets
from db.states import JobId
from engine.core.events import Draft, Event, Progress
from engine.families import LOADING
from engine.rendering.limits import RenderLimits

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""An event wakes the loop at once; a row without an event is found this soon."""


async def nothing_left(seat: str) -> Collection[JobId]:
    """There are no others."""
    del seat
    return ()


class EngineLoop:
    """Runs the jobs of one seat through its engine.

    Attributes:
        seat: whose jobs it runs.
        outcomes: records how they end, and what goes wrong with its engine.
        progress: how far each of its jobs is.
        claimed: the number under which each of them runs.
        drafts: the latest first look of each of them.
        tally: counts what was drawn, by all loops together.
        pauses: how long its engine stood idle while more waited.
    """

    def __init__(
        self,
        *,
        claims: Claims,
        sheets: Sheets,
        retention: Retention,
        blobs: Blobs,
        seat: Seat,
        limits_for: Callable[[Job], Awaitable[RenderLimits]],
        outcomes: Outcomes,
        signals: JobSignals,
        tally: RenderTally,
        name: str = "engine loop",
        others: Iterable[SeatSeen] = (),
        may_claim: Callable[[], bool] = lambda: True,
        left_to_others: Callable[[str], Awaitable[Collection[JobId]]] = nothing_left,
        loads: Collection[str] = LOADING,
    ) -> None:
        """Make one.

        Args:
            claims: hands out jobs, and takes what became of them.
            sheets: keeps pictures of discarded takes.
            retention: knows which files rows name.
            blobs: where pictures and clips are.
            seat: where clips are made, and which.
            limits_for: what a job may spend; the size limit is the server's.
            outcomes: records how jobs end; the seat's own.
            signals: says when there may be a job, and is told what became of it.
            tally: counts what was drawn.
            name: the loop's.
            others: all seats, whenever it goes through them. While its own engine is not ready, it leaves the
                jobs to those that are.
            may_claim: asked before each claim; False: no job is begun.
            left_to_others: the jobs in which this seat has failed, while others are there that have not.
            loads: the engines whose models take a while to load, so that what is loaded is drawn first.
        """
        self._claims = claims
        self._blobs = blobs
        self._handing_in = HandingIn(claims=claims, retention=retention, blobs=blobs, signals=signals)
        self.seat = seat
        self._others = others
        self._limits_for = limits_for
        self.outcomes = outcomes
        self._may_claim = may_claim
        self._left_to_others = left_to_others
        self._loads = loads
        self._signals = signals
        self.loop = Loop(name, self._next_job, every=POLL_SECONDS)
        self._runs = Runs(lambda: seat.engine.at_once)
        self.progress: dict[JobId, JobProgress] = {}
        self.claimed: dict[JobId, int] = {}
        self._resident = ""
        self.drafts: dict[JobId, FirstLook] = {}
        self._discards = Discards(sheets=sheets, retention=retention, blobs=blobs)
        self.tally = tally
        self.pauses = Pauses()
        signals.queued.connect(self.loop.wake)
        signals.queued.connect(self._runs.stir)
        signals.cancel_requested.connect(self.cancel)

    def cancel(self, job: JobId) -> None:
        """Ask a job to stop, if it runs."""
        self._runs.cancel(job)

    async def _next_job(self) -> bool:
        """Claim a job and work on it until there is room for another. False if none waits and none runs."""
        self._runs.idle.clear()  # a claim on its way counts as work, so that stop() waits for its end
        try:
            await self._runs.room()
            job = None if self.loop.stopping else await self._claim()
            if job is None:
                self.pauses.forget()
                if self._runs:
                    await self._runs.stirred(POLL_SECONDS)
            elif self.loop.stopping:
                await self.outcomes.requeue(job, Requeue.SHUTDOWN)
            else:
                await self._runs.begin(job.id, partial(self._work, job), alone=self._must_run_alone(job))
                await self._runs.room()
            return job is not None or bool(self._runs)
        except asyncio.CancelledError:
            await self._runs.abandon()
            raise
        finally:
            self._runs.settle()

    async def _claim(self) -> Job | None:
        """The next job. None: there is none, or what the machine is short of keeps it from being claimed."""
        if not self._may_claim() or self.seat.left_out is not None or self._leaves_it_to_others():
            return None
        try:
            return await self._claims.claim(
                lane=self.seat.lane,
                engines=self.seat.draws(),
                unable=await self.seat.unable(),
                seat=self.seat.name,
                last=self.outcomes.last(),
                left=await self._left_to_others(self.seat.name),
                resident=self._resident,
            )
        except Exception as error:
            if self.outcomes.short_of(error) is None:
                raise
            self._signals.places_changed()
            await self._back_off(self.outcomes.short_pause())
            return None

    def _leaves_it_to_others(self) -> bool:
        """Whether its engine is not ready while that of another seat is: a job need not wait for this one."""
        if self.seat.is_ready:
            return False
        beside = (other for other in self._others if other.lane == self.seat.lane)
        return any(other is not self.seat and other.is_ready for other in beside)

    async def stop(self, grace: float) -> None:
        """Claim nothing more, give the running jobs a moment, then put them back at the front."""
        self.loop.stop()
        self._runs.stir()
        await wait_at_most(self._runs.idle, grace)
        self._runs.halt()
        await self._runs.idle.wait()

    def _must_run_alone(self, job: Job) -> bool:
        """Whether an engine has ended in it, or was short of something."""
        return job.crashes + job.restarts > 0 or job.id in self.outcomes.last()

    @asynccontextmanager
    async def _at_work_on(self, job: Job) -> AsyncIterator[None]:
        self.claimed[job.id] = job.claim
        self.progress[job.id] = JobProgress(stage="preparing", fraction=0.0, take=1)
        self._signals.changed(job.id)
        self._signals.places_changed()
        try:
            yield
        finally:
            self.progress.pop(job.id, None)
            self.claimed.pop(job.id, None)
            self.drafts.pop(job.id, None)
            self._signals.changed(job.id)

    async def _work(self, job: Job, run: Run) -> None:
        """See one claim to its end. Every outcome is written to the row, fenced by the claim number."""
        pause = 0.0
        async with self._at_work_on(job):
            try:
                await self._render(job, run)
            except asyncio.CancelledError:
                await self.outcomes.requeue(job, Requeue.SHUTDOWN)
                raise
            except Exception as error:  # noqa: BLE001 - every one is some end of the job, and is logged there
                run.left = False  # what went wrong may concern the next job, too
                pause = await self.outcomes.record(job, error, give_up=lambda: self.loop.stopping)
        await self._back_off(pause)  # another seat may be drawing the job by now

    async def _render(self, job: Job, run: Run) -> None:
        recipe = recipe_of(job)
        inputs = {role: self._blobs.path(sha256) for role, sha256 in job.inputs.items()}
        limits = await self._limits_for(job)
        self.pauses.end()
        try:
            rendered = await self.seat.engine.render(
                recipe,
                inputs,
                job=job.id,
                limits=limits,
                on_event=lambda event: self._hear(job, run, event),
                cancel=run.cancel,
            )
        finally:
            await self._discards.put_by(job)
        self.pauses.begin()
        self._resident = recipe.engine if recipe.engine in self._loads else ""
        self.tally.add(rendered.receipt)
        self.outcomes.drew(job.id)
        try:
            await self._handing_in.take(job, rendered.path, rendered.receipt)
        finally:
            self.seat.engine.discard(rendered)
        self.outcomes.nothing_short()

    def _hear(self, job: Job, run: Run, event: Event) -> None:
        if isinstance(event, Progress):
            if self._runs.moved(run, event.stage):
                self.pauses.begin()
            self.progress[job.id] = JobProgress(stage=event.stage, fraction=event.fraction, take=event.take)
        elif isinstance(event, Draft):
            with contextlib.suppress(OSError):  # the render has ended meanwhile, and the draft with it
                self.drafts[job.id] = FirstLook(take=event.take, mp4=event.path.read_bytes())
        else:
            self.drafts.pop(job.id, None)
            self._discards.hear(job.id, event)
            reasons = "; ".join(event.take.reasons)
            log.info("job %s: take %d did not pass: %s", job.id, event.take.number, reasons)
        self._signals.changed(job.id)

    async def _back_off(self, seconds: float) -> None:
        if seconds <= 0:
            return
        self.seat.resting = True
        try:
            await wait_at_most(self._runs.halted, seconds)  # a stop need not wait for it
        finally:
            self.seat.resting = self.seat.left_out is not None
