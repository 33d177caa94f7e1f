"""The sketch's pen: smooth polygons, discs, lines and glows at fractions of a pixel."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.families.sketch.words import RGB

Canvas = NDArray[np.uint8]
Points = NDArray[np.float64]

_SHIFT = 4  # OpenCV takes fixed-point coordinates with this many bits of fraction
_ONE = 1 << _SHIFT
_FARTHEST = 1 << 14  # pixels; beyond this the fixed-point coordinates could overflow
_GLOW_STEP = 4  # glow radii are rounded to this many pixels, so that their sprites are made once


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """The colour at ``share`` (0 … 1) of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


class Pen:
    """Draws on a canvas, uint8 ``[H, W, 3]``, in place. Coordinates are pixels, x right and y down."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.height, self.width = canvas.shape[:2]

    def fill(self, points: ArrayLike, colour: RGB) -> None:
        """Fill a polygon, float ``[N, 2]``."""
        cv2.fillPoly(self.canvas, [_fixed(points)], colour, cv2.LINE_AA, _SHIFT)

    def fill_rings(self, rings: list[Points], colour: RGB, share: float = 1.0) -> None:
        """Fill between outlines, even-odd, a ring within another is a hole; ``share`` as in `blend`."""
        if share < 1:
            self.blend(np.concatenate(rings), colour, share)
            return
        cv2.fillPoly(self.canvas, [_fixed(ring) for ring in rings], colour, cv2.LINE_AA, _SHIFT)

    def fill_all(self, polygons: list[Points], colour: RGB) -> None:
        """Fill many convex polygons in one colour."""
        for polygon in polygons:
            cv2.fillConvexPoly(self.canvas, _fixed(polygon), colour, cv2.LINE_AA, _SHIFT)

    def disc(self, x: float, y: float, radius: float, colour: RGB) -> None:
        """Fill a circle."""
        if abs(x) < _FARTHEST and abs(y) < _FARTHEST:
            centre = (round(x * _ONE), round(y * _ONE))
            cv2.circle(
                self.canvas, centre, max(1, round(radius * _ONE)), colour, cv2.FILLED, cv2.LINE_AA, _SHIFT
            )

    def line(self, points: ArrayLike, width: float, colour: RGB) -> None:
        """Draw a line through points, float ``[N, 2]``."""
        cv2.polylines(
            self.canvas,
            [_fixed(points)],
            isClosed=False,
            color=colour,
            thickness=max(1, round(width)),
            lineType=cv2.LINE_AA,
            shift=_SHIFT,
        )

    def blend(self, points: ArrayLike, colour: RGB, share: float) -> None:
        """Lay a polygon, float ``[N, 2]``, over the picture like coloured glass: 0 is clear, 1 opaque."""
        corners = np.asarray(points, np.float64)
        left, top = np.clip(np.floor(corners.min(axis=0)), 0, (self.width, self.height)).astype(int)
        right, bottom = np.clip(np.ceil(corners.max(axis=0)) + 1, 0, (self.width, self.height)).astype(int)
        if left < right and top < bottom:
            under = self.canvas[top:bottom, left:right]
            glass = under.copy()
            cv2.fillPoly(glass, [_fixed(corners - (left, top))], colour, cv2.LINE_AA, _SHIFT)
            cv2.addWeighted(glass, share, under, 1 - share, 0, dst=under)

    def glow(self, x: float, y: float, radius: float, colour: RGB, strength: float = 1.0) -> None:
        """Add light that fades out towards ``radius``."""
        steps = max(1, round(radius / _GLOW_STEP))
        light = _glow(steps, mix((0, 0, 0), colour, min(1.0, strength)))
        reach = light.shape[0] // 2
        left, top = round(x) - reach, round(y) - reach
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(self.width, left + light.shape[1]), min(self.height, top + light.shape[0])
        if x0 < x1 and y0 < y1:
            part = self.canvas[y0:y1, x0:x1]
            cv2.add(part, light[y0 - top : y1 - top, x0 - left : x1 - left], dst=part)


@lru_cache(maxsize=64)
def _glow(steps: int, colour: RGB) -> Canvas:
    reach = steps * _GLOW_STEP
    rows, columns = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    fade = np.clip(1 - np.hypot(rows, columns) / reach, 0, 1) ** 2.2
    return np.asarray(fade[..., None] * np.array(colour) + 0.5, np.uint8)


def _fixed(points: ArrayLike) -> NDArray[np.int32]:
    pixels = np.clip(np.asarray(points, np.float64), -_FARTHEST, _FARTHEST)
    return np.asarray(np.rint(pixels * _ONE), np.int32)
