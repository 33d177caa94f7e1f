"""A member's picture on its way in: fetched, read in a process of its own, and made anew from its pixels.

The order of the checks goes from cheap to dear: declared size, address, bytes, format, header, pixels.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import cv2
import numpy as np

from bot.intake.decoder import Decoder, Pixels
from bot.intake.download import Attachment, Downloader, is_empty
from bot.intake.refusals import explain
from bot.turns import Turns
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
        decoders: pictures that are read at the same time.
        downloads: pictures that are fetched at the same time.
        waiting: pictures that may wait for each of the two.
    """

    download_seconds: float
    decode_wall_seconds: float
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


class Intake:
    """Takes pictures in. Close it, or use it with ``async with``, to close its connections.

    Attributes:
        decoder: for those who want to know how much memory reading took.
    """

    def __init__(
        self, limits: IntakeLimits, *, store: Store | None = None, folder: Path | None = None
    ) -> None:
        """Make one.

        Args:
            limits: what may be taken in.
            store: where networks that look at pictures may lie; None: nobody looks for faces or nudity.
            folder: where downloads lie while they are read, see :class:`bot.intake.download.Downloader`.
        """
        self._limits = limits
        self._store = store
        self._downloader = Downloader(
            max_bytes=limits.max_bytes,
            seconds=limits.download_seconds,
            turns=Turns(at_once=limits.downloads, waiting=limits.waiting),
            folder=folder,
        )
        self._turns = Turns(at_once=limits.decoders, waiting=limits.waiting)
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

    def check_size(self, size: int) -> None:
        """Look at how large a file is, before it is fetched.

        Raises:
            UserError: it is too large.
        """
        if size > self._limits.max_bytes:
            raise explain(Refused(Refusal.BYTES), self._limits)

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
        if len(data) > self._limits.max_bytes:
            raise explain(Refused(Refusal.BYTES), self._limits)
        return await self._explained(self._clean(data))

    async def _explained(self, work: Awaitable[CleanPicture]) -> CleanPicture:
        try:
            return await work
        except Refused as refused:
            raise explain(refused, self._limits) from refused
        except UserError:
            raise  # too many wait
        except Exception as error:
            log.exception("could not take in a picture")
            raise explain(Refused(Refusal.DECODER), self._limits) from error

    async def _fetch_and_clean(self, attachment: Attachment) -> CleanPicture:
        with await self._downloader.fetch(attachment) as file:
            return await self._clean(file)

    async def _clean(self, data: bytes | BinaryIO) -> CleanPicture:
        if is_empty(data):
            raise Refused(Refusal.EMPTY)
        # One turn for both: pixels take up memory until they are a file again.
        async with self._turns.turn():
            return await asyncio.to_thread(_make_anew, await self.decoder.decode(data), self._store)


def _make_anew(pixels: Pixels, store: Store | None) -> CleanPicture:
    picture = np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)
    # Level 1: these files live for days, and are read on the same machine.
    _, encoded = cv2.imencode(
        ".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1]
    )
    png = encoded.tobytes()
    return CleanPicture(
        png=png,
        width=pixels.width,
        height=pixels.height,
        facts=inspect(picture, store),
        sha256=hashlib.sha256(png).hexdigest(),
    )
