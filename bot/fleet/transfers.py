"""Fetching what workers have drawn. The bot asks for each piece, so nobody can push a file at it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from bot.link import pieces, subjects
from bot.link.connection import Message
from bot.link.errors import LineDown
from bot.link.messages import Done, Look, Pull, encode
from bot.link.pieces import Arriving, Gathered, Incoming, Pace
from db.fleet.worker_claims import Claim

CLIP = "clip"

Request = Callable[[str, bytes, str], Awaitable[Message]]
"""Asks a worker: subject, what, where the answer is awaited. Raises LinkError."""


async def _nobody(subject: str, data: bytes, reply: str) -> Message:
    """There is no line yet."""
    del data, reply
    raise LineDown(f"nobody can be asked on {subject}")


class Transfers:
    """Files on their way from workers.

    Attributes:
        request: asks a worker.
        boots: names the process of each worker that is asked.
    """

    def __init__(self, folder: Path, *, at_once: int) -> None:
        """Make one.

        Args:
            folder: its own; what an earlier run left there is removed by :meth:`sweep`.
            at_once: clips that are fetched at the same time; further ones wait. Of each worker's first looks
                and sheets one at a time is fetched, beside them: none of them may keep a clip waiting.
        """
        self._folder = folder
        self._slots = asyncio.Semaphore(at_once)
        self._looking: defaultdict[str, asyncio.Semaphore] = defaultdict(partial(asyncio.Semaphore, 1))
        self.request: Request = _nobody
        self.boots: dict[str, str] = {}
        self._begun: dict[tuple[Claim, str], Incoming] = {}
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)

    async def sweep(self) -> None:
        """Remove what an earlier run left; called before all else."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def clip(self, claim: Claim, done: Done) -> Path:
        """A finished clip, whole and with the digest that was announced. It may be moved away.

        After a LinkError it may be called again, and goes on where it was cut off.

        Raises:
            LinkError: it did not come; WrongContent: what came is something else.
            OSError: it cannot be written.
        """
        key = claim, done.sha256
        path = self._folder / f"{claim.worker}-{claim.job}-{claim.number}.mp4"
        incoming = self._begun.get(key)
        if incoming is None or incoming.size != done.size:
            incoming = self._begun[key] = Incoming(path, size=done.size, sha256=done.sha256)
        async with self._slots:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
            await self._fetch(claim, CLIP, incoming)
        return path

    async def look(self, claim: Claim, look: Look) -> bytes:
        """A first look, or the sheet of a discarded take.

        Raises:
            LinkError: it did not come, or is something else.
        """
        gathered = Gathered(size=look.size, sha256=look.sha256)
        async with self._looking[claim.worker]:
            await self._fetch(claim, look.what, gathered)
        return bytes(gathered.data)

    def end(self, claim: Claim) -> None:
        """A claim is over; what was begun of it is removed."""
        for key in [key for key in self._begun if key[0] == claim]:
            with contextlib.suppress(OSError):
                self._begun.pop(key).path.unlink(missing_ok=True)

    async def _fetch(self, claim: Claim, what: str, incoming: Arriving) -> None:
        async def ask(offset: int, length: int) -> Message:
            pull = Pull(
                boot=self.boots.get(claim.worker),
                job=claim.job,
                claim=claim.number,
                what=what,
                offset=offset,
                length=length,
            )
            where = subjects.down(claim.worker, subjects.PULL)
            return await self.request(where, encode(pull), subjects.answer_to_bot(claim.worker))

        await pieces.fetch(incoming, ask, self._paces[claim.worker])
