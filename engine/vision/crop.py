"""Fitting a picture to a frame: cropped in the middle, never stretched."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


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
