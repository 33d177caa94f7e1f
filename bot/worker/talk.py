"""What a worker says of itself, and how it obeys: hello, beats, and the question for the next job.

A beat says all that is held. So nothing depends on a single message: what was lost is said again.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter

from bot.link import messages, pieces, subjects
from bot.link.connection import Line, Message
from bot.link.errors import LinkError, NoAnswer, NobodyThere, NotAMessage
from bot.link.messages import Drop, Held, OfferedFile, Order, Refused, Told
from bot.supervisor import wait_at_most
from bot.worker.work import Holding

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
"""Until the bot has said otherwise."""

LEAST_BETWEEN = 0.1
"""Seconds between two beats, whatever happens."""

ANSWER_SECONDS = 4.0
"""Until a hello or a beat has to be answered."""

HELD_SECONDS = 25.0
"""Until a question for a job has to be answered: the bot holds it for up to 20 s."""

APART = 0.3
"""All workers hear at once that the bot is back. Each waits up to so long before it says hello."""


class PutOut(Exception):
    """The bot has said that this worker is to end.

    Attributes:
        refused: the answer.
    """

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.refused)
        self.refused = refused


class Talk:
    """The conversation with the bot.

    Attributes:
        heard: monotonic seconds of the bot's last answer; None: it has not said anything yet.
    """

    def __init__(
        self,
        line: Callable[[], Line],
        worker: str,
        holding: Holding,
        about: Callable[[], Told],
        *,
        on_offers: Callable[[Sequence[OfferedFile]], None] = lambda _: None,
    ) -> None:
        """Make one.

        Args:
            line: the line; it is made after this, because it wants to know what to do with messages.
            worker: the worker's id.
            holding: what is held.
            about: what this machine can do, now.
            on_offers: told what the bot offers, whenever it speaks.
        """
        self._line = line
        self._worker = worker
        self._holding = holding
        self._about = about
        self._boot = secrets.token_hex(8)
        self._began = time.monotonic()
        self._on_offers = on_offers
        self._seq = 0
        self._asks = 0
        self._epoch: str | None = None
        self._every = BEAT_SECONDS
        self._greeted = asyncio.Event()
        self._welcomed = asyncio.Event()
        self._heard = asyncio.Event()
        self._woken = asyncio.Event()
        self._put_out: asyncio.Future[Refused] = asyncio.get_running_loop().create_future()
        self.heard: float | None = None
        holding.connect_news(self.wake)

    @property
    def greeted(self) -> bool:
        """Whether the bot knows this process."""
        return self._greeted.is_set()

    def wake(self) -> None:
        """Say at once what is held."""
        self._woken.set()

    def hears(self) -> dict[str, Callable[[Message], Coroutine[Any, Any, None] | None]]:
        """What the line must subscribe to."""
        return {
            subjects.down(self._worker, subjects.TELL): self._told,
            subjects.down(self._worker, subjects.PULL): self._pulled,
            subjects.TO_ALL: self._present,
        }

    async def run(self) -> None:
        """Say hello and beat until cancelled.

        Raises:
            PutOut: the bot has told this worker to end.
        """
        while True:
            if self._put_out.done():
                raise PutOut(self._put_out.result())
            self._holding.expire()
            await wait_at_most(self._line().up, self._every)
            if not self._line().up.is_set():
                continue
            began = time.monotonic()
            self._woken.clear()
            try:
                await (self.beat() if self._greeted.is_set() else self._hello())
                self._heard.set()
            except NobodyThere:
                log.info("the bot is away")
            except LinkError as error:
                log.info("no answer from the bot: %s", error)
            await asyncio.sleep(LEAST_BETWEEN)
            if not self._put_out.done():
                await wait_at_most(self._woken, max(0.0, began + self._every - time.monotonic()))

    async def ask(self, resident: str = "") -> float:
        """Ask for the next job, once.

        Args:
            resident: the engine whose model is loaded; "": none.

        Returns:
            The seconds after which it makes sense to ask again.
        """
        await self._greeted.wait()
        self._welcomed.clear()
        question = messages.Ask(boot=self._boot, n=self._asks, resident=resident)
        try:
            answer = await self._until_welcomed(
                self._request(subjects.ASK, messages.encode(question), messages.ASK_ANSWER, HELD_SECONDS)
            )
        except NoAnswer:
            return LEAST_BETWEEN
        except LinkError:
            self._heard.clear()
            await wait_at_most(self._heard, BEAT_SECONDS)  # as soon as the bot is back
            return 0.0
        if isinstance(answer, messages.SayHello):
            self.greet_again()
            return BEAT_SECONDS
        self._asks += 1  # only now: a lost answer must cost no job
        if isinstance(answer, Order):
            self._holding.take(answer)  # the next beat names it, in time
            return 0.0
        return float(answer.wait)

    async def _until_welcomed(self, asking: Coroutine[Any, Any, Any]) -> Any:
        """The answer to a question.

        Raises:
            NoAnswer: the bot has welcomed this worker meanwhile, so it may know nothing of the question.
            LinkError: there was no answer.
        """
        asked = asyncio.create_task(asking)
        welcomed = asyncio.create_task(self._welcomed.wait())
        try:
            await asyncio.wait({asked, welcomed}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise NoAnswer("the bot was greeted meanwhile")
            return asked.result()
        finally:
            for task in (asked, welcomed):
                task.cancel()
            await asyncio.gather(asked, welcomed, return_exceptions=True)

    async def beat(self) -> None:
        """Say all that is held, and obey the answer.

        Raises:
            LinkError: there was none.
        """
        self._seq += 1
        data = self._encoded(lambda held: messages.Beat(boot=self._boot, seq=self._seq, hold=held))
        self._obey(await self._request(subjects.BEAT, data, messages.BEAT_ANSWER, ANSWER_SECONDS))

    async def _hello(self) -> None:
        self._seq += 1
        data = self._encoded(
            lambda held: messages.Hello(
                release=version("framekiln"),
                boot=self._boot,
                age=time.monotonic() - self._began,
                seq=self._seq,
                caps=self._about(),
                hold=held,
            )
        )
        answer = await self._request(subjects.HELLO, data, messages.HELLO_ANSWER, ANSWER_SECONDS)
        if isinstance(answer, Refused):
            self._refuse(answer)
            return
        self._epoch, self._every = answer.epoch, answer.beat
        self._greeted.set()
        self._welcomed.set()
        self._do(answer.forget, answer.orders)

    def _encoded(self, message: Callable[[tuple[Held, ...]], messages.AnyMessage]) -> bytes:
        """A message with all that is held; with less of it where it would be too long."""
        try:
            return messages.encode(message(self._holding.held()))
        except NotAMessage as error:
            log.info("%s; what can be left out is", error)
            return messages.encode(message(self._holding.held(briefly=True)))

    async def _request(self, what: str, data: bytes, adapter: TypeAdapter[Any], seconds: float) -> Any:
        answer = await self._line().request(
            subjects.up(self._worker, what),
            data,
            reply=subjects.answer_to_worker(self._worker),
            seconds=seconds,
        )
        told = messages.decode(adapter, answer.data)
        self.heard = time.monotonic()
        return told

    def _obey(self, answer: Any) -> None:
        if isinstance(answer, Refused):
            self._refuse(answer)
        elif isinstance(answer, messages.SayHello) or answer.epoch != self._epoch:
            self.greet_again()
        else:
            self._do(answer.forget, answer.orders)
            self._on_offers(answer.offers)

    def _do(self, forget: tuple[Drop, ...], orders: tuple[Order, ...]) -> None:
        for drop in forget:
            self._holding.drop((drop.job, drop.claim), drop.verdict)
        for order in orders:
            if self._holding.take(order) is not None:
                self.wake()  # an order that no beat names is sent again

    def _refuse(self, refused: Refused) -> None:
        if not self._put_out.done():
            self._put_out.set_result(refused)
        self.wake()

    def greet_again(self) -> None:
        """Say hello before the next beat."""
        self._greeted.clear()
        self.wake()

    def _told(self, message: Message) -> None:
        try:
            self._obey(messages.decode(messages.FROM_BOT, message.data))
        except NotAMessage as error:
            log.warning("%s", error)

    def _present(self, message: Message) -> Coroutine[Any, Any, None] | None:
        try:
            epoch = messages.decode(messages.PRESENT, message.data).epoch
        except NotAMessage as error:
            log.warning("%s", error)
            return None
        return self._meet(epoch)

    async def _meet(self, epoch: str) -> None:
        if epoch != self._epoch:
            await asyncio.sleep(random.uniform(0, APART))  # noqa: S311 - spreads them, hides nothing
            self.greet_again()

    def _pulled(self, message: Message) -> Coroutine[Any, Any, None] | None:
        if not message.reply.startswith(subjects.up(self._worker, "r.")):
            return None
        try:
            pull = messages.decode(messages.PULL, message.data)
        except NotAMessage as error:
            log.warning("%s", error)
            return None
        if pull.boot not in {None, self._boot}:
            return None
        return self._give(pull, message.reply)

    async def _give(self, pull: messages.Pull, reply: str) -> None:
        work = self._holding.get(pull.job, pull.claim)
        path = None if work is None else work.file(pull.what)
        if path is None:
            data, headers = pieces.declined("it is not here")
        else:
            data, headers = await asyncio.to_thread(pieces.read_piece, path, pull.offset, pull.length)
        await self._line().publish(reply, data, headers=headers)
