"""How a claim ends that brought no clip, and what that says of the engine.

Each seat has its own: what goes wrong with one engine is not held against another.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable

from bot.loops.absence import Absence, AbsencePolicy
from bot.loops.gpu_faults import GpuFaults
from bot.ops.redaction import hushed
from bot.ops.shortages import Shortages, Strikes, Where
from bot.signals import JobSignals
from bot.text.foreign import disarm
from bot.text.wording import in_words, speaking
from db.errors import DatabaseError
from db.jobs.claims import COUNTED, Claims, Requeue
from db.jobs.faults import place_of
from db.jobs.interruptions import StumbleLimits
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.states import JobId, State
from engine.core.errors import (
    Away,
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
from engine.core.shortages import Shortage

log = logging.getLogger(__name__)

ENGINE_DOWN_PAUSE = 10.0
"""Seconds between two tries with an engine that cannot work at all."""

TROUBLE_PAUSE = 1.0
"""After an error of our own, so that it cannot spin."""

LAST_TROUBLE_PAUSE = 60.0
"""The longest of them: it is doubled with each fault that the same job has met."""

Others = Callable[[JobId, str], Awaitable[bool]]
"""Whether another place is there that has not failed in a job, beside the one that fails in it now."""


async def no_others(job: JobId, place: str) -> bool:
    """Nothing else draws."""
    del job, place
    return False


class MachineAtFault(EngineError):
    """What ended a render is the doing of a machine elsewhere, as far as can be told; the text says what."""


class Outcomes:
    """Records the ends of one seat's claims.

    Attributes:
        gpu: faults of its GPU.
        absence: whether what it draws with can be reached.
    """

    def __init__(
        self,
        seat: str,
        *,
        claims: Claims,
        jobs: JobQueries,
        stumbles: StumbleLimits,
        shortages: Shortages,
        absences: AbsencePolicy,
        others: Others = no_others,
        signals: JobSignals,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            seat: the seat's name.
            claims: takes what became of jobs.
            jobs: knows what a job's row says now.
            stumbles: when a job in which the engine ended goes last, and when it is set aside.
            shortages: told what the machine is short of.
            absences: how long is waited for what can't be reached.
            others: tells whether a job has been failed in by all that could draw it.
            signals: told what became of a job.
            clock: returns Unix seconds.
        """
        self._seat = seat
        self._claims = claims
        self._jobs = jobs
        self._stumbles = stumbles
        self._others = others
        self._shortages = shortages
        self._signals = signals
        self._strikes = Strikes()
        self.gpu = GpuFaults(clock)
        self.absence = Absence(absences, clock=clock)

    @property
    def short(self) -> Shortage | None:
        """What the seat's jobs wait for because the machine is short of it; None: nothing."""
        return self._shortages.at(Where.ENGINE, seat=self._seat)

    def short_of(self, error: Exception) -> Shortage | None:
        """Note what the machine ran short of; None: the error says nothing of the kind."""
        return self._shortages.met(Where.ENGINE, error, seat=self._seat)

    def short_pause(self) -> float:
        """Seconds until the next try, while the machine is short of something."""
        return self._shortages.pause(Where.ENGINE, seat=self._seat)

    def last(self) -> list[JobId]:
        """The jobs behind which all others go first, because this engine failed in them."""
        return self._strikes.last(self.gpu.suspects)

    def drew(self, job: JobId) -> None:
        """The engine drew a job, so it works."""
        self.gpu.drew(job)
        self.absence.passed()
        self._strikes.drew(job)

    def nothing_short(self) -> None:
        """A job went well to its end."""
        self._shortages.passed(Where.ENGINE, seat=self._seat)

    async def record(self, job: Job, error: Exception, *, give_up: Callable[[], bool]) -> float:
        """Record how a claim ended that brought no clip.

        It is tried until it is written; otherwise the row would say "running" until the next start.

        Args:
            job: the claim's.
            error: what ended it.
            give_up: says whether the bot is about to end, so that it is not tried again.

        Returns:
            Seconds until the engine is tried again.
        """
        while True:
            try:
                return await self._end(job, error)
            except Exception as again:
                if self.short_of(again) is None:
                    log.exception("could not record the end of job %s", job.id)
                if give_up():
                    return 0.0  # the next start finds it running, and gives it back
                await asyncio.sleep(TROUBLE_PAUSE)

    async def _end(self, job: Job, error: Exception) -> float:
        """Record the outcome of a claim that brought no clip; answer with the seconds until the next."""
        ended = isinstance(error, Cancelled | EngineClosed | EngineDied | Away)
        short = None if ended else self.short_of(error)
        if short is not None:
            return await self._ran_short(job, error, short)
        if isinstance(error, UserError | Unsupported | RenderFailed):
            self.absence.passed()  # it answered
        match error:
            case Cancelled():
                await self._stopped(job)
            case EngineClosed():
                await self.requeue(job, Requeue.SHUTDOWN)
                return TROUBLE_PAUSE
            case Away() | MachineAtFault() | EngineDied():
                return await self._gone(job, error)
            case UserError() | Unsupported():
                code = error.code if isinstance(error, UserError) else Code.UNSUPPORTED
                with speaking(job.language):
                    text = disarm(error.said)
                await self._claims.fail(job.id, job.claim, code=code, text=text, worker=job.worker)
            case RenderFailed():
                return await self._answer(job, error)
            case EngineError():
                await self._fail(job, Code.ENGINE, str(error))
            case _:
                return await self._give_back(job, error)
        return 0.0

    async def _stopped(self, job: Job) -> None:
        row = await self._jobs.get(job.id)
        if row is not None and row.cancel_requested:
            await self._claims.finish_cancel(job.id, job.claim, worker=job.worker)
            log.info("job %s is cancelled", job.id)
        else:
            await self.requeue(job, Requeue.SHUTDOWN)
            log.info("job %s goes back to the front of the queue", job.id)

    async def _gone(self, job: Job, error: Away | MachineAtFault | EngineDied) -> float:
        """What draws has ended, cannot be reached, or is broken; as :meth:`_end`."""
        if isinstance(error, Away):
            return await self._is_away(job, error)
        if isinstance(error, MachineAtFault):
            return await self._machine_failed(job, str(error))
        await self._crashed(job, error)
        return 0.0

    async def _crashed(self, job: Job, error: EngineDied) -> None:
        log.error("job %s: %s\n%s", job.id, error, hushed(error.last_words, job))
        self._strikes.failed(job.id)
        await self.requeue(job, Requeue.KILLED if isinstance(error, EngineKilled) else Requeue.CRASH)

    async def _machine_failed(self, job: Job, words: str) -> float:
        """A machine failed: the job waits at the front, at no cost, and the machine rests."""
        pause = self.machine_ended(job.id)
        log.error(
            "job %s failed at %s, %d in a row: %s", job.id, self._seat, self.gpu.in_a_row, hushed(words, job)
        )
        await self.requeue(job, Requeue.FAULT)
        return pause

    def machine_ended(self, job: JobId) -> float:
        """A machine elsewhere ended or failed in a job. Returns the seconds for which it is given none."""
        self.gpu.met(job)
        self._strikes.failed(job)
        return self.gpu.pause()

    async def _is_away(self, job: Job, error: Away) -> float:
        """What draws it can't be reached: the job waits at the front, and nothing is charged."""
        self.absence.met(error)
        self._strikes.away(job.id)
        await self.requeue(job, Requeue.ENGINE_DOWN)
        self._signals.places_changed()
        return self.absence.pause()

    async def _ran_short(self, job: Job, error: Exception, short: Shortage) -> float:
        """The machine was short of something: the job waits at the front, and nothing is charged."""
        if self._strikes.met(job.id, short):
            self._strikes.forget(job.id)
            code = Code.MEMORY if short is Shortage.MEMORY else Code.ENGINE
            await self._fail(job, code, f"it ran short again and again while others were drawn: {error}")
            return 0.0
        await self.requeue(job, Requeue.ENGINE_DOWN)
        self._signals.places_changed()
        return self.short_pause()

    async def _answer(self, job: Job, error: RenderFailed) -> float:
        """The engine said no: because of this job, of its own state, or of something that can't be known."""
        if error.code == Code.VERSION:
            log.error("the engine cannot be used: %s", error)
            await self.requeue(job, Requeue.ENGINE_DOWN)
            return ENGINE_DOWN_PAUSE
        if error.code == Code.DEVICE:
            to_blame = self.gpu.met(job.id)
            self._strikes.failed(job.id)
            words, count = hushed(error.detail, job), self.gpu.in_a_row
            log.error("job %s hit a GPU fault, %d in a row: %s", job.id, count, words)
            await self.requeue(job, Requeue.PROVEN if to_blame else Requeue.FAULT)
            return self.gpu.pause()
        # What is wrong with weights, the error says in words that are of use to the member.
        with speaking(job.language):
            text = in_words(error.said) if error.code in {Code.WEIGHTS, Code.EXTRACTOR} else None
        await self._fail(job, error.code, f"{error}\n{error.detail}", text=text)
        return 0.0

    async def _fail(self, job: Job, code: str, detail: str, *, text: str | None = None) -> None:
        error_id = secrets.token_hex(4)
        log.error("job %s failed with %s, error id %s: %s", job.id, code, error_id, hushed(detail, job))
        await self._claims.fail(job.id, job.claim, code=code, text=text, error_id=error_id, worker=job.worker)

    async def _give_back(self, job: Job, error: Exception) -> float:
        """An error around the engine: the disk's are not the job's fault, a bug of ours may be its doing."""
        log.error("job %s failed outside the engine", job.id, exc_info=error)
        fault = Requeue.FAULT if isinstance(error, (OSError, DatabaseError)) else Requeue.CRASH
        await self.requeue(job, fault)
        return min(LAST_TROUBLE_PAUSE, TROUBLE_PAUSE * 2.0 ** min(30, sum(job.faults.values())))

    async def requeue(self, job: Job, cause: Requeue) -> None:
        """Give a claim back; see :mod:`db.jobs.interruptions` and :mod:`db.jobs.faults`."""
        state = await self._claims.requeue(
            job.id,
            job.claim,
            cause=cause,
            limits=self._stumbles,
            worker=job.worker,
            spared=cause in COUNTED and await self._others(job.id, place_of(job)),
        )
        if state is not None and state.ended:
            self._strikes.forget(job.id)
            self.gpu.forget(job.id)
        if state is State.FAILED:
            log.error("job %s is over: whatever drew it has failed, again and again", job.id)
