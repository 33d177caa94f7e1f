"""A bot's side of the line that is small enough to read: it knows jobs in a dictionary, and no database."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self

from bot.link import messages, pieces, subjects
from bot.link.connection import Line, LineLimits, Login, Message
from bot.link.errors import LinkError
from bot.link.messages import (
    Ask,
    AskFile,
    AskWeights,
    Beat,
    Drop,
    DropReason,
    Heard,
    Hello,
    InputFile,
    OfferedFile,
    Order,
    OrderLimits,
)
from tests.until import PATIENCE

LIMITS = OrderLimits(max_bytes=10_000_000, max_takes=3, max_wasted_seconds=60, max_seconds=60)
QUICK = LineLimits(connecting=10.0, ping=0.5, first_pause=0.05, last_pause=0.2)


def new_order(recipe: str, *, claim: int = 1, inputs: dict[str, bytes] | None = None) -> Order:
    files = {
        role: InputFile(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        for role, data in (inputs or {}).items()
    }
    return Order(job=secrets.token_hex(8), claim=claim, recipe=recipe, inputs=files, limits=LIMITS)


class SmallBot:
    """Hands out orders, and takes clips."""

    def __init__(self, login: Login, folder: Path, *, beat: float = 0.3) -> None:
        self.folder = folder
        self.epoch = secrets.token_hex(8)
        self.beat = beat
        self.line = Line(
            login,
            answers=subjects.ANSWERS_TO_BOT,
            hears={subjects.FROM_WORKERS: self._hear},
            limits=QUICK,
            on_up=lambda: self._spawn(self._present()),
        )
        self.orders: list[Order] = []
        self.given: dict[int, Order] = {}
        self.files: dict[str, bytes] = {}
        self.offers: tuple[OfferedFile, ...] = ()
        self.weights: list[AskWeights] = []
        self.gives_weights = 1_000_000
        self.hellos: list[Hello] = []
        self.beats: list[Beat] = []
        self.asks: list[Ask] = []
        self.clips: dict[str, bytes] = {}
        self.drafts: dict[str, bytes] = {}
        self.failures: dict[str, messages.Fail] = {}
        self.forget: list[Drop] = []
        self.refuse: messages.Refused | None = None
        self.takes_clips = True
        self.lose_answers = 0
        self.holds = 0.5
        self.changed = asyncio.Event()
        self._more = asyncio.Event()
        self._pulling: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._spawn(self.line.run())
        async with asyncio.timeout(PATIENCE):
            await self.line.up.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def put(self, *orders: Order, files: dict[str, bytes] | None = None) -> None:
        self.orders += orders
        for data in (files or {}).values():
            self.files[hashlib.sha256(data).hexdigest()] = data
        self._more.set()

    async def until(self, what: Callable[[], object], seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not what():
                self.changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await self.changed.wait()

    async def tell(self, worker: str, *drops: Drop) -> None:
        data = messages.encode(Heard(epoch=self.epoch, forget=drops))
        await self.line.publish(subjects.down(worker, subjects.TELL), data)

    async def _present(self) -> None:
        await self.line.publish(subjects.TO_ALL, messages.encode(messages.Present(epoch=self.epoch)))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hear(self, message: Message) -> Coroutine[Any, Any, None] | None:
        said = subjects.speaker(message.subject)
        if said is None or said[1] not in messages.FROM_WORKER:
            return None
        assert subjects.may_be_answered(said[0], message.reply)
        told = messages.decode(messages.FROM_WORKER[said[1]], message.data)
        self.changed.set()
        return self._serve(said[0], told, message.reply)

    async def _serve(self, worker: str, told: Any, reply: str) -> None:
        if isinstance(told, AskWeights):
            self.weights.append(told)
            if len(self.weights) > self.gives_weights:
                return
        if isinstance(told, AskFile | AskWeights):
            data = self.files.get(told.sha256)
            piece = (
                pieces.declined("it is not here")
                if data is None
                else (data[told.offset : told.offset + told.length], {pieces.OK: "1"})
            )
            await self.line.publish(reply, piece[0], headers=piece[1])
            return
        answer: messages.AnyMessage
        if isinstance(told, Ask):
            answer = await self._asked(told)
        elif isinstance(told, Hello):
            self.hellos.append(told)
            answer = self.refuse or messages.Welcome(
                epoch=self.epoch, lease=10, beat=self.beat, forget=self._drops(worker, told.hold)
            )
        else:
            self.beats.append(told)
            answer = self._answer(worker, told)
        if self.lose_answers:
            self.lose_answers -= 1
            return
        await self.line.publish(reply, messages.encode(answer))

    def _answer(self, worker: str, beat: Beat) -> messages.AnyMessage:
        if not self.hellos or self.hellos[-1].boot != beat.boot:
            return messages.SayHello()
        return Heard(epoch=self.epoch, forget=self._drops(worker, beat.hold), offers=self.offers)

    async def _asked(self, ask: Ask) -> messages.AnyMessage:
        self.asks.append(ask)
        if ask.n in self.given:
            return self.given[ask.n]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.holds):
                while not self.orders:
                    self._more.clear()
                    await self._more.wait()
        if not self.orders:
            return messages.Nothing()
        order = self.given[ask.n] = self.orders.pop(0)
        return order

    def _drops(self, worker: str, hold: tuple[messages.Held, ...]) -> tuple[Drop, ...]:
        drops = list(self.forget)
        for held in hold:
            if held.fail is not None:
                self.failures[held.job] = held.fail
                drops.append(Drop(job=held.job, claim=held.claim, verdict=DropReason.FAILED))
            elif held.job in self.clips:
                drops.append(Drop(job=held.job, claim=held.claim, verdict=DropReason.KEPT))
            elif held.done is not None and self.takes_clips:
                self._pull(worker, held, "clip", held.done.size, held.done.sha256)
            for look in held.looks:
                if look.what.startswith("draft") and held.job not in self.drafts:
                    self._pull(worker, held, look.what, look.size, look.sha256)
        return tuple(drops)

    def _pull(self, worker: str, held: messages.Held, what: str, size: int, sha256: str) -> None:
        name = f"{held.job}-{held.claim}.{what}"
        if name not in self._pulling:
            self._pulling.add(name)
            self._spawn(
                self._pull_all(
                    worker, held, what, pieces.Incoming(self.folder / name, size=size, sha256=sha256)
                )
            )

    async def _pull_all(self, worker: str, held: messages.Held, what: str, incoming: pieces.Incoming) -> None:
        async def ask(offset: int, length: int) -> Message:
            pull = messages.Pull(job=held.job, claim=held.claim, what=what, offset=offset, length=length)
            return await self.line.request(
                subjects.down(worker, subjects.PULL),
                messages.encode(pull),
                reply=subjects.answer_to_bot(worker),
                seconds=2.0,
            )

        try:
            await pieces.fetch(incoming, ask)
        except LinkError:
            return
        finally:
            self._pulling.discard(incoming.path.name)
        found = self.clips if what == "clip" else self.drafts
        found[held.job] = incoming.path.read_bytes()
        self.changed.set()
