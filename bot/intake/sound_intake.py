"""A member's sound on its way in: fetched, read in a process of its own, and made anew from its samples.

What :mod:`bot.intake.clip_intake` is for clips. The order of the checks is the same, from cheap to dear.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import imageio_ffmpeg

from bot.intake import sandbox
from bot.intake.attachment import Attachment, is_empty
from bot.intake.file_reader import FileReader
from bot.intake.media_intake import MediaIntake
from bot.intake.sound_refusals import explain
from engine.core.errors import UserError
from engine.core.sentence import Sentence
from engine.core.sound_form import RATE
from engine.untrusted.headers import Refused
from engine.untrusted.sound_headers import SoundLimits, SoundRefusal, SoundRefused

log = logging.getLogger(__name__)

_WAV_BYTES = 4
"""Of a sample in both channels."""

_HEAD_BYTES = 64
"""A WAV's head has fewer."""

UNREADABLE = Sentence("the clip's sound could not be read, so the new clip has none of it")
"""What a member reads of a clip that was taken all the same."""

_PROGRAM = sandbox.program("engine.untrusted.read_sound")


@dataclass(frozen=True, kw_only=True)
class SoundIntakeLimits(SoundLimits):
    """What a sound may be, and what taking it in may cost.

    Attributes:
        download_seconds: to fetch it, a second try included.
        decode_wall_seconds: to read it, on the clock.
        decoders: sounds that are read at the same time.
        downloads: sounds that are fetched at the same time.
        waiting: sounds that may wait for each of the two.
    """

    download_seconds: float
    decode_wall_seconds: float
    decoders: int
    downloads: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class CleanSound:
    """A sound of which nothing is left but its samples.

    Attributes:
        wav: two channels of 16 bits, 48,000 samples a second, no tags.
        seconds: its length; at most ``keep_seconds``.
        silent: nobody hears any of it.
        sha256: hex digest of ``wav``.
    """

    wav: bytes
    seconds: float
    silent: bool
    sha256: str


class SoundIntake(MediaIntake[CleanSound]):
    """Takes sounds in."""

    def __init__(self, limits: SoundIntakeLimits, *, folder: Path | None = None) -> None:
        """Make one.

        Args:
            limits: what may be taken in.
            folder: where downloads are kept while they are read, see :class:`MediaIntake`.
        """
        super().__init__(limits, folder=folder)
        self._limits = limits
        self._reader = FileReader(
            "sound",
            limits,
            SoundLimits,
            seconds=limits.decode_wall_seconds,
            reasons=SoundRefusal,
            refused=SoundRefused,
        )

    async def of_clip(self, data: bytes | BinaryIO) -> tuple[CleanSound | None, str]:
        """The sound of a clip that is taken in as well; None where it has none.

        Returns:
            The sound, and what a member should know where it has one that cannot be read; "" for nothing.
        """
        try:
            return await self._clean(data), ""
        except SoundRefused as refused:
            return None, "" if refused.code is SoundRefusal.NOSOUND else UNREADABLE

    def _explain(self, error: Exception) -> UserError:
        if isinstance(error, SoundRefused):
            return explain(error, self._limits)
        log.error("could not take in a sound", exc_info=error)
        return explain(SoundRefused(SoundRefusal.DECODER), self._limits)

    def _too_large(self) -> Exception:
        return SoundRefused(SoundRefusal.BYTES)

    async def _fetch(self, attachment: Attachment) -> BinaryIO:
        try:
            return await super()._fetch(attachment)
        except Refused as refused:  # the downloader's words are those for pictures; the codes are the same
            raise SoundRefused(SoundRefusal(refused.code.value), **refused.facts) from refused

    async def _clean(self, data: bytes | BinaryIO) -> CleanSound:
        if is_empty(data):
            raise SoundRefused(SoundRefusal.EMPTY)
        async with self._turns.turn():
            return await self._reader.ask(
                _PROGRAM, imageio_ffmpeg.get_ffmpeg_exe(), data=data, take=self._take
            )

    async def _take(self, answer: dict[str, Any], answers: asyncio.StreamReader) -> CleanSound:
        size, samples = int(answer["bytes"]), int(answer["samples"])
        most = self._limits.keep_seconds * RATE + 1
        if not (0 < samples <= most and samples * _WAV_BYTES <= size <= samples * _WAV_BYTES + _HEAD_BYTES):
            raise ValueError(f"the decoder answered with {answer}")
        wav = await answers.readexactly(size)
        return CleanSound(
            wav=wav,
            seconds=samples / RATE,
            silent=bool(answer["silent"]),
            sha256=hashlib.sha256(wav).hexdigest(),
        )
