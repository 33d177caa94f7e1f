"""The engine loop: claim, render, record, hand over to delivery, with no pause between.

Where the engine takes two renders at once, the next job is claimed when the one that runs leaves the GPU. A
job in which an engine has ended runs alone, so that it is known whose doing the next end is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from bot.job_documents import recipe_of
from bot.loops.discards import Discards, drop_unnamed
from bot.loops.gpu_faults import GpuFaults
from bot.loops.previews import FirstLook, JobProgress
from bot.loops.render_tally import RenderTally
from bot.loops.runs import Pauses, Run, Runs, noting_progress
from bot.ops.redaction import hushed, without_quotes
from bot.ops.shortages import Place, Shortages, Strikes
from bot.seats import Engine
from bot.signals import JobSignals
from bot.supervisor import Loop, wait_at_most
from bot.text.foreign import disarm
from db.errors import DatabaseError
from db.files import Blobs
from db.jobs.claims import Claims, Requeue
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.jobs.retention import Retention
from db.jobs.stumbles import StumbleLimits
from db.jobs.take_previews import TakePreviews
from db.states import JobId
from engine.core.errors import (
    Cancelled,
    Code,
    EngineClosed,
    EngineDied,
    EngineError,
    EngineKilled,
    RenderFailed,
    Unsupported,
    UserError,
)
from engine.core.events import Draft, Event, Progress
from engine.core.shortages import Shortage
from engine.rendering.limits import RenderLimits

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""An event wakes the loop at once; a row without an event is found this soon."""

WRONG_VERSION = "E_VERSION"
BROKEN_DEVICE = "E_DEVICE"

ENGINE_DOWN_PAUSE = 10.0
"""Seconds between two tries with an engine that cannot work at all."""

TROUBLE_PAUSE = 1.0
"""After an error of our own, so that it cannot spin."""


class EngineLoop:
    """Runs jobs through the engine."""

    def __init__(
        self,
        *,
        claims: Claims,
        jobs: JobQueries,
        take_previews: TakePreviews,
        retention: Retention,
        blobs: Blobs,
        engine: Engine,
        limits_for: Callable[[Job], Awaitable[RenderLimits]],
        stumbles: StumbleLimits,
        shortages: Shortages,
        signals: JobSignals,
        clock: Callable[[], float],
        may_claim: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make one.

        Args:
            claims: hands out jobs, and takes what became of them.
            jobs: knows what a job's row says now.
            take_previews: keeps pictures of discarded takes.
            retention: knows which files rows name.
            blobs: where pictures and clips are.
            engine: where clips are made.
            limits_for: what a job may spend; the size limit is the server's.
            stumbles: when a job in which the engine ended goes last, and when it is set aside.
            shortages: told what the machine is short of.
            may_claim: asked before each claim; False: no job is begun.
            signals: says when there may be a job, and is told what became of it.
            clock: returns Unix seconds.
        """
        self._claims = claims
        self._jobs = jobs
        self._retention = retention
        self._blobs = blobs
        self._engine = engine
        self._limits_for = limits_for
        self._stumbles = stumbles
        self._shortages = shortages
        self._strikes = Strikes()
        self._may_claim = may_claim
        self._signals = signals
        self.loop = Loop("engine loop", self._next_job, every=POLL_SECONDS)
        self._runs = Runs(lambda: engine.at_once)
        self.progress: dict[JobId, JobProgress] = {}
        self.drafts: dict[JobId, FirstLook] = {}
        self.gpu = GpuFaults(clock)
        self._discards = Discards(take_previews=take_previews, retention=retention, blobs=blobs)
        self.tally = RenderTally()
        self._pauses = Pauses()
        signals.queued.connect(self.loop.wake)
        signals.queued.connect(self._runs.stir)
        signals.cancel_requested.connect(self.cancel)

    def cancel(self, job: JobId) -> None:
        """Ask a job to stop, if it runs."""
        self._runs.cancel(job)

    def idle(self, share: float) -> float:
        """Seconds between two jobs while more waited; a share of all pauses is shorter. 0.95 for the p95."""
        return self._pauses.quantile(share)

    async def _next_job(self) -> bool:
        """Claim a job and work on it until there is room for another. False if none waits and none runs."""
        self._runs.idle.clear()  # a claim on its way counts as work, so that stop() waits for its end
        try:
            await self._runs.room()
            job = None if self.loop.stopping else await self._claim()
            if job is None:
                self._pauses.forget()
                if self._runs:
                    await self._runs.stirred(POLL_SECONDS)
            elif self.loop.stopping:
                await self._requeue(job, Requeue.SHUTDOWN)
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
        if not self._may_claim():
            return None
        try:
            return await self._claims.claim(last=self._strikes.last(self.gpu.suspects))
        except Exception as error:
            if self._shortages.met(Place.ENGINE, error) is None:
                raise
            self._signals.places_changed()
            await self._back_off(self._shortages.pause(Place.ENGINE))
            return None

    async def stop(self, grace: float) -> None:
        """Claim nothing more, give the running jobs a moment, then put them back at the front."""
        self.loop.stop()
        self._runs.stir()
        await wait_at_most(self._runs.idle, grace)
        self._runs.halt()
        await self._runs.idle.wait()

    def _must_run_alone(self, job: Job) -> bool:
        """Whether an engine has ended in it, or was short of something."""
        return job.crashes + job.restarts > 0 or job.id in self._strikes.last(self.gpu.suspects)

    @asynccontextmanager
    async def _at_work_on(self, job: Job) -> AsyncIterator[None]:
        self.progress[job.id] = JobProgress(stage="preparing", fraction=0.0, take=1)
        self._signals.changed(job.id)
        self._signals.places_changed()
        try:
            yield
        finally:
            self.progress.pop(job.id, None)
            self.drafts.pop(job.id, None)
            self._signals.changed(job.id)

    async def _work(self, job: Job, run: Run) -> None:
        """See one claim to its end. Every outcome is written to the row, fenced by the claim number."""
        noting = noting_progress(job, self._claims, self._jobs, live=self.progress, cancel=run.cancel)
        async with self._at_work_on(job), noting:
            try:
                await self._render(job, run)
            except asyncio.CancelledError:
                await self._requeue(job, Requeue.SHUTDOWN)
                raise
            except Exception as error:  # noqa: BLE001 - every one is some end of the job, and is logged there
                run.left = False  # what went wrong may concern the next job, too
                await self._end_for_sure(job, error)

    async def _end_for_sure(self, job: Job, error: Exception) -> None:
        """Try until it is written; otherwise the row would say "running" until the next start."""
        while True:
            try:
                await self._end(job, error)
            except Exception as again:
                if self._shortages.met(Place.ENGINE, again) is None:
                    log.exception("could not record the end of job %s", job.id)
                if self.loop.stopping:
                    return  # the next start finds it running, and gives it back
                await self._pause()
            else:
                return

    async def _end(self, job: Job, error: Exception) -> None:
        """Record the outcome of a claim that brought no clip."""
        ended = isinstance(error, Cancelled | EngineClosed | EngineDied)
        short = None if ended else self._shortages.met(Place.ENGINE, error)
        if short is not None:
            await self._ran_short(job, error, short)
            return
        match error:
            case Cancelled():
                await self._stopped(job)
            case EngineClosed():
                await self._requeue(job, Requeue.SHUTDOWN)
                await self._pause()
            case EngineDied():
                await self._crashed(job, error)
            case UserError() | Unsupported():
                await self._claims.fail(job.id, job.claim, code="E_UNSUPPORTED", text=disarm(str(error)))
            case RenderFailed():
                await self._answer(job, error)
            case EngineError():
                await self._fail(job, "E_ENGINE", str(error))
            case _:
                await self._give_back(job, error)

    async def _pause(self) -> None:
        if not self.loop.stopping:
            await asyncio.sleep(TROUBLE_PAUSE)

    async def _render(self, job: Job, run: Run) -> None:
        recipe = recipe_of(job)
        inputs = {role: self._blobs.path(sha256) for role, sha256 in job.inputs.items()}
        limits = await self._limits_for(job)
        self._pauses.end()
        try:
            rendered = await self._engine.render(
                recipe,
                inputs,
                job=job.id,
                limits=limits,
                on_event=lambda event: self._hear(job, run, event),
                cancel=run.cancel,
            )
        finally:
            await self._discards.put_by(job)
        self._pauses.begin()
        self.tally.add(rendered.receipt)
        self.gpu.drew(job.id)
        self._strikes.drew(job.id)
        receipt = rendered.receipt
        try:
            with self._blobs.in_hand():
                await asyncio.to_thread(self._blobs.adopt, rendered.path, receipt.sha256)
                kept = await self._claims.hand_in(
                    job.id,
                    job.claim,
                    clip_sha256=receipt.sha256,
                    clip_size=receipt.size,
                    receipt=receipt.to_json(),
                    gpu_seconds=receipt.busy_seconds,
                    charged_seconds=receipt.charged_seconds,
                )
        finally:
            self._engine.discard(rendered)
        self._shortages.passed(Place.ENGINE)
        if kept:
            log.info("job %s is rendered in %.1f s", job.id, receipt.busy_seconds)
            for given_up in receipt.ladder:
                log.info("job %s: %s", job.id, without_quotes(given_up))
            self._signals.rendered()
        else:
            log.warning("job %s came back under an old claim; its clip is dropped", job.id)
            await drop_unnamed(self._blobs, self._retention, {receipt.sha256})

    def _hear(self, job: Job, run: Run, event: Event) -> None:
        if isinstance(event, Progress):
            if self._runs.moved(run, event.stage):
                self._pauses.begin()
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

    async def _stopped(self, job: Job) -> None:
        row = await self._jobs.get(job.id)
        if row is not None and row.cancel_requested:
            await self._claims.finish_cancel(job.id, job.claim)
            log.info("job %s is cancelled", job.id)
        else:
            await self._requeue(job, Requeue.SHUTDOWN)
            log.info("job %s goes back to the front of the queue", job.id)

    async def _crashed(self, job: Job, error: EngineDied) -> None:
        log.error("job %s: %s\n%s", job.id, error, hushed(error.last_words, job))
        self._strikes.failed(job.id)
        await self._requeue(job, Requeue.KILLED if isinstance(error, EngineKilled) else Requeue.CRASH)

    async def _ran_short(self, job: Job, error: Exception, short: Shortage) -> None:
        """The machine was short of something: the job waits at the front, and nothing is charged."""
        if self._strikes.met(job.id, short):
            self._strikes.forget(job.id)
            code = Code.MEMORY if short is Shortage.MEMORY else Code.ENGINE
            await self._fail(job, code, f"it ran short again and again while others were drawn: {error}")
            return
        await self._requeue(job, Requeue.ENGINE_DOWN)
        self._signals.changed(job.id)
        self._signals.places_changed()
        await self._back_off(self._shortages.pause(Place.ENGINE))

    async def _answer(self, job: Job, error: RenderFailed) -> None:
        """The engine said no: because of this job, of its own state, or of something that can't be known."""
        if error.code == WRONG_VERSION:
            log.error("the engine cannot be used: %s", error)
            await self._requeue(job, Requeue.ENGINE_DOWN)
            await self._back_off(ENGINE_DOWN_PAUSE)
        elif error.code == BROKEN_DEVICE:
            to_blame = self.gpu.met(job.id)
            self._strikes.failed(job.id)
            words, count = hushed(error.detail, job), self.gpu.in_a_row
            log.error("job %s hit a GPU fault, %d in a row: %s", job.id, count, words)
            await self._requeue(job, Requeue.PROVEN if to_blame else Requeue.ENGINE_DOWN)
            await self._back_off(self.gpu.pause())
        else:
            # What is wrong with weights, the error says in words that are of use to the member.
            text = str(error) if error.code in {Code.WEIGHTS, Code.EXTRACTOR} else None
            await self._fail(job, error.code, f"{error}\n{error.detail}", text=text)

    async def _back_off(self, seconds: float) -> None:
        await wait_at_most(self._runs.halted, seconds)  # a stop need not wait for it

    async def _fail(self, job: Job, code: str, detail: str, *, text: str | None = None) -> None:
        error_id = secrets.token_hex(4)
        log.error("job %s failed with %s, error id %s: %s", job.id, code, error_id, hushed(detail, job))
        await self._claims.fail(job.id, job.claim, code=code, text=text, error_id=error_id)

    async def _give_back(self, job: Job, error: Exception) -> None:
        """An error around the engine: the disk's are not the job's fault, a bug of ours may be its doing."""
        log.error("job %s failed outside the engine", job.id, exc_info=error)
        fault = Requeue.ENGINE_DOWN if isinstance(error, (OSError, DatabaseError)) else Requeue.CRASH
        await self._pause()
        await self._requeue(job, fault)

    async def _requeue(self, job: Job, cause: Requeue) -> None:
        await self._claims.requeue(job.id, job.claim, cause=cause, limits=self._stumbles)
