"""Optical flow between two pictures, and moving a picture along it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ULTRAFAST = cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST
FAST = cv2.DISOPTICAL_FLOW_PRESET_FAST
MEDIUM = cv2.DISOPTICAL_FLOW_PRESET_MEDIUM

_NOTHING: Any = None
"""OpenCV accepts None as an initial flow or a second map; its type stubs do not know that."""


def dense(source: NDArray[np.uint8], target: NDArray[np.uint8], preset: int) -> Floats:
    """Flow from each pixel of one luma picture to the other, by dense inverse search.

    Source: Kroeger et al. 2016, *Fast Optical Flow using Dense Inverse Search*.

    Args:
        source, target: uint8 ``[H, W]``, 16 pixels or more on each side.
        preset: ``ULTRAFAST``, ``FAST`` or ``MEDIUM``.

    Returns:
        float32 ``[H, W, 2]``, pixels, x first.
    """
    # OpenCV 5.0's DIS object remembers its last call, so that each call needs a new one.
    dis = cv2.DISOpticalFlow.create(preset)
    return np.asarray(dis.calc(source, target, _NOTHING), np.float32)


def luma(picture: Floats) -> Floats:
    """Luma (BT.601) of an RGB picture, float32 ``[H, W, 3]``: float32 ``[H, W]``."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)


def grid(height: int, width: int) -> Floats:
    """The coordinates of each pixel: float32 ``[H, W, 2]``, x first."""
    columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    return np.dstack(np.meshgrid(columns, rows))


def read(field: Floats, places: Floats, interpolation: int = cv2.INTER_LINEAR) -> Floats:
    """Sample a picture or a flow at fractional places; the border is repeated.

    Args:
        field: float32 ``[H, W, channels]`` or ``[H, W]``.
        places: float32 ``[h, w, 2]``, x first.
        interpolation: linear, or ``cv2.INTER_CUBIC``.
    """
    found = cv2.remap(field, places, _NOTHING, interpolation, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)
