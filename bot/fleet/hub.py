"""Where all that workers say comes in, and is answered.

A message is answered from what the bot knows; what follows from it, such as fetching a clip, is a task of its
own. Whoever sends too much, or what nobody would send, is put out.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine
from pathlib import Path
from typing import Any

from bot.broker.keeping import WHERE, answer_subject
from bot.fleet.bucket import Bucket, Pace
from bot.fleet.fleet import Fleet
from bot.fleet.known_worker import PutOut
from bot.fleet.maintenance import Upkeep
from bot.link import subjects
from bot.link.connection import Line, Login, Message
from bot.link.errors import LineDown, LinkError, NotAMessage
from bot.link.messages import (
    FROM_WORKER,
    PROTOCOL,
    AskFile,
    AskWeights,
    Present,
    Refused,
    RefusedCode,
    decode,
    encode,
    protocol_of,
    release_of,
)
from bot.link.pieces import declined, read_piece
from bot.supervisor import Loop

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5
FILES_AT_ONCE = 16
"""Pieces of files that one worker may have under way; more are not answered, and count as messages."""

PULL_SECONDS = 15.0
"""Until a piece has to be here."""

KEEPER_SECONDS = 5.0
"""Until the keeper of a broker elsewhere has to have answered."""

GOODBYE = Pace(rate=0.2, burst=3)
"""How often a worker that may not come any more is told so, if it goes on speaking."""

GOODBYE_SECONDS = 1.0
"""Most that the broker is waited for until it has passed a goodbye on."""

FLOOD = "it sent too many messages"
GARBAGE = "it sent messages that are none"

Answer = Callable[[str, Any], Awaitable[Any]]
"""Who speaks, and the message."""


class Hub:
    """The bot's end of the line.

    Attributes:
        loop: keeps the line, and looks at leases.
    """

    def __init__(self, fleet: Fleet, upkeep: Upkeep, *, release: str) -> None:
        """Make one without a line.

        Args:
            fleet: knows the workers.
            upkeep: looks at what they hold.
            release: of this program, for a worker that is of another.
        """
        self._fleet = fleet
        self._upkeep = upkeep
        self._release = release
        self._login: Login | None = None
        self._line: Line | None = None
        self._running: asyncio.Task[None] | None = None
        self._buckets: dict[str, Bucket] = {}
        self._goodbyes: dict[str, Bucket] = {}
        self._garbage: Counter[str] = Counter()
        self._files: Counter[str] = Counter()
        self._answers: dict[str, Answer] = {
            subjects.HELLO: fleet.hello,
            subjects.BEAT: fleet.beat,
            subjects.ASK: fleet.ask,
        }
        self._paths: dict[str, Callable[[str, Any], Path | None]] = {
            subjects.FILE: fleet.input_of,
            subjects.WEIGHTS: fleet.weights_of,
        }
        fleet.holdings.says = self.tell
        self.loop = Loop("workers", self._look, every=LOOK_EVERY, first=upkeep.begin, last=self._drop)

    @property
    def is_up(self) -> bool:
        """Whether workers can be heard."""
        return self._line is not None and self._line.up.is_set()

    def dial(self, login: Login | None) -> None:
        """Talk over this broker from now on; None: over none."""
        self._login = login
        self._drop()
        self.loop.wake()

    async def tell(self, worker: str, message: Any) -> None:
        """Say something to a worker; where there is no line, it is said by the next beat's answer."""
        if self._line is None:
            return
        try:
            await self._line.publish(subjects.down(worker, subjects.TELL), encode(message))
        except LineDown as error:
            log.debug("%s was not told: %s", worker, error)

    async def dismiss(self, workers: Collection[str]) -> None:
        """Tell workers that they may not come any more, while the broker still lets them hear it."""
        for worker in workers:
            await self.tell(worker, Refused(refused=RefusedCode.REMOVED))
        if self._line is None:
            return
        try:
            await self._line.settle(GOODBYE_SECONDS)
        except LinkError as error:
            log.debug("not all that were removed were told: %s", error)

    async def pass_on(self, data: bytes) -> bytes:
        """Tell the keeper of a broker elsewhere who may come. Returns its answer; b"": there was none."""
        if self._line is None:
            return b""
        try:
            answer = await self._line.request(WHERE, data, reply=answer_subject(), seconds=KEEPER_SECONDS)
        except LinkError as error:
            log.debug("the broker's keeper was not told: %s", error)
            return b""
        return answer.data

    async def request(self, subject: str, data: bytes, reply: str) -> Message:
        """Ask a worker.

        Raises:
            LinkError: no answer came.
        """
        if self._line is None:
            raise LineDown("there is no connection")
        return await self._line.request(subject, data, reply=reply, seconds=PULL_SECONDS)

    async def _look(self) -> None:
        if self._line is None and self._login is not None:
            self._line = self._line_to(self._login)
            self._running = asyncio.create_task(self._line.run(), name="line to the broker")
        await self._upkeep.look(listening=self.is_up)

    def _drop(self) -> None:
        """End the line, if there is one."""
        if self._running is not None:
            self._running.cancel()
        self._line = self._running = None

    def _line_to(self, login: Login) -> Line:
        hears = {what: self._receiver(what) for what in (*self._answers, *self._paths)}
        return Line(
            login,
            answers=subjects.ANSWERS_TO_BOT,
            hears={subjects.up("*", what): receiver for what, receiver in hears.items()},
            on_up=self._up,
            on_down=lambda error: log.warning("the line to the broker is down: %s", error),
            on_stray=self._met_stray,
        )

    def _up(self) -> None:
        log.info("the broker can be reached")
        self._fleet.holdings.leases.connected()
        self._fleet.holdings.spawn(self._say_present())

    async def _say_present(self) -> None:
        if self._line is not None:
            await self._line.publish(subjects.TO_ALL, encode(Present(epoch=self._fleet.epoch)))

    def _met_stray(self, subject: str) -> None:
        """An answer came that nobody waits for; it counts as a message."""
        spoken = subjects.speaker(subject)
        if spoken is not None and not self._fleet.is_out(spoken[0]) and not self._may_say_more(spoken[0]):
            self._fleet.holdings.spawn(self._fleet.put_out(spoken[0], FLOOD))

    def _may_say_more(self, worker: str) -> bool:
        bucket = self._buckets.setdefault(worker, Bucket(self._fleet.policy.pace))
        return bucket.take(time.monotonic())

    def _receiver(self, what: str) -> Callable[[Message], Coroutine[Any, Any, None] | None]:
        def receive(message: Message) -> Coroutine[Any, Any, None] | None:
            spoken = subjects.speaker(message.subject)
            if spoken is None:
                return None
            worker = spoken[0]
            if self._fleet.is_out(worker):
                return self._goodbye(worker, what, message)
            if what in self._paths and self._files[worker] < FILES_AT_ONCE:
                return self._piece(worker, what, message)
            if not self._may_say_more(worker):
                return self._fleet.put_out(worker, FLOOD)
            return None if what in self._paths else self._answer(worker, what, message)

        return receive

    def _goodbye(self, worker: str, what: str, message: Message) -> Coroutine[Any, Any, None] | None:
        """The answer to a worker that may not come any more, and that may have missed that."""
        if what not in {subjects.HELLO, subjects.BEAT}:
            return None
        if not self._goodbyes.setdefault(worker, Bucket(GOODBYE)).take(time.monotonic()):
            return None
        return self._reply(worker, message, encode(Refused(refused=RefusedCode.REMOVED)))

    async def _answer(self, worker: str, what: str, message: Message) -> None:
        try:
            if what == subjects.HELLO and self._is_of_another_release(message.data):
                log.warning("worker %s is of another release, and is told to update", worker)
                answer: Any = Refused(refused=RefusedCode.VERSION, want=self._release)
            else:
                answer = await self._answers[what](worker, decode(FROM_WORKER[what], message.data))
        except NotAMessage as error:
            await self._met_garbage(worker, str(error))
        except PutOut as error:
            await self._fleet.put_out(worker, str(error))
        else:
            if answer is not None:
                await self._reply(worker, message, encode(answer))

    def _is_of_another_release(self, hello: bytes) -> bool:
        """Whether a worker speaks another protocol, or is of another release and cannot be understood.

        Raises:
            NotAMessage: it is no hello of any release.
        """
        if protocol_of(hello) != PROTOCOL:
            return True
        try:
            decode(FROM_WORKER[subjects.HELLO], hello)
        except NotAMessage:
            return release_of(hello) != self._release
        return False

    async def _piece(self, worker: str, what: str, message: Message) -> None:
        """Answer with a piece of a file, if it is the worker's to read."""
        self._files[worker] += 1
        try:
            asked: AskFile | AskWeights = decode(FROM_WORKER[what], message.data)
            path = self._paths[what](worker, asked)
            if path is None and not self._may_say_more(worker):
                await self._fleet.put_out(worker, FLOOD)
                return
            if path is None:
                data, headers = declined("this is not yours to read")
            else:
                data, headers = await asyncio.to_thread(read_piece, path, asked.offset, asked.length)
            await self._reply(worker, message, data, headers)
        except NotAMessage as error:
            await self._met_garbage(worker, str(error))
        finally:
            self._files[worker] -= 1

    async def _reply(self, worker: str, message: Message, data: bytes, headers: Any = None) -> None:
        if not message.reply:
            return
        if not subjects.may_be_answered(worker, message.reply):
            await self._met_garbage(worker, "it wanted its answer sent to somebody else")
        elif self._line is not None:
            await self._line.publish(message.reply, data, headers=headers)

    async def _met_garbage(self, worker: str, what: str) -> None:
        if self._fleet.is_out(worker):
            return  # what it had sent before
        self._garbage[worker] += 1
        log.warning("worker %s: %s", worker, what)
        if self._garbage[worker] >= self._fleet.policy.garbage:
            await self._fleet.put_out(worker, GARBAGE)


def new_epoch() -> str:
    """Names one life of the bot."""
    return secrets.token_hex(8)
