"""The seam between a finished clip and the part that goes on from it.

The part is drawn from the clip's last frame, and begins with it: that frame is shown once, as it was.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.family import Frames, Picture, RawFrames

LEAD_SECONDS = 1.0
"""How much of the old clip the gate sees before the seam."""

SETTLE_SECONDS = 0.75
"""How long a part may take to come from the light and colour of the last frame to its own."""

_SOFT = 1 / 16
"""Only what is softer than this share of the frame's longer side is light and colour; the rest is detail."""


def last_picture(before: Frames, width: int, height: int) -> Picture:
    """The last frame of a clip, at the size at which the part behind it is drawn; uint8 ``[H, W, 3]``.

    Where a family cannot draw at the clip's own size this is a little out of proportion, and the part is put
    right again by :func:`joined`.
    """
    return np.asarray(_sized(before[-1:], width, height)[0], np.uint8)


def settled(part: RawFrames, picture: Picture, fps: float) -> RawFrames:
    """Take away the step in light and colour that a model makes when it reads a picture and draws it again.

    The first frame becomes the picture itself; the soft part of the difference is given to those that follow,
    less and less.

    Args:
        part: ``[T, H, W, 3]``, uint8 or float32 in 0 … 1, as drawn.
        picture: uint8 ``[H, W, 3]``.
        fps: of the part.

    Returns:
        A new array of the same shape and type.
    """
    whole = part.dtype == np.uint8
    first = picture.astype(np.float32) / (1 if whole else 255)
    sigma = _SOFT * max(picture.shape[:2])
    away = np.asarray(cv2.GaussianBlur(first - part[0].astype(np.float32), (0, 0), sigma), np.float32)
    out = part.copy()
    out[0] = picture if whole else first
    count = min(len(part), round(SETTLE_SECONDS * fps) + 1)
    for index in range(1, count):
        moved = part[index].astype(np.float32) + away * (1 - index / count)
        out[index] = np.clip(moved + 0.5, 0, 255) if whole else np.clip(moved, 0, 1)
    return out


def led_in(before: Frames, before_fps: float, part: RawFrames, fps: float) -> tuple[RawFrames, float]:
    """What the gate judges: the end of the old clip, at the part's own rate and size, and the part.

    Args:
        before: uint8 ``[N, H, W, 3]``.
        before_fps: its frames per second.
        part: ``[T, h, w, 3]``, whose first frame is the last of ``before``.
        fps: frames per second of the part.

    Returns:
        ``[K + T, h, w, 3]`` of the part's type, and the second of the finished clip at which it begins.
    """
    height, width = part.shape[1:3]
    back = np.arange(round(LEAD_SECONDS * fps), 0, -1) * (before_fps / fps)
    places = len(before) - 1 - back.round().astype(int)
    lead = _sized(before[places[places >= 0]], width, height)
    begins = (len(before) - 1) / before_fps - len(lead) / fps
    if part.dtype == np.uint8:
        return np.concatenate([lead, np.asarray(part, np.uint8)]), begins
    return np.concatenate([lead.astype(np.float32) / 255, np.asarray(part, np.float32)]), begins


def joined(before: Frames, part: Frames) -> Frames:
    """The old clip and, at its size, the part behind it without its first frame.

    Args:
        before: uint8 ``[N, H, W, 3]``.
        part: uint8 ``[T, h, w, 3]``, at the same rate.

    Returns:
        uint8 ``[N + T - 1, H, W, 3]``.
    """
    height, width = before.shape[1:3]
    return np.concatenate([before, _sized(part[1:], width, height)])


def _sized(frames: Frames, width: int, height: int) -> Frames:
    if frames.shape[1:3] == (height, width) or not len(frames):
        return np.asarray(frames.reshape(len(frames), height, width, 3), np.uint8)
    how = cv2.INTER_AREA if width < frames.shape[2] else cv2.INTER_CUBIC
    sized: list[NDArray[np.uint8]] = [
        np.asarray(cv2.resize(frame, (width, height), interpolation=how), np.uint8) for frame in frames
    ]
    return np.stack(sized)
