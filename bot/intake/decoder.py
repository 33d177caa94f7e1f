"""The parent's side of reading a picture: one process for each file, watched and limited."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, BinaryIO

from bot.intake import sandbox
from bot.intake.file_reader import FileReader
from engine.untrusted.headers import Note, PictureLimits, Refusal, Refused

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
        reader: has the files read.
    """

    def __init__(self, limits: PictureLimits, *, wall_seconds: float, at_once: int) -> None:
        self._limits = limits
        self.reader = FileReader(
            "picture", limits, PictureLimits, seconds=wall_seconds, reasons=Refusal, refused=Refused
        )
        self._free = asyncio.Semaphore(at_once)

    async def decode(self, data: bytes | BinaryIO) -> Pixels:
        """Decode a file, given as its bytes or open; waits while ``at_once`` others are being read.

        Raises:
            Refused: with the reason.
        """
        async with self._free:
            return await self.reader.ask(_PROGRAM, data=data, take=self._take)

    async def _take(self, answer: dict[str, Any], answers: asyncio.StreamReader) -> Pixels:
        width, height = self._size(answer)
        notes = tuple(map(Note, answer.get("notes", ())))
        data = await answers.readexactly(3 * width * height)
        return Pixels(width=width, height=height, data=data, notes=notes)

    def _size(self, answer: dict[str, Any]) -> tuple[int, int]:
        width, height = int(answer["width"]), int(answer["height"])
        if not (min(width, height) > 0 and max(width, height) <= self._limits.max_working_side):
            raise ValueError(f"the decoder answered with {width}×{height}")
        return width, height
