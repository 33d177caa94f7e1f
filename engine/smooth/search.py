"""Dense inverse search between two luma pictures, and fields resized."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.optical_flow import Floats

SMALLEST_SIDE = 16
"""DIS needs some patches of 8 px."""

_DESCENT_STEPS = 12

_NOTHING: Any = None
"""OpenCV accepts None as an initial flow; its type stubs do not know that."""


def search(
    source: NDArray[np.uint8],
    target: NDArray[np.uint8],
    start: Floats | None,
    *,
    stride: int,
    refinements: int,
) -> Floats:
    """Dense inverse search (Kroeger et al. 2016) down to single pixels.

    OpenCV's presets stop at half size or coarser, and here the pictures are reduced already. Without
    variational refinement, edges of the flow fray.

    Args:
        source, target: uint8 ``[h, w]``, 16 pixels or more on each side.
        start: a guess to start from, float32 ``[h, w, 2]``; None: nothing moves.
        stride: pixels from patch to patch.
        refinements: steps of the variational refinement.

    Returns:
        Flow of the source's pixels, float32 ``[h, w, 2]``, pixels, x first.
    """
    # OpenCV 5.0's DIS object remembers its last call, so that each call needs a new one.
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    dis.setFinestScale(0)
    dis.setPatchStride(stride)
    dis.setGradientDescentIterations(_DESCENT_STEPS)
    dis.setVariationalRefinementIterations(refinements)
    # The flow is written over the guess.
    return np.asarray(dis.calc(source, target, _NOTHING if start is None else start.copy()), np.float32)


def resized(flow: Floats, height: int, width: int) -> Floats:
    """The flow, float32 ``[h, w, 2]``, resized for another picture size, in pixels of that size."""
    if flow.shape[:2] == (height, width):
        return flow
    scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    if width < flow.shape[1]:
        return np.asarray(cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA) * scale, np.float32)
    return np.asarray(cv2.resize(flow * scale, (width, height)), np.float32)
