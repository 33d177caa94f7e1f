"""What workers hand in: a clip is fetched, looked at and stored; a failure is written down."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from bot.fleet.account import Holding
from bot.fleet.blame import Blame
from bot.fleet.places import WorkerPlace
from bot.fleet.transfers import Transfers
from bot.link.errors import Declined, WrongContent
from bot.link.failures import error_of
from bot.link.messages import Done, DropReason, Fail, FailKind
from bot.loops.discards import Discards
from bot.loops.finished_clip import HandingIn
from bot.loops.outcomes import MachineAtFault
from bot.loops.render_tally import RenderTally
from db.errors import BlobDamaged
from db.fleet.worker_claims import Standing, WorkerClaims
from db.fleet.workers import Trust, Worker, Workers
from db.jobs.claims import Requeue
from db.jobs.job import Job
from engine.core.errors import Code, EngineDied, UserError
from engine.core.receipt import Receipt
from engine.core.sentence import by_table_text

log = logging.getLogger(__name__)


class Unfit(Exception):
    """What a worker handed in is not what was ordered; the text says why, for the owner."""


class Checks(Protocol):
    """Looks at what machines have drawn that are not the owner's, and makes it anew."""

    async def clip(self, clip: Path, receipt: Receipt, job: Job, worker: Worker) -> tuple[Path, Receipt]:
        """A clip made anew, and a receipt that is true of it.

        Raises:
            Unfit: it is not what was ordered.
            UserError: it is, and it cannot be shown; the text is for the member.
        """
        ...

    async def draft(self, mp4: bytes, job: Job) -> bytes:
        """A first look made anew. Raises Unfit."""
        ...

    async def sheet(self, jpeg: bytes) -> bytes:
        """The picture of a discarded take made anew. Raises Unfit."""
        ...


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What came of a claim's end.

    Attributes:
        pause: seconds until the worker is given another job.
        unfit: why its clip was not taken; "": it was, or there was none.
    """

    verdict: DropReason
    pause: float = 0.0
    unfit: str = ""


class Results:
    """Takes what workers hand in."""

    def __init__(
        self,
        *,
        claims: WorkerClaims,
        workers: Workers,
        transfers: Transfers,
        handing_in: HandingIn,
        discards: Discards,
        tally: RenderTally,
        checks: Checks | None,
        blame: Blame,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            claims: know what a claim has come to.
            workers: count what came of each.
            transfers: fetch clips.
            handing_in: stores clips.
            discards: have the pictures of discarded takes.
            tally: counts what was drawn.
            checks: look at what strangers' machines drew; None: nothing of theirs is taken.
            blame: tells whether a failure is held against the job.
            clock: returns Unix seconds.
        """
        self._claims = claims
        self._workers = workers
        self._transfers = transfers
        self._handing_in = handing_in
        self._discards = discards
        self._tally = tally
        self._checks = checks
        self._blame = blame
        self._gave_back = Blame()
        self._clock = clock

    @property
    def takes_strangers(self) -> bool:
        """Whether machines that are not the owner's may draw: what they draw is looked at."""
        return self._checks is not None

    async def settle(self, place: WorkerPlace, holding: Holding, *, give_up: Callable[[], bool]) -> Settled:
        """See the end of a claim through.

        Raises:
            LinkError: it could not be fetched now; it may be tried again.
            OSError, DatabaseError: it could not be stored now; likewise.
        """
        told = holding.told
        if told is None or (told.done is None and told.fail is None):
            return await self._unfit(place, holding, "it says that a job has ended, and not how")
        await self._discards.put_by(holding.job)
        if told.done is None:
            assert told.fail is not None  # noqa: S101 - looked at above
            return await self._failed(place, holding, told.fail, give_up)
        try:
            kept = await self._take(place, holding, told.done)
        except (Unfit, WrongContent, Declined) as error:
            return await self._unfit(place, holding, str(error))
        except UserError as error:  # the worker did its part
            await place.outcomes.record(holding.job, error, give_up=give_up)
            return Settled(verdict=DropReason.FAILED)
        place.outcomes.nothing_short()
        if kept:
            await self._workers.took(place.worker.id)
            return Settled(verdict=DropReason.KEPT)
        standing, _ = await self._claims.standing(holding.claim)
        verdicts = {Standing.KEPT: DropReason.KEPT, Standing.CANCELLED: DropReason.CANCELLED}
        return Settled(verdict=verdicts.get(standing, DropReason.STALE))

    async def _take(self, place: WorkerPlace, holding: Holding, done: Done) -> bool:
        job, limit = holding.job, 0 if holding.order is None else holding.order.limits.max_bytes
        if not 0 < done.size <= limit:
            raise Unfit(f"a clip of {done.size} bytes, where {limit} are allowed")
        receipt = _receipt_of(done)
        clip = await self._transfers.clip(holding.claim, done)
        holding.fetching = None
        adopted = False
        try:
            if holding.trust is not Trust.OWN:
                if self._checks is None:
                    raise Unfit("clips of machines that are not the owner's are not taken here")
                clip, receipt = await self._checks.clip(clip, receipt, job, place.worker)
                receipt = within(receipt, self._clock() - (job.started_at or self._clock()))
            self._tally.add(receipt)
            place.outcomes.drew(job.id)
            self._blame.drew(job.id, place.worker.id)
            self._gave_back.drew(job.id, place.worker.id)
            kept = await self._handing_in.take(job, clip, receipt)
            adopted = True  # it was moved away, whether it was kept or not
        except BlobDamaged as error:
            raise Unfit("the clip is not the one that its receipt speaks of") from error
        finally:
            if not adopted:
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(clip.unlink, missing_ok=True)
        return kept

    async def _failed(
        self, place: WorkerPlace, holding: Holding, fail: Fail, give_up: Callable[[], bool]
    ) -> Settled:
        pause = await place.outcomes.record(
            holding.job, self._meaning(place.worker, holding, fail), give_up=give_up
        )
        return Settled(verdict=DropReason.FAILED, pause=pause)

    def _meaning(self, worker: Worker, holding: Holding, fail: Fail) -> Exception:
        """What a failure is, as far as the bot believes it."""
        job = holding.job
        error, words = error_of(fail), f"{fail.kind} {fail.code}: {fail.text}\n{fail.detail}"
        if fail.code in {Code.DEVICE, Code.VERSION}:
            return MachineAtFault(words)
        if fail.kind is FailKind.SHUTDOWN and not self._gave_back.falls_on(job.id, worker.id):
            return MachineAtFault(f"it gives the job back again and again: {words}")
        if holding.trust is not Trust.OWN and fail.kind not in TAKEN_AT_THEIR_WORD:
            # What members read, and whether a job fails for good, no stranger says.
            error = MachineAtFault(words) if fail.kind == FailKind.SHORTAGE else EngineDied(None, words)
        if isinstance(error, EngineDied) and not self._blame.falls_on(job.id, worker.id):
            return MachineAtFault(words)
        return error

    async def _unfit(self, place: WorkerPlace, holding: Holding, why: str) -> Settled:
        """The job goes to the front, at no cost."""
        log.warning("job %s: what %s handed in is not taken: %s", holding.job.id, place.seat.name, why)
        await place.outcomes.requeue(holding.job, Requeue.BAD)
        return Settled(verdict=DropReason.BAD, unfit=why)


TAKEN_AT_THEIR_WORD = frozenset({FailKind.KILLED, FailKind.SHUTDOWN})
"""Kinds of failures that put the job back and cost it nothing."""


def _receipt_of(done: Done) -> Receipt:
    try:
        receipt = Receipt.from_json(done.receipt).spoken(by_table_text(done.sentences))
        if (receipt.sha256, receipt.size) != (done.sha256, done.size):
            raise Unfit("the receipt speaks of another clip")
        if not all(seconds >= 0 for seconds in receipt.seconds.values()):
            raise Unfit("the receipt has negative times")
    except (ValueError, TypeError, AttributeError) as error:
        raise Unfit(f"the receipt cannot be read: {error}") from error
    return receipt


def within(receipt: Receipt, seconds: float) -> Receipt:
    """The same receipt, if it tells of no more seconds than have passed; else with its times cut to them."""
    busy, seconds = receipt.busy_seconds, max(0.0, seconds)
    if busy <= seconds:
        return receipt
    share = seconds / busy
    return replace(
        receipt,
        seconds={stage: spent * share for stage, spent in receipt.seconds.items()},
        takes=tuple(replace(take, seconds=take.seconds * share) for take in receipt.takes),
    )
