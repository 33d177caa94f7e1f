"""The program that keeps a broker on another machine than the bot: ``framekiln broker run FOLDER``.

It runs the broker with what the folder says, dials in itself, and hears from the bot who may come. What it
heard last is in the folder, so it needs no bot to start again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import system
from bot.broker.certificate import Certificate
from bot.broker.child import LOG, PID
from bot.broker.configuration import Place, configuration
from bot.broker.errors import BrokerUnusable
from bot.broker.keeping import ASKED, FILE, KEEPER, SEED, WHERE, Guests, Kept, NoList, receipt_for
from bot.broker.served import Served
from bot.broker.store import CERTIFICATE, KEY, write_private
from bot.link.connection import Line, Login, Message
from bot.link.errors import LineDown
from bot.link.subjects import answers_to_worker, up
from bot.supervisor import wait_at_most

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
LOG_BYTES = 10_000_000


class Keeper:
    """Keeps one broker.

    Attributes:
        guests: who may come.
    """

    def __init__(self, folder: Path, *, binary: Path | None, host: str, say: Callable[[str], None]) -> None:
        """Read a folder that ``framekiln broker export`` has written.

        Args:
            folder: an absolute path.
            binary: the owner's choice of the program; None: the package's.
            host: address on which the broker listens.
            say: shows a line to whoever started it.

        Raises:
            BrokerUnusable: the folder is not whole.
        """
        self._folder = folder
        self._host = host
        self._say = say
        self._served = Served(folder, binary=binary)
        self._one = asyncio.Lock()
        self._told_at: float | None = None
        try:
            self.guests = Guests.from_json((folder / FILE).read_bytes())
            self._seed = (folder / SEED).read_text("ascii").strip()
            certificate = Certificate(
                certificate=(folder / CERTIFICATE).read_text("ascii"), key=(folder / KEY).read_text("ascii")
            )
            self._fingerprint = certificate.fingerprint
        except (OSError, ValueError) as error:
            raise BrokerUnusable(
                f"{folder} is no folder of a broker ({error}): framekiln broker export writes one, on the "
                "bot's machine"
            ) from error

    async def run(self, stop: asyncio.Event) -> None:
        """Keep it until told to stop.

        Raises:
            BrokerUnusable: it does not start.
        """
        await self._be(self.guests)
        self._say(f"The broker listens on port {self.guests.port}. {self._count()} To stop: Ctrl-C.")
        host = "127.0.0.1" if self._host in {"0.0.0.0", "::"} else self._host  # noqa: S104 - compared only
        line = Line(
            Login(
                host=host,
                port=self.guests.port,
                seed=self._seed,
                fingerprint=self._fingerprint,
                name="framekiln broker keeper",
            ),
            answers=answers_to_worker(KEEPER),
            hears={
                WHERE: lambda message: self._hear(line, message),
                ASKED: lambda message: self._answer(line, message),
            },
        )
        dialling = asyncio.create_task(line.run(), name="line")
        try:
            while not stop.is_set():
                try:
                    await self._be(self.guests)
                except (BrokerUnusable, OSError) as error:
                    log.error("the broker is down, and is tried again: %s", error)  # noqa: TRY400 - says all
                await wait_at_most(stop, LOOK_EVERY)
        finally:
            dialling.cancel()
            await asyncio.gather(dialling, return_exceptions=True)
            await self._served.end()

    async def _be(self, guests: Guests) -> None:
        place = Place(
            host=self._host,
            port=guests.port,
            certificate=str(self._folder / CERTIFICATE),
            key=str(self._folder / KEY),
            connections=guests.connections,
            log=str(self._folder / LOG),
            log_bytes=LOG_BYTES,
            pid=str(self._folder / PID),
        )
        text = configuration(place, bot=guests.bot, workers=guests.workers, keeper=guests.keeper)
        async with self._one:
            await self._served.be(place, text)

    def _hear(self, line: Line, message: Message) -> Coroutine[Any, Any, None]:
        return self._take(line, message)

    async def _take(self, line: Line, message: Message) -> None:
        """The bot says who may come. The port and its own keys stay as they are in the folder."""
        try:
            told = Guests.from_json(message.data)
        except NoList as error:
            log.error("%s", error)  # noqa: TRY400 - says all
            return
        mine, theirs = ((one.bot, one.keeper, one.port) for one in (self.guests, told))
        if mine != theirs:
            log.error("the bot has other keys or another port now: export the folder again, and copy it here")
            return
        self._told_at = time.monotonic()
        changed = told.workers != self.guests.workers or told.connections != self.guests.connections
        if changed:
            await asyncio.to_thread(write_private, self._folder / FILE, message.data.decode())
            self.guests = told
            await self._be(told)
            self._say(self._count())
        await self._reply(line, message, receipt_for(message.data))

    def _answer(self, line: Line, message: Message) -> Coroutine[Any, Any, None]:
        """The bot's machine asks how it stands."""
        child = self._served.child
        told = None if self._told_at is None else time.monotonic() - self._told_at
        kept = Kept(
            release=version("framekiln"),
            digest=receipt_for(self.guests.to_json()).decode(),
            workers=len(self.guests.workers),
            runs=child is not None and child.runs,
            told=told,
        )
        return self._reply(line, message, kept.to_json())

    async def _reply(self, line: Line, message: Message, data: bytes) -> None:
        if message.reply.startswith(up(KEEPER, "r.")):
            with suppress(LineDown):
                await line.publish(message.reply, data)

    def _count(self) -> str:
        count = len(self.guests.workers)
        return "1 worker may come." if count == 1 else f"{count} workers may come."


async def run(keeper: Keeper) -> None:
    """Keep a broker until a signal says stop.

    Raises:
        BrokerUnusable: it does not start.
    """
    stop = asyncio.Event()
    system.on_stop(stop.set)
    await keeper.run(stop)
