"""Files across the line, piece by piece. Whoever wants a file asks for it; nobody can push one at anybody.

Two pieces are under way at a time. They begin at 64 KiB, are doubled up to 256 KiB while they come quickly,
and halved when they are slow, because beats share the line. A transfer goes on where it was cut off.
"""

from __future__ import annotations

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bot.link.connection import Message
from bot.link.errors import Declined, NoAnswer, WrongContent
from bot.link.messages import MAX_PIECE

FIRST_PIECE = 64 * 1024
SMALLEST_PIECE = 8 * 1024
AT_ONCE = 2
QUICK = 0.3
SLOW = 1.0
"""Seconds that a piece takes."""

PIECE_SECONDS = 15.0
"""Until a piece has to be here."""

WRITE_AT = 1 << 20
"""Bytes of a file that are written at a time."""

TRIES = 3
"""Of one piece."""

OK = "ok"
NO = "no"

AskPiece = Callable[[int, int], Awaitable[Message]]
"""Asks for a piece: offset, bytes at most."""


class Arriving(ABC):
    """Bytes that are on their way, piece by piece in their order.

    Attributes:
        offset: bytes that are here.
    """

    def __init__(self, *, size: int, sha256: str) -> None:
        """Begin with nothing."""
        self.size = size
        self.offset = 0
        self._wanted = sha256
        self._digest = hashlib.sha256()

    @property
    def whole(self) -> bool:
        """Whether all bytes are here."""
        return self.offset >= self.size

    async def take(self, data: bytes) -> None:
        """Keep the next bytes.

        Raises:
            WrongContent: there are more than were announced.
            OSError: they cannot be kept now.
        """
        if self.offset + len(data) > self.size:
            raise WrongContent(f"more came than the {self.size} bytes that were announced")
        self.offset += len(data)
        self._keep(data)

    @abstractmethod
    async def settle(self) -> None:
        """All that came is where it belongs.

        Raises:
            OSError: it cannot be kept now; it may be tried again.
        """

    @abstractmethod
    def _keep(self, data: bytes) -> None:
        """Put the next bytes where they belong, or aside for :meth:`settle`."""

    def verify(self) -> None:
        """Believe it.

        Raises:
            WrongContent: it is not whole, or not the file that was wanted.
        """
        if self.offset != self.size or self._digest.hexdigest() != self._wanted:
            raise WrongContent(f"what came is not {self._wanted}")


class Incoming(Arriving):
    """A file that is on its way. A few pieces are written at a time, because each visit to a thread costs."""

    def __init__(self, path: Path, *, size: int, sha256: str) -> None:
        """Begin with nothing; ``path`` is written anew with the first pieces."""
        super().__init__(size=size, sha256=sha256)
        self.path = path
        self._written = 0
        self._waiting: list[bytes] = []

    def _keep(self, data: bytes) -> None:
        self._waiting.append(data)

    async def take(self, data: bytes) -> None:
        """See :meth:`Arriving.take`."""
        await super().take(data)
        if self.offset - self._written >= WRITE_AT:
            await self.settle()

    async def settle(self) -> None:
        """See :meth:`Arriving.settle`."""
        if self._waiting or not self.size:
            await asyncio.to_thread(self._write)

    def _write(self) -> None:
        data = b"".join(self._waiting)
        with self.path.open("r+b" if self._written else "wb") as file:
            file.seek(self._written)
            file.write(data)
        self._digest.update(data)
        self._written += len(data)
        self._waiting.clear()

    def resume(self) -> None:
        """Go on with what an attempt before this one has written, maybe in another process. It may take long.

        Raises:
            OSError: it cannot be read.
        """
        if self.offset or not self.path.exists() or self.path.stat().st_size > self.size:
            return
        with self.path.open("rb") as file:
            while data := file.read(MAX_PIECE):
                self._digest.update(data)
                self._written += len(data)
        self.offset = self._written


class Gathered(Arriving):
    """Bytes that are on their way into memory: few, and not for long.

    Attributes:
        data: those that are here.
    """

    def __init__(self, *, size: int, sha256: str) -> None:
        """Begin with nothing."""
        super().__init__(size=size, sha256=sha256)
        self.data = bytearray()

    async def settle(self) -> None:
        """See :meth:`Arriving.settle`; in memory, it is there at once."""

    def _keep(self, data: bytes) -> None:
        self.data += data
        self._digest.update(data)


class Pace:
    """How large the next piece is. Whoever fetches from the same machine again goes on with its pace."""

    def __init__(self) -> None:
        self.piece = FIRST_PIECE

    def took(self, seconds: float) -> None:
        """A piece came."""
        if seconds < QUICK:
            self.piece = min(MAX_PIECE, self.piece * 2)
        elif seconds > SLOW:
            self.piece = max(SMALLEST_PIECE, self.piece // 2)


async def fetch(incoming: Arriving, ask: AskPiece, pace: Pace | None = None) -> None:
    """Fetch what is missing of a file, and prove it.

    It may be called again with the same ``incoming`` after an error, and goes on at its byte.

    Args:
        incoming: the file.
        ask: asks for one piece.
        pace: of what came from there before; None: nothing did.

    Raises:
        LinkError: a piece did not come; what is here stays.
        WrongContent: what came is not the file. It is of no use to go on.
        OSError: it cannot be written.
    """
    pace = Pace() if pace is None else pace
    under_way: deque[tuple[int, asyncio.Task[bytes]]] = deque()
    asked = incoming.offset
    try:
        while not incoming.whole:
            while asked < incoming.size and len(under_way) < AT_ONCE:
                length = min(pace.piece, incoming.size - asked)
                under_way.append((length, asyncio.create_task(_piece(ask, asked, length, pace))))
                asked += length
            _, task = under_way[0]
            data = await task
            under_way.popleft()
            await incoming.take(data)
        await incoming.settle()
        incoming.verify()
    finally:
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)


async def _piece(ask: AskPiece, offset: int, length: int, pace: Pace) -> bytes:
    """One piece, asked for again when it is lost on the way."""
    clock = asyncio.get_running_loop().time
    for left in reversed(range(TRIES)):
        began = clock()
        try:
            answer = await ask(offset, length)
        except NoAnswer:
            pace.took(PIECE_SECONDS)
            if not left:
                raise
            continue
        data = content_of(answer)
        if len(data) != length:
            raise WrongContent(f"a piece has {len(data)} bytes instead of {length}")
        pace.took(clock() - began)
        return data
    raise AssertionError("unreachable")


def content_of(answer: Message) -> bytes:
    """The bytes of a piece.

    Raises:
        Declined: there are none; the text says why.
    """
    if answer.headers.get(OK) != "1":
        raise Declined(answer.headers.get(NO, "it said nothing")[:200])
    return answer.data


def read_piece(path: Path, offset: int, length: int) -> tuple[bytes, Mapping[str, str]]:
    """A piece of a file here, and the headers to send with it.

    Fewer bytes than were asked for come where the file ends.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(min(length, MAX_PIECE)), {OK: "1"}
    except OSError as error:
        return declined(error.strerror or type(error).__name__)


def declined(reason: str) -> tuple[bytes, Mapping[str, str]]:
    """An answer without bytes."""
    return b"", {NO: reason}
