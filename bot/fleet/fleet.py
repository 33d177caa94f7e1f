"""What workers say, and what follows from it.

Rows are the truth: what a worker says of a claim that is not known to be its is held against the row.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.fleet.account import Account, News
from bot.fleet.capability import those_that_fit
from bot.fleet.holdings import Holdings
from bot.fleet.known_worker import FleetParts, Helper, PutOut
from bot.fleet.others_first import Left
from bot.fleet.places import RemoteMachine, RemoteSeat, WorkerPlace
from bot.fleet.policy import FleetPolicy
from bot.fleet.waiting_workers import Asks
from bot.link.messages import (
    MAX_PIECE,
    Ask,
    AskFile,
    AskWeights,
    Beat,
    DropReason,
    Heard,
    Held,
    Hello,
    Nothing,
    Order,
    Refused,
    RefusedCode,
    SayHello,
    Welcome,
)
from db.fleet.worker_claims import Claim, Standing
from db.fleet.workers import Trust, Worker
from db.states import JobId
from engine.families import LOADING

log = logging.getLogger(__name__)

MOST_AHEAD = 2
"""Claims that a worker may have to draw: one that it draws, and one that is ready when the GPU is free."""

BUSY_WAIT = 1.0
"""Seconds before a worker asks again that has enough to draw, or rests."""

MOST_LOOKS = 50
"""First looks and sheets that are fetched of one claim: more than its takes can have."""

SERVED_TIMES = 10
"""How often a worker may read a job's files: pieces are lost on a bad line, and asked for again."""

BEATS_MISSED = 3
"""A worker that has missed so many beats is given no job, although its ask is still held."""

VERDICTS = {
    Standing.KEPT: DropReason.KEPT,
    Standing.CANCELLED: DropReason.CANCELLED,
    Standing.FAILED: DropReason.FAILED,
    Standing.STALE: DropReason.STALE,
}

BEGAN_ANEW = "its worker began anew"

STRANGE_CLAIMS = "it named jobs that it was never given"


class Fleet:
    """All workers.

    Attributes:
        policy: how they are dealt with.
        epoch: names this life of the bot.
        holdings: the claims that they have.
        helpers: those that were heard of since the start, by their ids.
        asks: of those that wait for a job.
    """

    def __init__(self, parts: FleetParts, policy: FleetPolicy, *, epoch: str) -> None:
        """Make it without any worker."""
        self._parts = parts
        self.policy = policy
        self.epoch = epoch
        self.holdings = Holdings(parts, policy, epoch=epoch)
        self.holdings.put_out = self.put_out
        self.helpers: dict[str, Helper] = {}
        self.asks: Asks[Helper] = Asks(abilities=self._abilities, give=self._give)
        self._left = Left()
        self._barren: set[tuple[Trust, tuple[str, ...], tuple[JobId, ...]]] = set()
        self._out: set[str] = set()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        parts.signals.queued.connect(self.asks.loop.wake)
        parts.signals.cancel_requested.connect(self._cancelled)

    def is_out(self, worker: str) -> bool:
        """Whether a worker was put out, so that nothing it says is read."""
        return worker in self._out

    async def hello(self, worker: str, hello: Hello) -> Welcome | Refused:
        """A worker's process says who it is, what it can and what it holds.

        Raises:
            PutOut: it did what no honest one does.
        """
        row = await self._parts.workers.get(worker)
        if row is None or row.removed_at is not None:
            return Refused(refused=RefusedCode.REMOVED)
        async with self._turns[worker]:
            now = time.monotonic()
            helper = self.helpers.get(worker) or self._first(row, hello, now)
            silent = now - helper.heard_at > self.policy.lease
            if not (helper.account.greets(hello, now) or silent):
                return Refused(refused=RefusedCode.TWICE)
            await self._greet(helper, hello, now)
            helper.heard_at = now
            news = helper.account.hear(hello.seq, hello.hold, now)
            if news is not None:
                await self._act(helper, news)
            return Welcome(
                epoch=self.epoch,
                lease=self.policy.lease,
                beat=self.policy.beat,
                forget=helper.account.forget(),
                orders=() if news is None else news.again,
            )

    def _first(self, row: Worker, hello: Hello, now: float) -> Helper:
        seat = RemoteSeat(name=row.name, engine=RemoteMachine(told=hello.caps))
        place = WorkerPlace(worker=row, seat=seat, outcomes=self._parts.outcomes_of(row.name))
        helper = self.helpers[row.id] = Helper(place=place, account=Account(), heard_at=now)
        return helper

    async def _greet(self, helper: Helper, hello: Hello, now: float) -> None:
        """Take a process for the worker's, and give back what the one before had."""
        place, known = helper.place, helper.account.boot
        for lost in helper.account.begin(hello, now):
            self.holdings.let_go(helper, lost)
            blamed = self._parts.blame.falls_on(lost.job.id, place.worker.id)
            await self.holdings.lose(lost.claim, fault=BEGAN_ANEW, blamed=blamed)
            helper.rests_until = max(helper.rests_until, now + place.outcomes.machine_ended(lost.job.id))
        if known != hello.boot:
            place.seat.engine.deaths += bool(known)
            log.info("worker %s is here: %s", place.seat.name, hello.caps.name or hello.caps.device)
        self._parts.transfers.boots[place.worker.id] = hello.boot
        place.seat.engine.told = hello.caps
        place.seat.engine.silent = False
        self._parts.places.come(place)
        self._parts.signals.places_changed()
        await self._parts.workers.saw(place.worker.id, hello.caps.model_dump_json())

    async def beat(self, worker: str, beat: Beat) -> Heard | SayHello | None:
        """A worker lives, and this is all that it holds.

        Raises:
            PutOut: it did what no honest one does.
        """
        helper = self.helpers.get(worker)
        if helper is None or helper.account.boot != beat.boot:
            return SayHello()
        async with self._turns[worker]:
            now = time.monotonic()
            news = helper.account.hear(beat.seq, beat.hold, now)
            if news is None:
                return None
            helper.heard_at = now
            if helper.place.seat.engine.silent:
                return SayHello()  # it was away, so what it can draw may be something else
            await self._act(helper, news)
            return Heard(
                epoch=self.epoch,
                forget=helper.account.forget(),
                orders=news.again,
                offers=self._parts.own_weights.offers_for(helper.place),
            )

    async def ask(self, worker: str, ask: Ask) -> Order | Nothing | SayHello:
        """A worker wants its next job."""
        helper = self.helpers.get(worker)
        if helper is None or helper.account.boot != ask.boot:
            return SayHello()
        account = helper.account
        if account.asked is not None and account.asked[0] == ask.n:  # the answer was lost
            holding = account.holdings.get(account.asked[1])
            return Nothing() if holding is None or holding.order is None else holding.order
        if not self._may_have(helper):
            return Nothing(wait=BUSY_WAIT)
        helper.resident = ask.resident if ask.resident in LOADING else ""
        idle = account.to_draw == 0
        if idle:
            helper.place.pauses.begin()
        order = await self.asks.wait(worker, helper, self.policy.ask_seconds)
        if order is None:
            helper.place.pauses.forget()
            return Nothing()
        account.asked = ask.n, (order.job, order.claim)
        return order

    def input_of(self, worker: str, asked: AskFile) -> Path | None:
        """Where a file is that a worker asks for; None: no claim that it has needs it, or again."""
        helper = self.helpers.get(worker)
        holding = None if helper is None else helper.account.holdings.get((asked.job, asked.claim))
        if holding is None or holding.order is None or asked.sha256 not in holding.job.inputs.values():
            return None
        holding.served += asked.length
        whole = sum(file.size for file in holding.order.inputs.values())
        if holding.served > SERVED_TIMES * (whole + MAX_PIECE):
            return None
        return self._parts.blobs.path(asked.sha256)

    def weights_of(self, worker: str, asked: AskWeights) -> Path | None:
        """Where a checkpoint or style is that a worker asks for; None: it may not have it."""
        helper = self.helpers.get(worker)
        if helper is None:
            return None
        return self._parts.own_weights.path_for(helper.place, asked.sha256, asked.length)

    def _may_have(self, helper: Helper) -> bool:
        now = time.monotonic()
        return (
            not self.holdings.stopping
            and helper.account.to_draw < MOST_AHEAD
            and now >= helper.rests_until
            and now - helper.heard_at < BEATS_MISSED * self.policy.beat
            and helper.place.worker.id not in self._out
            and (self._parts.results.takes_strangers or helper.place.worker.trust is Trust.OWN)
            and self._parts.may_claim()
        )

    async def _abilities(self) -> list[str]:
        """What waits, at the beginning of a round through all that ask."""
        self._barren.clear()
        self._left = await self._parts.others_first.look()
        return await self._parts.claims.abilities()

    async def _give(self, helper: Helper, abilities: Sequence[str]) -> Order | None:
        """Claim the next job for a worker that waits."""
        worker, place = helper.place.worker, helper.place
        fitting = those_that_fit(place.machine, abilities)
        if not fitting or not self._may_have(helper):
            place.pauses.forget()  # nothing waits that it could draw
            return None
        left = self._left.by(worker.id)
        alike = worker.trust, tuple(fitting), tuple(left)
        if alike in self._barren:
            return None
        job = await self._parts.claims.claim_for(
            worker.id,
            seat=place.seat.name,
            trust=worker.trust,
            abilities=fitting,
            last=place.outcomes.last(),
            left=left,
            resident=helper.resident,
        )
        if job is None:
            self._barren.add(alike)  # in this round, others like it need not try
            place.pauses.forget()
            return None
        try:
            order = await self._parts.orders.of(job, own=job.trust == Trust.OWN)
        except (OSError, ValueError) as error:
            pause = await place.outcomes.record(job, error, give_up=lambda: self.holdings.stopping)
            helper.rests_until = max(helper.rests_until, time.monotonic() + pause)
            return None
        self.holdings.hold(helper, job, order)
        place.pauses.end()
        log.info("job %s goes to worker %s", job.id, place.seat.name)
        return order

    async def _act(self, helper: Helper, news: News) -> None:
        """Do what follows from a beat."""
        for holding in news.named:
            self.holdings.leases.name(holding.claim)
        for held in news.unknown:
            await self._find(helper, held)
        for holding in news.moved:
            self.holdings.show(helper, holding)
        for holding, look in news.looks:
            if len(holding.looks) == MOST_LOOKS:
                break
            holding.looks.add(look.what)
            self.holdings.spawn(self._parts.looks.fetch(helper.place, holding, look))
        for holding in news.ended:
            self.holdings.end(helper, holding)

    async def _find(self, helper: Helper, held: Held) -> None:
        """A worker names a claim that is not known to be its: rows tell."""
        claim = Claim(job=JobId(held.job), number=held.claim, worker=helper.place.worker.id)
        standing, _ = await self._parts.claims.standing(claim)
        job = None
        if standing in {Standing.RUNS, Standing.FREE}:
            job = await self._parts.claims.adopt(claim)
        if job is None:
            # Between the two looks a job that was free can only have gone to somebody else, or ended.
            helper.account.decide((held.job, held.claim), VERDICTS.get(standing, DropReason.STALE))
            if standing is Standing.STALE and claim not in helper.given:
                helper.strange.add(claim)
                if len(helper.strange) > self.policy.strange_claims:
                    raise PutOut(STRANGE_CLAIMS)
            return
        trust = helper.place.worker.trust
        if job.trust is None:  # from before that was written down
            job = replace(job, trust=trust)
        holding = self.holdings.hold(
            helper, job, await self._parts.orders.of(job, own=job.trust == Trust.OWN)
        )
        if not trust.covers(holding.trust):
            await self.holdings.take_back(helper, holding)
            return
        log.info("worker %s goes on with job %s", helper.place.seat.name, job.id)
        holding.told = held
        self.holdings.show(helper, holding)
        if holding.drawn:
            self.holdings.end(helper, holding)

    def _cancelled(self, job: JobId) -> None:
        """A job was cancelled in its row: whoever draws it stops."""
        for helper in self.helpers.values():
            for key, holding in helper.account.holdings.items():
                if holding.job.id == job:
                    self.holdings.spawn(self.holdings.decide(helper, key, DropReason.CANCELLED))

    async def put_out(self, worker: str, why: str) -> None:
        """Let a worker come no more, and give its jobs to others."""
        if worker in self._out:
            return
        self._out.add(worker)
        helper = self.helpers.get(worker)
        name = worker if helper is None else helper.place.seat.name
        log.error("worker %s is put out: %s", name, why)
        await self._parts.workers.remove(worker, why=why)
        await self.forget(worker)

    async def forget(self, worker: str) -> None:
        """A worker may not come any more: it is told, the broker shuts it out, and others draw its jobs."""
        self._out.add(worker)
        await self.holdings.says(worker, Refused(refused=RefusedCode.REMOVED))
        self._parts.removed()
        self.asks.drop(worker)
        self._parts.places.forget(worker)
        helper = self.helpers.pop(worker, None)
        if helper is not None:
            await self.holdings.give_all_back(helper)
