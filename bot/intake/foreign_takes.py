"""What another machine drew, on its way in: read in processes of their own, and made anew.

A server or a service is a stranger, as a member is. Its clip may be of any size and hold anything: ComfyUI's
holds the whole workflow, with the member's words. Nothing of that is left.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import numpy as np

from bot.intake.clip_intake import ClipIntake
from bot.intake.decoder import Decoder
from bot.intake.sound_intake import SoundIntake
from engine.core.elsewhere import TakeFile
from engine.core.errors import HopelessTake, UserError
from engine.core.family import Picture
from engine.core.sentence import Sentence
from engine.untrusted.headers import Refused

log = logging.getLogger(__name__)

UNREADABLE = Sentence("what came back is not a readable clip")


class ForeignTakes:
    """Makes takes anew, as :class:`engine.elsewhere.sanitizing.MakesAnew`."""

    def __init__(self, *, clips: ClipIntake, sounds: SoundIntake, pictures: Decoder) -> None:
        """Make it.

        Args:
            clips: keeps every frame as it is.
            sounds: keeps all of a clip's sound.
            pictures: reads previews.
        """
        self._clips = clips
        self._sounds = sounds
        self._pictures = pictures

    async def clip(self, file: Path, to: Path) -> TakeFile:
        """Make a clip anew; see :meth:`engine.elsewhere.sanitizing.MakesAnew.clip`."""
        data = await asyncio.to_thread(file.read_bytes)
        try:
            clip = await self._clips.from_bytes(data)
        except UserError as error:
            log.warning("%s came back and is no clip: %s", file.name, error)
            raise HopelessTake(UNREADABLE) from error
        sound, note = await self._sounds.of_clip(data)
        made, heard = to / f"{file.stem}-anew.mp4", to / f"{file.stem}-anew.wav"
        await asyncio.to_thread(made.write_bytes, clip.mp4)
        if sound is not None:
            await asyncio.to_thread(heard.write_bytes, sound.wav)
        await asyncio.to_thread(file.unlink)
        return TakeFile(
            clip=made, sound=None if sound is None else heard, notes=(note,) if note else clip.notes
        )

    async def picture(self, data: bytes) -> Picture:
        """Decode a picture; see :meth:`engine.elsewhere.sanitizing.MakesAnew.picture`."""
        try:
            pixels = await self._pictures.decode(data)
        except Refused as refused:
            raise ValueError(f"no readable picture: {refused.code}") from refused
        return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)
