"""The columns of a picture that cut through letters: at any other one a frame may end."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Area = tuple[float, float, float, float]
"""Left, top, right, bottom, as shares of the picture's width and height."""

BEYOND = 0.2
"""Of a line's height: how far above and below it the ground is seen, without which a stroke is a plain."""
STROKE = 0.4
"""Share of the usual contrast of a line's columns from which on one has a stroke in it."""
CLEAR = 0.01
"""Share of the picture's width that a frame's edge stays away from a stroke."""


def letter_columns(picture: NDArray[np.uint8], texts: Sequence[Area]) -> NDArray[np.bool_]:
    """Which columns have a stroke of a letter in them, or one close by.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        texts: lines of letters.

    Returns:
        bool ``[W]``.
    """
    rows, columns = picture.shape[:2]
    light = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), 1.5).astype(np.int16)
    found = np.zeros(columns, np.uint8)
    for left, top, right, bottom in texts:
        room = BEYOND * (bottom - top)
        upper, lower = max(0, round((top - room) * rows)), round((bottom + room) * rows)
        # A line's box may end within its first or last letter.
        aside = round((bottom - top) / 2 * rows)
        across = slice(max(0, round(left * columns) - aside), round(right * columns) + aside)
        strip = light[upper:lower, across]
        if not strip.size:
            continue
        contrast = strip.max(axis=0) - strip.min(axis=0)
        found[across] |= contrast > STROKE * np.percentile(contrast, 75)
    near = 2 * max(1, round(CLEAR * columns)) + 1
    return np.asarray(cv2.dilate(found[None], np.ones((1, near), np.uint8))[0] > 0, bool)
