"""A member's clip on its way in: fetched, read in a process of its own, and made anew from its pixels.

What :mod:`bot.intake.picture_intake` is for pictures. The order of the checks goes from cheap to dear:
declared size, address, bytes, container, list of packets, pixels.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import imageio_ffmpeg

from bot.intake import sandbox
from bot.intake.attachment import Attachment, is_empty
from bot.intake.clip_refusals import explain
from bot.intake.file_reader import FileReader
from bot.intake.media_intake import MediaIntake
from bot.intake.sound_intake import CleanSound, SoundIntake
from engine.core.errors import UserError
from engine.untrusted.clip_headers import ClipLimits, ClipRefusal, ClipRefused
from engine.untrusted.foreign_recipe import ForeignRecipe, read_foreign
from engine.untrusted.headers import Refused

log = logging.getLogger(__name__)

T = TypeVar("T")

_PROGRAM = sandbox.program("engine.untrusted.read_video")
_RECIPE_PROGRAM = sandbox.program("engine.untrusted.read_recipe")


@dataclass(frozen=True, kw_only=True)
class ClipIntakeLimits(ClipLimits):
    """What a clip may be, and what taking it in may cost.

    Attributes:
        download_seconds: to fetch it, a second try included.
        decode_wall_seconds: to read it, on the clock.
        decoders: clips that are read at the same time.
        downloads: clips that are fetched at the same time.
        waiting: clips that may wait for each of the two.
    """

    download_seconds: float
    decode_wall_seconds: float
    decoders: int
    downloads: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class CleanClip:
    """A clip of which nothing is left but its pixels.

    Attributes:
        mp4: H.264, 4:2:0, upright, square pixels, a constant rate, no sound, no metadata.
        width, height: pixels, even; at most ``working_side``.
        seconds: its length; at most ``keep_seconds``.
        fps: frames per second; at most ``working_fps``.
        sha256: hex digest of ``mp4``.
        even: each frame is shown when it is shown in the file, or nearly.
        notes: what a member should know of it.
    """

    mp4: bytes
    width: int
    height: int
    seconds: float
    fps: float
    sha256: str
    even: bool = True
    notes: tuple[str, ...] = ()


class ClipIntake(MediaIntake[CleanClip]):
    """Takes clips in.

    Attributes:
        reader: has the files read.
    """

    def __init__(self, limits: ClipIntakeLimits, *, folder: Path | None = None) -> None:
        """Make one.

        Args:
            limits: what may be taken in.
            folder: where downloads are kept while they are read, see :class:`MediaIntake`.
        """
        super().__init__(limits, folder=folder)
        self._limits = limits
        self.reader = FileReader(
            "clip",
            limits,
            ClipLimits,
            seconds=limits.decode_wall_seconds,
            reasons=ClipRefusal,
            refused=ClipRefused,
        )

    async def recipe_of(self, attachment: Attachment) -> ForeignRecipe:
        """Fetch an attachment and read the recipe in it; nothing of its pixels is looked at.

        Raises:
            UserError: there is none; the text says why.
        """
        return await self._explained(self._fetch_recipe(attachment))

    async def recipe_in(self, data: bytes) -> ForeignRecipe:
        """Read the recipe in a file; as :meth:`recipe_of`."""
        return await self._explained(self._ask(_RECIPE_PROGRAM, data=data, take=self._take_recipe))

    async def with_sound(
        self, given: Attachment | bytes, sounds: SoundIntake
    ) -> tuple[CleanClip, CleanSound | None]:
        """Take in a clip, given as an attachment or as bytes, and its sound if it has any.

        Raises:
            UserError: as :meth:`from_attachment`.
        """
        if isinstance(given, bytes):
            clean = await self.from_bytes(given)
            sound, note = await sounds.of_clip(given)
        else:
            with await self._explained(self._fetch(given)) as file:
                clean = await self._explained(self._clean(file))
                file.seek(0)  # the process that reads it shares our place in the file
                sound, note = await sounds.of_clip(file)
        return replace(clean, notes=(note,) if note else ()), sound

    def _explain(self, error: Exception) -> UserError:
        if isinstance(error, ClipRefused):
            return explain(error, self._limits)
        log.error("could not take in a clip", exc_info=error)
        return explain(ClipRefused(ClipRefusal.DECODER), self._limits)

    def _too_large(self) -> Exception:
        return ClipRefused(ClipRefusal.BYTES)

    async def _fetch(self, attachment: Attachment) -> BinaryIO:
        try:
            return await super()._fetch(attachment)
        except Refused as refused:  # the downloader's words are those for pictures; the codes are the same
            raise ClipRefused(ClipRefusal(refused.code.value), **refused.facts) from refused

    async def _clean(self, data: bytes | BinaryIO) -> CleanClip:
        return await self._ask(_PROGRAM, imageio_ffmpeg.get_ffmpeg_exe(), data=data, take=self._take)

    async def _fetch_recipe(self, attachment: Attachment) -> ForeignRecipe:
        with await self._fetch(attachment) as file:
            return await self._ask(_RECIPE_PROGRAM, data=file, take=self._take_recipe)

    async def _ask(
        self,
        program: str,
        *arguments: str,
        data: bytes | BinaryIO,
        take: Callable[[dict[str, Any], asyncio.StreamReader], Awaitable[T]],
    ) -> T:
        """Hand a file to a process of its own, and hear what it says."""
        if is_empty(data):
            raise ClipRefused(ClipRefusal.EMPTY)
        if isinstance(data, bytes) and len(data) > self._limits.max_bytes:
            raise ClipRefused(ClipRefusal.BYTES)
        async with self._turns.turn():
            return await self.reader.ask(program, *arguments, data=data, take=take)

    async def _take(self, answer: dict[str, Any], answers: asyncio.StreamReader) -> CleanClip:
        size, frames = int(answer["bytes"]), int(answer["frames"])
        above, below = map(int, answer["rate"])
        width, height = int(answer["width"]), int(answer["height"])
        sound = (
            0 < size <= self._limits.max_result_bytes
            and min(width, height) > 0
            and max(width, height) <= self._limits.working_side
            and 0 < above <= below * self._limits.working_fps
            and 0 < frames * below <= above * self._limits.keep_seconds + below
        )
        if not sound:
            raise ValueError(f"the decoder answered with {answer}")
        mp4 = await answers.readexactly(size)
        return CleanClip(
            mp4=mp4,
            width=width,
            height=height,
            seconds=frames * below / above,
            fps=above / below,
            sha256=_digest(mp4),
            even=bool(answer["even"]),
        )

    async def _take_recipe(self, answer: dict[str, Any], _answers: asyncio.StreamReader) -> ForeignRecipe:
        return read_foreign(answer["recipe"])


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
