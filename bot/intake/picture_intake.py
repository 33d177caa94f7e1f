"""A member's picture on its way in: fetched, read in a process of its own, and made anew from its pixels.

The order of the checks goes from cheap to dear: declared size, address, bytes, format, header, pixels.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from bot.intake.decoder import Decoder, Pixels
from bot.intake.download import Attachment, Downloader
from bot.intake.refusals import NOTES, explain
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
        decoders: pictures that are read at the same time.
    """

    download_seconds: float
    decode_wall_seconds: float
    decoders: int


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


class Intake:
    """Takes pictures in. Close it, or use it with ``async with``, to close its connections.

    Attributes:
        decoder: for those who want to know how much memory reading took.
    """

    def __init__(self, limits: IntakeLimits, *, store: Store | None = None) -> None:
        """Make one.

        Args:
            limits: what may be taken in.
            store: where networks that look at pictures may lie; None: nobody looks for faces or nudity.
        """
        self._limits = limits
        self._store = store
        self._downloader = Downloader(max_bytes=self._limits.max_bytes, seconds=self._limits.download_seconds)
        self.decoder = Decoder(
            self._limits, wall_seconds=self._limits.decode_wall_seconds, at_once=self._limits.decoders
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._downloader.close()

    async def from_attachment(self, attachment: Attachment) -> CleanPicture:
        """Fetch an attachment and take it in.

        Raises:
            UserError: it was not taken; the text says why, and what to do.
        """
        return await self._explained(self._fetch_and_clean(attachment))

    async def from_bytes(self, data: bytes) -> CleanPicture:
        """Take in a file's bytes.

        Raises:
            UserError: it was not taken; the text says why, and what to do.
        """
        return await self._explained(self._clean(data))

    async def _explained(self, work: Awaitable[CleanPicture]) -> CleanPicture:
        try:
            return await work
        except Refused as refused:
            raise explain(refused, self._limits) from refused
        except Exception as error:
            log.exception("could not take in a picture")
            raise explain(Refused(Refusal.DECODER), self._limits) from error

    async def _fetch_and_clean(self, attachment: Attachment) -> CleanPicture:
        return await self._clean(await self._downloader.fetch(attachment))

    async def _clean(self, data: bytes) -> CleanPicture:
        if not data:
            raise Refused(Refusal.EMPTY)
        if len(data) > self._limits.max_bytes:
            raise Refused(Refusal.BYTES)
        return await asyncio.to_thread(_make_anew, await self.decoder.decode(data), self._store)


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
