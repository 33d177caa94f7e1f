"""A first look made of the previews that a server sends while it draws."""

from __future__ import annotations

import cv2
import numpy as np

from engine.core.family import Frames, Picture
from engine.elsewhere.sanitizing import MakesAnew

SIDE = 512
"""Pixels of the longest side of a first look."""

SECONDS = 2.0
"""How long a first look lasts: a preview is one picture, and each is shown for its part of this."""

BEGUN = 0.5
"""The share of a take after which a first look is worth showing."""


class Previews:
    """The previews of one take: a few of all that came, spread evenly."""

    def __init__(self, most: int) -> None:
        """Keep ``most`` at most."""
        self._most = most
        self._kept: list[bytes] = []
        self._every = 1
        self._came = 0
        self.shown = False

    def add(self, picture: bytes) -> None:
        """Take one in, as JPEG or PNG."""
        if self._came % self._every == 0:
            self._kept.append(picture)
            if len(self._kept) > self._most:
                self._kept = self._kept[::2]
                self._every *= 2
        self._came += 1

    def are_due(self, share: float) -> bool:
        """Whether a first look is worth showing now, for the first time.

        Args:
            share: of the take that is done.
        """
        return not self.shown and share >= BEGUN and bool(self._kept)

    async def look(self, reads: MakesAnew, fps: float) -> Frames | None:
        """A moving first look; None where no preview can be read.

        Args:
            reads: decodes strangers' pictures.
            fps: frames per second of the result.

        Returns:
            uint8 ``[T, h, w, 3]``.
        """
        self.shown = True
        pictures = []
        for data in list(self._kept):
            try:
                pictures.append(await reads.picture(data))
            except ValueError:
                continue  # node packs put other things there, too
        return _moving(pictures, fps) if pictures else None


def _moving(pictures: list[Picture], fps: float) -> Frames:
    """One picture after the other, all of the first one's size."""
    height, width = pictures[0].shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)
    frames = [np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA), np.uint8) for each in pictures]
    each_for = max(1, round(SECONDS * fps / len(frames)))
    return np.repeat(np.stack(frames), each_for, axis=0)
