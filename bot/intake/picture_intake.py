"""A member's picture on its way in: fetched, read in a process of its own, and made anew from its pixels.

The order of the checks goes from cheap to dear: declared size, address, bytes, format, header, pixels.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from bot.intake.attachment import is_empty
from bot.intake.decoder import Decoder, Pixels
from bot.intake.looking import Looker
from bot.intake.media_intake import MediaIntake
from bot.intake.refusals import NOTES, explain
from engine.core.errors import UserError
from engine.planning.inspect import PictureFacts, inspect
from engine.untrusted.headers import PictureLimits, Refusal, Refused
from engine.weights.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class IntakeLimits(PictureLimits):
    """What a picture may be, and what taking it in may cost.

    Attributes:
        download_seconds: to fetch it, a second try included.
        decode_wall_seconds: to read it, on the clock.
        look_seconds: to look at it, with the wait for others before it; then it is taken unseen.
        decoders: pictures that are read at the same time.
        downloads: pictures that are fetched at the same time.
        waiting: pictures that may wait for each of the two.
    """

    download_seconds: float
    decode_wall_seconds: float
    look_seconds: float
    decoders: int
    downloads: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class CleanPicture:
    """A picture of which nothing is left but its pixels.

    Attributes:
        png: 8-bit RGB in sRGB, upright, no metadata.
        width, height: pixels; at most ``max_working_side``.
        sha256: hex digest of ``png``.
    """

    png: bytes
    width: int
    height: int
    facts: PictureFacts
    sha256: str


class Intake(MediaIntake[CleanPicture]):
    """Takes pictures in.

    Attributes:
        decoder: reads pictures, and knows how much memory that took.
    """

    def __init__(
        self, limits: IntakeLimits, *, store: Store | None = None, folder: Path | None = None
    ) -> None:
        """Make one.

        Args:
            limits: what may be taken in.
            store: where the eyes' networks and the one for nudity are; None: pictures are not looked at.
            folder: where downloads are kept while they are read, see :class:`MediaIntake`.
        """
        super().__init__(limits, folder=folder)
        self._limits = limits
        self._store = store
        self.decoder = Decoder(
            self._limits, wall_seconds=self._limits.decode_wall_seconds, at_once=self._limits.decoders
        )
        self._looker = Looker(store, seconds=limits.look_seconds, memory=limits.decode_memory)

    def _explain(self, error: Exception) -> UserError:
        if isinstance(error, Refused):
            return explain(error, self._limits)
        log.error("could not take in a picture", exc_info=error)
        return explain(Refused(Refusal.DECODER), self._limits)

    def _too_large(self) -> Exception:
        return Refused(Refusal.BYTES)

    async def _clean(self, data: bytes | BinaryIO) -> CleanPicture:
        if is_empty(data):
            raise Refused(Refusal.EMPTY)
        # One turn for both: pixels take up memory until they are a file again.
        async with self._turns.turn():
            pixels = await self.decoder.decode(data)
            made = await asyncio.to_thread(_make_anew, pixels, self._store)
            facts = replace(made.facts, sight=await self._looker.look(pixels))
            return replace(made, facts=facts)


def _make_anew(pixels: Pixels, store: Store | None) -> CleanPicture:
    picture = np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)
    # Level 1: these files live for days, and are read on the same machine.
    _, encoded = cv2.imencode(
        ".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1]
    )
    png = encoded.tobytes()
    facts = inspect(picture, store)
    return CleanPicture(
        png=png,
        width=pixels.width,
        height=pixels.height,
        facts=replace(facts, notes=(*facts.notes, *(NOTES[note] for note in pixels.notes))),
        sha256=hashlib.sha256(png).hexdigest(),
    )
