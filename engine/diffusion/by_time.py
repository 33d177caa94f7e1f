"""Frames of a member's clip, chosen by time: theirs may have any number a second."""

from __future__ import annotations

import numpy as np

from engine.core.family import Frames, SourceClip
from engine.vision.crop import cover


def frames_by_time(clip: SourceClip, count: int, fps: float, size: tuple[int, int]) -> Frames:
    """What a clip shows at regular moments.

    Args:
        clip: of any size and rate.
        count: how many frames; where the clip is shorter, its last one stays.
        fps: how many a second.
        size: width and height in pixels; frames are cropped to their shape, never stretched.

    Returns:
        uint8 ``[count, height, width, 3]``.
    """
    last = len(clip.frames) - 1
    chosen = [min(last, round(number / fps * clip.fps)) for number in range(count)]
    return np.stack([cover(clip.frames[index], *size) for index in chosen])
