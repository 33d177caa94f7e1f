"""Flashes, as WCAG 2.3.1 counts them: three in any second are allowed.

A general flash is a pair of opposing changes of relative luminance by a tenth or more of the most there can
be, where the darker of both is below 0.80. A red flash is such a pair to and from a saturated red. They
count if those that happen together fill more than a quarter of any ten degrees of what is seen: 341 × 256
pixels of 1,024 × 768, a third of the picture each way. Fine, balanced patterns are no flashes, so the picture
is measured in cells of about a degree and a half.

https://www.w3.org/WAI/WCAG21/Understanding/three-flashes-or-below-threshold.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.family import Frames

MOST = 3
"""Flashes that any second may have."""

CELLS = 24
"""Cells along each side; a third of a side is eight of them."""
WINDOW = CELLS // 3
COUNTS = 0.25
"""Share of such a window from which flashes count."""

STEP, DARKER = 0.1, 0.8
"""The least change of relative luminance, and what the darker of both lies below."""
RED, RED_STEP = 0.8, 20.0
"""The share of red in R + G + B from which it is saturated, and the least change of (R - G - B) × 320."""


@dataclass(frozen=True, kw_only=True)
class Flashes:
    """The most flashes that any second of a clip has, and the second at which that one begins."""

    count: int
    second: float

    @property
    def too_many(self) -> bool:
        """Whether it is more than people may be shown without a warning."""
        return self.count > MOST


def count_flashes(frames: Frames, fps: float, *, loops: bool = False) -> Flashes:
    """Count the flashes of a clip.

    Args:
        frames: uint8 ``[T, H, W, 3]``, sRGB.
        fps: frames per second, as it is played.
        loops: it begins anew at its end.
    """
    if loops:
        frames = np.concatenate([frames, frames[: max(1, round(fps))]])
    linear = np.stack([_linear_cells(frame) for frame in frames])
    luminance = np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722], np.float32))
    general = _turns(luminance, STEP, darker=DARKER)
    total = np.maximum(linear.sum(axis=3), 1e-6)
    saturated = linear[..., 0] / total >= RED
    redness = np.where(saturated, np.maximum(0, linear[..., 0] - linear[..., 1] - linear[..., 2]) * 320, 0)
    red = _turns(np.asarray(redness, np.float32), RED_STEP, darker=math.inf)
    worst = Flashes(count=0, second=0.0)
    span = max(1, round(fps))
    for turns in (general, red):
        summed = np.cumsum(np.concatenate([np.zeros((1, *turns.shape[1:]), np.int32), turns]), axis=0)
        for begin in range(max(1, len(turns) - span + 1)):
            counted = summed[min(len(turns), begin + span)] - summed[begin]
            flashes = _seen_together(counted // 2)
            if flashes > worst.count:
                worst = Flashes(count=flashes, second=begin / fps)
    return worst


def _linear_cells(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean light of each cell, float32 ``[CELLS, CELLS, 3]``, 0 … 1."""
    curve = np.arange(256, dtype=np.float32) / 255
    curve = np.where(curve <= 0.04045, curve / 12.92, ((curve + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 (sRGB)
    small = cv2.resize(frame, (CELLS * 8, CELLS * 8), interpolation=cv2.INTER_AREA)
    light = np.asarray(curve, np.float32)[small]
    return np.asarray(cv2.resize(light, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)


def _turns(values: NDArray[np.float32], step: float, *, darker: float) -> NDArray[np.int32]:
    """Where each cell has made an opposing change; int32 ``[T, h, w]``, 0 or 1.

    The changes of a cell are the ways between its extremes; a way counts once it is as long as ``step`` and
    its lower end lies below ``darker``.
    """
    turns = np.zeros(values.shape, np.int32)
    low, high = values[0].copy(), values[0].copy()
    going = np.zeros(values.shape[1:], np.int8)
    for index, now in enumerate(values[1:], 1):
        low = np.where(going <= 0, np.minimum(low, now), low)
        high = np.where(going >= 0, np.maximum(high, now), high)
        rose = (going <= 0) & (now - low >= step) & (low < darker)
        fell = (going >= 0) & (high - now >= step) & (now < darker) & ~rose
        turns[index] = rose | fell
        going = np.where(rose, 1, np.where(fell, -1, going)).astype(np.int8)
        low, high = np.where(fell, now, low), np.where(rose, now, high)
    return turns


def _seen_together(flashes: NDArray[np.int32]) -> int:
    """The most flashes that a quarter of any window of cells has."""
    most = 0
    for count in range(int(flashes.max()), 0, -1):
        share = cv2.blur(
            (flashes >= count).astype(np.float32), (WINDOW, WINDOW), borderType=cv2.BORDER_CONSTANT
        )
        if float(share.max()) > COUNTS:
            most = count
            break
    return most
