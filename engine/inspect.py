"""What can be seen of a picture without a model: enough to choose an engine, and to warn.

Everything is measured on a copy with ``MEASURED_SIDE`` pixels on the longest side, so that a figure means the
same for a thumbnail and for a photograph of 40 megapixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MEASURED_SIDE = 384
_FLAT_RANGE = 6
_DRAWING_FLAT = 0.45
_DRAWING_COLOURS = 24
_BUSY_COLOURS = 64


@dataclass(frozen=True, kw_only=True)
class PictureFacts:
    """A picture's facts.

    Attributes:
        width, height: pixels.
        brightness: mean luma, 0 (black) … 1 (white).
        sharpness: standard deviation of the Laplacian of the luma, in steps of 8 bits, at ``MEASURED_SIDE``.
            Below about 3 a picture looks blurred, or has nothing in it.
        flat_share: 0 … 1, the share of pixels whose neighbours have nearly their own colour.
        colours: how many of 4,096 coarse colours cover nine tenths of the picture.
        is_drawing: a guess from the two before: flat areas and few colours.
        faces: how many, or None when nobody has looked.
    """

    width: int
    height: int
    brightness: float
    sharpness: float
    flat_share: float
    colours: int
    is_drawing: bool
    faces: int | None = None

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height


def inspect(picture: NDArray[np.uint8]) -> PictureFacts:
    """Measure a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, MEASURED_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    luma = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    kernel = np.ones((3, 3), np.uint8)
    spread = cv2.dilate(small, kernel).astype(np.int16) - cv2.erode(small, kernel)
    flat_share = float((spread.max(axis=2) <= _FLAT_RANGE).mean())
    colours = _colours(small)
    few = colours <= _DRAWING_COLOURS
    return PictureFacts(
        width=width,
        height=height,
        brightness=float(luma.mean()) / 255,
        sharpness=float(cv2.Laplacian(luma, cv2.CV_32F).std()),
        flat_share=flat_share,
        colours=colours,
        is_drawing=colours <= _BUSY_COLOURS and flat_share >= _DRAWING_FLAT * (1 if few else 1.5),
    )


def _colours(small: NDArray[np.uint8]) -> int:
    coarse = small.astype(np.uint16) >> 4
    index = (coarse[..., 0] << 8) | (coarse[..., 1] << 4) | coarse[..., 2]
    counts = np.sort(np.bincount(index.ravel(), minlength=4096))[::-1]
    return int(np.searchsorted(np.cumsum(counts), 0.9 * index.size)) + 1
