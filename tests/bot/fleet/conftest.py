"""A real broker, the bot's side of workers on a real database, and workers that say whatever a test wants."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot import elsewhere_policies, policies
from bot.fleet.assembled import AssembledFleet, assembled_fleet
from bot.fleet.capability import Ability
from bot.fleet.others_first import OthersFirst
from bot.fleet.own_weights import OwnWeights, SharePolicy
from bot.fleet.places import Places
from bot.link import messages, pieces, subjects
from bot.link.connection import Line, Message
from bot.link.messages import Ask, AskFile, Beat, Done, Held, HeldState, Hello, Order, Pull, Told
from bot.loops.outcomes import Outcomes
from bot.loops.render_tally import RenderTally
from bot.signals import JobSignals
from db.fleet.workers import Trust
from engine.rendering.limits import RenderLimits
from engine.weights.own_files import OwnFiles
from engine.weights.store import Store
from tests.bot.fixtures import queued, receipt
from tests.fleet.broker import Broker
from tests.fleet.small_bot import QUICK
from tests.policies import DEFAULTS, queue_on, shortages, stumble_limits
from tests.until import PATIENCE, until
from tests.workers import invite_worker

ALICE, BOB = "a11ce000", "b0b00000"
ABILITY = Ability(engine="sketch").to_json()
LIMITS = RenderLimits(max_bytes=1_000_000)
POLICY = replace(
    elsewhere_policies.for_fleet(DEFAULTS), lease=1.5, beat=1.0, grace=0.3, ask_seconds=1.0, remembered=60.0
)

SHARING = SharePolicy(trusts=frozenset({Trust.OWN, Trust.FRIEND}), most_bytes=1_000_000)


@pytest.fixture
def broker(tmp_path):
    made = Broker(folder=tmp_path / "broker")
    for worker in (ALICE, BOB):
        made.add(worker)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def queue(db):
    return queue_on(db, clock=time.time)


@dataclass(kw_only=True)
class Bot:
    """The bot's side, as far as workers see it."""

    service: AssembledFleet
    places: Places
    signals: JobSignals
    tally: RenderTally
    removed: list[str] = field(default_factory=list)

    def place(self, worker: str = ALICE):
        return next(place for place in self.places if place.worker.id == worker)


@pytest.fixture
def own_files(tmp_path):
    """The owner's checkpoints and styles; there are none yet."""
    return OwnFiles(Store(tmp_path / "models"), tmp_path / "digests.json")


@pytest.fixture
def a_bot(queue, blobs, tmp_path, broker, own_files):
    """Makes a bot's side that runs during the block; a second one is the bot after a restart."""

    @asynccontextmanager
    async def run(*, policy=POLICY, checks=None, wants=lambda: True, sharing=SHARING, seats=()):
        signals, places, tally = JobSignals(), Places(), RenderTally()
        others_first = OthersFirst(places, seats=seats, faulted=queue.faulted)
        removed: list[str] = []

        def outcomes_of(name: str) -> Outcomes:
            return Outcomes(
                name,
                claims=queue.claims,
                jobs=queue.jobs,
                stumbles=stumble_limits(faults=policy.faults),
                shortages=shortages(),
                absences=policies.for_absences(DEFAULTS),
                others=others_first.are_there,
                signals=signals,
                clock=time.time,
            )

        async def limits_for(_: object) -> RenderLimits:
            return LIMITS

        service = assembled_fleet(
            policy,
            claims=queue.claims,
            worker_claims=queue.worker_claims,
            workers=queue.workers,
            sheets=queue.sheets,
            retention=queue.retention,
            blobs=blobs,
            signals=signals,
            places=places,
            tally=tally,
            checks=checks,
            own_weights=OwnWeights(
                own_files, sharing, wanted=wants, waiting=queue.worker_claims.abilities_for
            ),
            others_first=others_first,
            outcomes_of=outcomes_of,
            limits_for=limits_for,
            may_claim=lambda: True,
            wanted=wants,
            removed=lambda: removed.append("now"),
            folder=tmp_path / "fetched",
            calibration=tmp_path / "calibration.json",
            release="9.9.9",
            clock=time.time,
        )
        service.hub.dial(broker.login())
        loops = [asyncio.create_task(loop.run()) for loop in service.loops]
        try:
            await until(lambda: service.hub.is_up)
            yield Bot(service=service, places=places, signals=signals, tally=tally, removed=removed)
        finally:
            await service.stop()
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    return run


@pytest.fixture
async def ours(a_bot, queue, broker):
    """A bot that has invited two workers of the owner's."""
    for name, worker in (("alice", ALICE), ("bob", BOB)):
        key = broker.workers[worker][1]
        await invite_worker(queue.workers, worker, key=key, name=name, trust=Trust.OWN)
    async with a_bot() as made:
        yield made


async def wanted(queue, **changes):
    """A job that workers can draw."""
    return await queued(queue, **{"ability": ABILITY, **changes})


class Scripted:
    """A worker that says what a test tells it to. It gives any piece of ``files`` that is pulled."""

    def __init__(self, broker: Broker, worker: str = ALICE) -> None:
        self.id = worker
        self.boot, self.seq, self.asks = secrets.token_hex(8), 0, 0
        self.began = time.monotonic()
        self.files: dict[str, bytes] = {}
        self.pulled: list[Pull] = []
        self.told: list[Any] = []
        self.silent_after: int | None = None
        self.caps = Told(name="Scripted", families=("sketch", "camera"))
        self.line = Line(
            broker.login(worker),
            answers=subjects.answers_to_worker(worker),
            hears={
                subjects.down(worker, subjects.PULL): self._pulled,
                subjects.down(worker, subjects.TELL): self._told,
            },
            limits=QUICK,
        )

    def _told(self, message: Message) -> None:
        self.told.append(messages.decode(messages.FROM_BOT, message.data))

    async def _pulled(self, message: Message) -> None:
        pull = messages.decode(messages.PULL, message.data)
        if pull.boot != self.boot:
            return
        self.pulled.append(pull)
        if self.silent_after is not None and pull.offset > self.silent_after:
            return
        data, headers = self.piece(pull)
        await self.line.publish(message.reply, data, headers=headers)

    def piece(self, pull: Pull):
        data = self.files.get(f"{pull.job}-{pull.claim}.{pull.what}")
        if data is None:
            return pieces.declined("it is not here")
        return data[pull.offset : pull.offset + pull.length], {pieces.OK: "1"}

    async def say(self, what: str, data: bytes, *, reply: str | None = None) -> None:
        await self.line.publish(subjects.up(self.id, what), data, reply=reply or "")

    async def request(self, what: str, message: Any, seconds: float = PATIENCE) -> Message:
        data = message if isinstance(message, bytes) else messages.encode(message)
        where, reply = subjects.up(self.id, what), subjects.answer_to_worker(self.id)
        return await self.line.request(where, data, reply=reply, seconds=seconds)

    async def hello(self, *hold: Held, **changes: Any) -> Any:
        self.seq += 1
        age = time.monotonic() - self.began
        given = {"release": "1", "boot": self.boot, "age": age, "seq": self.seq, "caps": self.caps}
        hello = Hello(**{**given, "hold": hold, **changes})
        answer = await self.request(subjects.HELLO, hello)
        return messages.decode(messages.HELLO_ANSWER, answer.data)

    async def beat(self, *hold: Held, seconds: float = PATIENCE) -> Any:
        self.seq += 1
        beat = Beat(boot=self.boot, seq=self.seq, hold=hold)
        answer = await self.request(subjects.BEAT, beat, seconds)
        return messages.decode(messages.BEAT_ANSWER, answer.data)

    async def ask(self, n: int | None = None, *, resident: str = "") -> Any:
        if n is None:
            self.asks += 1
        ask = Ask(boot=self.boot, n=self.asks if n is None else n, resident=resident)
        return messages.decode(messages.ASK_ANSWER, (await self.request(subjects.ASK, ask)).data)

    async def order(self, *, resident: str = "") -> Order:
        found = await self.ask(resident=resident)
        assert isinstance(found, Order), found
        return found

    async def file(self, order: Order, sha256: str, *, length: int = 1000) -> Message:
        asked = AskFile(job=order.job, claim=order.claim, sha256=sha256, offset=0, length=length)
        return await self.request(subjects.FILE, asked)

    def finished(self, order: Order, data: bytes = b"a clip", **changes: Any) -> Held:
        """A clip of these bytes, which can be pulled."""
        self.files[f"{order.job}-{order.claim}.clip"] = data
        sha256 = hashlib.sha256(data).hexdigest()
        given = {
            "size": len(data),
            "sha256": sha256,
            "seconds": 1.0,
            "receipt": receipt(sha256, len(data), seconds=0.1).to_json(),
        }
        return held(order, HeldState.DONE, done=Done(**{**given, **changes}))

    async def hand_in(self, hold: Held, seconds: float = PATIENCE) -> messages.DropReason:
        """Offer an end until there is a verdict."""
        async with asyncio.timeout(seconds):
            while True:
                answer = await self.beat(hold)
                if isinstance(answer, messages.SayHello):  # a busy machine was silent for too long
                    answer = await self.hello(hold)
                for drop in answer.forget:
                    if (drop.job, drop.claim) == (hold.job, hold.claim):
                        return drop.verdict
                await asyncio.sleep(0.05)


def held(order: Order, state: HeldState = HeldState.RUN, **more: Any) -> Held:
    return Held(job=order.job, claim=order.claim, state=state, **more)


@pytest.fixture
def a_worker(broker):
    @asynccontextmanager
    async def run(worker=ALICE, *, greets=True):
        made = Scripted(broker, worker)
        line = asyncio.create_task(made.line.run())
        try:
            async with asyncio.timeout(PATIENCE):
                await made.line.up.wait()
            if greets:
                await made.hello()
            yield made
        finally:
            line.cancel()
            await asyncio.gather(line, return_exceptions=True)

    return run


@pytest.fixture
async def alice(ours, a_worker):
    async with a_worker() as worker:
        yield worker


@pytest.fixture
async def bob(ours, a_worker):
    async with a_worker(BOB) as worker:
        yield worker
