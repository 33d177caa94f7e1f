"""Files across the line, piece by piece. Whoever wants a file asks for it; nobody can push one at anybody.

Two pieces are under way at a time. They begin at 64 KiB, are doubled up to 256 KiB while they come quickly,
and halved when they are slow, because beats share the line. A transfer goes on where it was cut off.
"""

from __future__ import annotations

import asyncio
import hashlib
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

TRIES = 3
"""Of one piece."""

OK = "ok"
NO = "no"

AskPiece = Callable[[int, int], Awaitable[Message]]
"""Asks for a piece: offset, bytes at most."""


class Incoming:
    """A file that is on its way, piece by piece in their order.

    Attributes:
        offset: bytes that are here.
    """

    def __init__(self, path: Path, *, size: int, sha256: str) -> None:
        """Begin with nothing; ``path`` is written anew with the first piece."""
        self.path = path
        self.size = size
        self.offset = 0
        self._wanted = sha256
        self._digest = hashlib.sha256()

    @property
    def whole(self) -> bool:
        """Whether all bytes are here."""
        return self.offset >= self.size

    def add(self, data: bytes) -> None:
        """Write the next bytes.

        Raises:
            WrongContent: there are more than the file has.
            OSError: they cannot be written.
        """
        if self.offset + len(data) > self.size:
            raise WrongContent(f"more came than the {self.size} bytes that were announced")
        with self.path.open("r+b" if self.offset else "wb") as file:
            file.seek(self.offset)
            file.write(data)
        self._digest.update(data)
        self.offset += len(data)

    def verify(self) -> None:
        """Believe it.

        Raises:
            WrongContent: it is not whole, or not the file that was wanted.
        """
        if self.offset != self.size or self._digest.hexdigest() != self._wanted:
            raise WrongContent(f"what came is not {self._wanted}")


class Pace:
    """How large the next piece is."""

    def __init__(self) -> None:
        self.piece = FIRST_PIECE

    def took(self, seconds: float) -> None:
        """A piece came."""
        if seconds < QUICK:
            self.piece = min(MAX_PIECE, self.piece * 2)
        elif seconds > SLOW:
            self.piece = max(SMALLEST_PIECE, self.piece // 2)


async def fetch(incoming: Incoming, ask: AskPiece) -> None:
    """Fetch what is missing of a file, and prove it.

    It may be called again with the same ``incoming`` after an error, and goes on at its byte.

    Args:
        incoming: the file.
        ask: asks for one piece.

    Raises:
        LinkError: a piece did not come; what is here stays.
        WrongContent: what came is not the file. It is of no use to go on.
        OSError: it cannot be written.
    """
    pace = Pace()
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
            await asyncio.to_thread(incoming.add, data)
        if incoming.size == 0:
            await asyncio.to_thread(incoming.add, b"")
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
