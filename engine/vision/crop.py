"""Fitting a picture to a frame: cropped in the middle or around what it is about, never stretched."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.sight import Spot

Area = tuple[float, float, float, float]
"""Left, top, right, bottom, as shares of the picture's width and height."""

HEAD_ROOM = 0.4
"""Above a face, as a share of its height, and half of it on the other sides."""
MIDDLE = 0.5


def cover(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Scale and crop a picture so that it fills a frame.

    Args:
        picture: uint8 ``[H, W, 3]``.
        width, height: the frame, in pixels.

    Returns:
        uint8 ``[height, width, 3]``. Both sides are scaled by one factor; the excess is cut off evenly on
        both sides.
    """
    rows, columns = picture.shape[:2]
    scale = max(width / columns, height / rows)
    size = (max(width, round(columns * scale)), max(height, round(rows * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(picture, size, interpolation=interpolation)
    left = (size[0] - width) // 2
    top = (size[1] - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width], dtype=np.uint8)


def cropped(picture: NDArray[np.uint8], frame: float, at: tuple[float, float]) -> NDArray[np.uint8]:
    """The part of a picture that has a frame's shape, at its own size.

    Args:
        picture: uint8 ``[H, W, 3]``.
        frame: its width over its height.
        at: the shares of the excess that are cut off on the left and at the top; 0.5 is the middle.

    Returns:
        uint8 ``[h, w, 3]``.
    """
    rows, columns = picture.shape[:2]
    wide, high = min(columns, max(1, round(rows * frame))), min(rows, max(1, round(columns / frame)))
    left, top = round((columns - wide) * at[0]), round((rows - high) * at[1])
    return np.ascontiguousarray(picture[top : top + high, left : left + wide], dtype=np.uint8)


def aimed_at(spots: Sequence[Spot], own: float, frame: float, *, heads: bool = True) -> tuple[float, float]:
    """Where a picture is cropped so that what it is about stays in it, with room above the heads.

    Args:
        spots: what it is about; none: its middle.
        own, frame: width over height of the picture and of the frame.
        heads: they are faces, which get room around them; where not all fits, the upper ones stay.

    Returns:
        As :func:`cropped` takes it.
    """
    if not spots:
        return MIDDLE, MIDDLE
    share = (min(1.0, frame / own), min(1.0, own / frame))
    cores = [(spot.left, spot.top, spot.left + spot.width, spot.top + spot.height) for spot in spots]
    core = around(cores)
    seen = around([roomy(one, HEAD_ROOM, HEAD_ROOM / 2) for one in cores]) if heads else core
    starts = [
        window_start(
            (seen[axis], seen[axis + 2]),
            (core[axis], core[axis + 2]),
            share[axis],
            upper=heads and axis == 1,
        )
        for axis in range(2)
    ]
    across, down = (
        MIDDLE if length == 1 else start / (1 - length) for start, length in zip(starts, share, strict=True)
    )
    return round(across, 3), round(down, 3)


def around(areas: Sequence[Area]) -> Area:
    """The area that holds all areas; there has to be one."""
    left, top, right, bottom = zip(*areas, strict=True)
    return min(left), min(top), max(right), max(bottom)


def roomy(face: Area, above: float, beside: float) -> Area:
    """A face with room around it, in its own sides, as far as the picture has any."""
    left, top, right, bottom = face
    wide, high = right - left, bottom - top
    return (
        max(0.0, left - beside * wide),
        max(0.0, top - above * high),
        min(1.0, right + beside * wide),
        min(1.0, bottom + beside * high),
    )


def window_start(
    seen: tuple[float, float], core: tuple[float, float], length: float, *, upper: bool
) -> float:
    """Where a window begins that holds something: as near to the middle as it can.

    Args:
        seen: its first and last place, with room around it.
        core: the same without the room.
        length: of the window.
        upper: it is the upper side that counts, where not even the core fits: rather the heads than the feet.
    """
    first, last = seen
    left = length - (core[1] - core[0])
    if last - first <= length:
        start = float(np.clip((1 - length) / 2, last - length, first))
    elif left >= 0:  # less room on both sides, in the same proportion
        start = core[0] - left * (core[0] - first) / (core[0] - first + last - core[1])
    else:
        start = core[0] if upper else (core[0] + core[1] - length) / 2
    return float(np.clip(start, 0.0, 1 - length))
