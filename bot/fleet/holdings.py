"""The claims that workers have, from the order to the verdict.

Every end goes to the row first, fenced by job, number and worker. Then the worker is told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bot.fleet.account import Holding, Key
from bot.fleet.known_worker import FleetParts, Helper
from bot.fleet.leases import Leases
from bot.fleet.policy import FleetPolicy
from bot.fleet.results import Settled
from bot.job_progress import JobProgress
from bot.link.errors import LinkError
from bot.link.messages import DropReason, Heard, HeldState, Order
from db.errors import DatabaseError
from db.fleet.worker_claims import Claim
from db.jobs.claims import Requeue
from db.jobs.job import Job
from engine.core.recipe import Stage

log = logging.getLogger(__name__)

BAD_CLIPS = "no clip of it could be taken, again and again"


async def _unsaid(worker: str, message: Any) -> None:
    """Nobody listens yet."""


class Holdings:
    """Gives claims to workers and takes them back.

    Attributes:
        leases: how long each claim may be silent.
        says: tells a worker something in haste.
        put_out: lets a worker come no more; why.
        stopping: the bot ends.
    """

    def __init__(self, parts: FleetParts, policy: FleetPolicy, *, epoch: str) -> None:
        """Make it without any claim."""
        self._parts = parts
        self._policy = policy
        self._epoch = epoch
        self.leases = Leases(policy)
        self.says: Callable[[str, Any], Awaitable[None]] = _unsaid
        self.put_out: Callable[[str, str], Awaitable[None]] = _unsaid
        self.stopping = False
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Do something beside; what it raises is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            level = logging.DEBUG if isinstance(error, LinkError) else logging.ERROR
            log.log(level, "work for a worker failed", exc_info=error)

    async def stop(self) -> None:
        """Begin nothing more, and leave what workers draw to them: the next start takes it up."""
        self.stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hold(self, helper: Helper, job: Job, order: Order) -> Holding:
        """A worker has a claim from now on."""
        claim = Claim(job=job.id, number=job.claim, worker=helper.place.worker.id)
        helper.given.add(claim)
        self.leases.name(claim)
        helper.place.progress[job.id] = JobProgress(stage=Stage.PREPARING, fraction=0.0, take=1)
        holding = helper.account.give(claim, job, order, time.monotonic())
        self._note_busy(helper)
        self._parts.signals.changed(job.id)
        self._parts.signals.places_changed()
        return holding

    def show(self, helper: Helper, holding: Holding) -> None:
        """A worker told how far a claim is."""
        told = holding.told
        if told is None or holding.job.id not in helper.place.progress:
            return
        known = told.state is HeldState.RUN and told.stage in set(Stage)
        helper.place.progress[holding.job.id] = JobProgress(
            stage=told.stage if known else Stage.PREPARING, fraction=told.fraction, take=told.take
        )
        self._parts.signals.changed(holding.job.id)

    def end(self, helper: Helper, holding: Holding) -> None:
        """A worker told that a claim has ended: see to it, beside."""
        if not holding.settling:
            holding.settling = True
            holding.fetching = self.spawn(self._settle(helper, holding))

    async def _settle(self, helper: Helper, holding: Holding) -> None:
        try:
            settled = await self._parts.results.settle(helper.place, holding, give_up=lambda: self.stopping)
        except LinkError as error:  # the next beat offers it again
            log.debug("job %s: %s", holding.job.id, error)
            return
        except (OSError, DatabaseError) as error:
            if helper.place.outcomes.short_of(error) is None:
                log.exception("job %s: what a worker drew could not be stored", holding.job.id)
            await asyncio.sleep(helper.place.outcomes.short_pause())
            return
        finally:
            holding.settling, holding.fetching = False, None
        await self.decide(helper, holding.key, settled.verdict)
        await self._weigh(helper, settled)

    async def _weigh(self, helper: Helper, settled: Settled) -> None:
        """What an end says of the worker."""
        helper.rests_until = max(helper.rests_until, time.monotonic() + settled.pause)
        helper.place.seat.resting = settled.pause > 0  # until the next look
        if settled.verdict is DropReason.KEPT:
            helper.bad = 0
        if settled.unfit:
            await self.count_bad(helper, settled.unfit)

    async def count_bad(self, helper: Helper, why: str) -> None:
        """A worker was of no use in a job; one that is again and again is put out."""
        helper.bad += 1
        await self._parts.workers.found_bad(helper.place.worker.id)
        self._parts.signals.queued()
        if helper.bad >= self._policy.bad_clips:
            await self.put_out(helper.place.worker.id, f"{BAD_CLIPS}: {why}")

    async def decide(self, helper: Helper, key: Key, verdict: DropReason) -> None:
        """A claim is over; its worker is told."""
        holding = helper.account.holdings.get(key)
        helper.account.decide(key, verdict)
        if holding is not None:
            self.let_go(helper, holding)
        worker = helper.place.worker.id
        await self.says(worker, Heard(epoch=self._epoch, forget=helper.account.forget()))

    def let_go(self, helper: Helper, holding: Holding) -> None:
        """A claim is over; nothing of it is kept in memory."""
        job = holding.job.id
        helper.account.holdings.pop(holding.key, None)
        self.leases.end(holding.claim)
        self._parts.transfers.end(holding.claim)
        self._parts.discards.drop(job)
        helper.place.progress.pop(job, None)
        helper.place.drafts.pop(job, None)
        self._note_busy(helper)
        self._parts.signals.changed(job)
        self._parts.signals.places_changed()
        self._parts.signals.queued()

    async def lose(self, claim: Claim, *, fault: str = "", blamed: bool = False) -> None:
        """Give a claim back.

        Args:
            claim: a worker's.
            fault: what its machine did wrong; "": nothing is heard of it.
            blamed: that is held against the job.
        """
        self.leases.end(claim)
        state = await self._parts.claims.lose(
            claim,
            losses=self._policy.losses,
            faults=self._policy.faults,
            anew=bool(fault),
            blamed=blamed,
            spared=bool(fault) and await self._parts.others_first.are_there(claim.job, claim.worker),
        )
        if state is not None:
            log.warning("job %s: %s; it is %s", claim.job, fault or "nothing was heard of its worker", state)
        self._parts.signals.changed(claim.job)
        self._parts.signals.places_changed()
        self._parts.signals.queued()

    async def take_back(self, helper: Helper, holding: Holding) -> None:
        """A worker may not go on with a claim that it holds: another draws the job."""
        if holding.fetching is not None:
            holding.fetching.cancel()
        await helper.place.outcomes.requeue(holding.job, Requeue.LOST)
        await self.decide(helper, holding.key, DropReason.STALE)

    async def give_all_back(self, helper: Helper) -> None:
        """A worker may not come any more: its jobs go to the front."""
        for holding in list(helper.account.holdings.values()):
            await helper.place.outcomes.requeue(holding.job, Requeue.LOST)
            self.let_go(helper, holding)

    def _note_busy(self, helper: Helper) -> None:
        helper.place.seat.engine.busy = helper.account.to_draw > 0
