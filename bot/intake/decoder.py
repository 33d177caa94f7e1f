"""The parent's side of reading a picture: one process for each file, watched and limited."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any, BinaryIO

from bot.intake import sandbox
from engine.untrusted.headers import Note, PictureLimits, Refusal, Refused

log = logging.getLogger(__name__)

_PROGRAM = sandbox.program("engine.untrusted.decode_picture")


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """A decoded picture.

    Attributes:
        data: RGB, 8 bits a channel, row by row, ``3 * width * height`` bytes.
        notes: what its member should know about it.
    """

    width: int
    height: int
    data: bytes
    notes: tuple[Note, ...] = ()


class Decoder:
    """Reads pictures, each in a process of its own.

    Attributes:
        peak_bytes: the most memory that any of the processes said it held.
    """

    def __init__(self, limits: PictureLimits, *, wall_seconds: float, at_once: int) -> None:
        own = {field.name for field in fields(PictureLimits)}
        self._limits = limits
        self._argument = json.dumps({name: value for name, value in asdict(limits).items() if name in own})
        self._wall_seconds = wall_seconds
        self._free = asyncio.Semaphore(at_once)
        self.peak_bytes = 0

    async def decode(self, data: bytes | BinaryIO) -> Pixels:
        """Decode a file, given as its bytes or open; waits while ``at_once`` others are being read.

        Raises:
            Refused: with the reason.
        """
        async with self._free:
            try:
                return await sandbox.ask(
                    _PROGRAM,
                    self._argument,
                    data=data,
                    seconds=self._wall_seconds,
                    listen=partial(self._listen, data),
                )
            except sandbox.OutOfTime as error:
                raise Refused(Refusal.TIME) from error
            except sandbox.Died as died:
                # A broken decoder is never called a broken picture.
                words = died.last_words
                log.exception(
                    "picture %s: the decoder ended with status %s %s",
                    sandbox.digest_of(data),
                    died.status,
                    words,
                )
                raise Refused(Refusal.DECODER) from died

    async def _listen(self, data: bytes | BinaryIO, answers: asyncio.StreamReader) -> Pixels:
        answer: dict[str, Any] = json.loads(await answers.readline())
        self.peak_bytes = max(self.peak_bytes, answer["peak_bytes"])
        if "code" in answer:
            if "detail" in answer:
                log.error("picture %s: the decoder failed\n%s", sandbox.digest_of(data), answer["detail"])
            raise Refused(Refusal(answer["code"]), **answer["facts"])
        width, height = self._size(answer)
        notes = tuple(map(Note, answer.get("notes", ())))
        data = await answers.readexactly(3 * width * height)
        return Pixels(width=width, height=height, data=data, notes=notes)

    def _size(self, answer: dict[str, Any]) -> tuple[int, int]:
        width, height = int(answer["width"]), int(answer["height"])
        if not (min(width, height) > 0 and max(width, height) <= self._limits.max_working_side):
            raise ValueError(f"the decoder answered with {width}×{height}")
        return width, height
