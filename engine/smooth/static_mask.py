"""What stands still over several frames: captions, logos, letterboxes, and the ground before a fixed camera.

Between two frames alone, flow that is wrong by a little bends thin letters. What does not change over three
frames and more does not change in between them.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.optical_flow import Floats

_FEWEST = 3
"""Two frames may look the same at a place by chance, or because something passed in between."""

_NOISE, _CHANGE = 4.0, 10.0
"""Largest change of a channel over the frames, levels: noise up to the one, motion from the other on."""

_EDGE, _STRONG_EDGE = 20.0, 60.0
"""Range of luma around a pixel, levels. Where little differs, moving pixels are alike by chance; where much
does, only what stays is."""

_SURROUNDINGS = np.ones((5, 5), np.uint8)
_FEATHER = 0.5
"""Pixels: letters are thin."""


def static_mask(frames: Sequence[NDArray[np.uint8]]) -> Floats | None:
    """How far each pixel stays as it is.

    Args:
        frames: neighbouring frames, uint8 ``[H, W, 3]``, with no cut between them.

    Returns:
        float32 ``[H, W]``, 0 … 1; None where nothing is known to stay: of fewer than three frames, too.
    """
    if len(frames) < _FEWEST:
        return None
    most, least = frames[0], frames[0]
    for frame in frames[1:]:
        most, least = np.maximum(most, frame), np.minimum(least, frame)
    change = (most - least).max(axis=2).astype(np.float32)
    luma = cv2.cvtColor(frames[0], cv2.COLOR_RGB2GRAY)
    edge = cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, _SURROUNDINGS).astype(np.float32)
    share = np.clip((_CHANGE - change) / (_CHANGE - _NOISE), 0, 1)
    share *= np.clip((edge - _EDGE) / (_STRONG_EDGE - _EDGE), 0, 1)
    if not share.any():
        return None
    return np.asarray(cv2.GaussianBlur(share, (0, 0), _FEATHER), np.float32)
