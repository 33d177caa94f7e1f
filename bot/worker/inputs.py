"""The files of a job, fetched while the job before it is still drawn."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial

from bot.link import pieces
from bot.link.connection import Line, Message
from bot.link.errors import Declined, LinkError, NobodyThere, NotAMessage, WrongContent
from bot.link.messages import AskFile, HeldState, InputFile, encode
from bot.link.subjects import FILE, answer_to_worker, up
from bot.worker.drawing import INPUTS
from bot.worker.work import Holding, Work
from engine.core.errors import Code, RenderFailed

log = logging.getLogger(__name__)

AGAIN = 0.5
"""Seconds until a piece is asked for again when the bot is away."""

BEGINNINGS = 3
"""Attempts at a file that comes damaged, or is declined."""


class Inputs:
    """Fetches the files of each claim that comes.

    Attributes:
        last_fetch: seconds that the last job's files took.
    """

    def __init__(self, line: Line, worker: str, holding: Holding) -> None:
        """Make one from the line, the worker's id, and what is held."""
        self._line = line
        self._worker = worker
        self._holding = holding
        self._tasks: dict[Work, asyncio.Task[None]] = {}
        self._stirred = asyncio.Event()
        self._pace = pieces.Pace()
        self.last_fetch = 0.0
        holding.connect(self._stirred.set)

    async def run(self) -> None:
        """Fetch until cancelled."""
        try:
            while True:
                self._stirred.clear()
                for work in self._holding:
                    if work.state is HeldState.FETCH and work not in self._tasks:
                        self._begin(work)
                for work, task in self._tasks.items():
                    if work.cancel.is_set():
                        task.cancel()
                await self._stirred.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _begin(self, work: Work) -> None:
        task = asyncio.create_task(self._fetch(work), name=f"files of {work.key[0]}")
        self._tasks[work] = task
        task.add_done_callback(lambda _: self._tasks.pop(work, None))

    async def _fetch(self, work: Work) -> None:
        began = time.monotonic()
        try:
            await self._fetch_all(work)
        except (LinkError, OSError) as error:
            refused = isinstance(error, LinkError)
            told = RenderFailed(Code.ENGINE, "A file of this job did not arrive.", str(error))
            self._holding.failed(work, told if refused else error)
        else:
            self.last_fetch = time.monotonic() - began
            self._holding.moved(work, HeldState.READY)

    async def _fetch_all(self, work: Work) -> None:
        if work.order is None or not work.order.inputs:
            return
        folder = work.folder / INPUTS
        folder.mkdir(mode=0o700)
        for file in {each.sha256: each for each in work.order.inputs.values()}.values():
            incoming = pieces.Incoming(folder / file.sha256, size=file.size, sha256=file.sha256)
            await self._fetch_one(work, file, incoming)

    async def _fetch_one(self, work: Work, file: InputFile, incoming: pieces.Incoming) -> None:
        beginnings = BEGINNINGS
        while True:
            try:
                await pieces.fetch(incoming, partial(self._ask, work, file), self._pace)
            except (WrongContent, Declined) as error:
                beginnings -= 1
                if not beginnings:
                    raise
                log.info("a file of job %s: %s", work.key[0], error)
                incoming = pieces.Incoming(incoming.path, size=incoming.size, sha256=file.sha256)
                await asyncio.sleep(AGAIN)
            except NotAMessage:
                raise
            except NobodyThere:
                await asyncio.sleep(AGAIN)
            except LinkError:
                await self._line.up.wait()
                await asyncio.sleep(AGAIN)
            else:
                return

    async def _ask(self, work: Work, file: InputFile, offset: int, length: int) -> Message:
        ask = AskFile(job=work.key[0], claim=work.key[1], sha256=file.sha256, offset=offset, length=length)
        return await self._line.request(
            up(self._worker, FILE),
            encode(ask),
            reply=answer_to_worker(self._worker),
            seconds=pieces.PIECE_SECONDS,
        )
