"""Where things go between two frames, and where they come from at any moment between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.motion import MEDIUM, Floats, dense, read

_SMALLEST_SIDE = 16
"""DIS needs some patches of 8 px; smaller frames are blended where they stand."""

_INVERSION_STEPS = 3


@dataclass(frozen=True, kw_only=True)
class PairFlow:
    """Optical flow between two frames, both ways, in pixels: float32 ``[H, W, 2]``, x first.

    Attributes:
        there: from each pixel of the earlier frame to the later one.
        back: from each pixel of the later frame to the earlier one.
    """

    there: Floats
    back: Floats


FlowSource = Callable[[NDArray[np.uint8], NDArray[np.uint8]], PairFlow]
"""Two frames, uint8 ``[H, W, 3]``, to their flow. The seam where a learned flow fits in."""


def dis_flow(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> PairFlow:
    """Dense inverse search, both ways."""
    if min(a.shape[:2]) < _SMALLEST_SIDE:
        still = np.zeros((*a.shape[:2], 2), np.float32)
        return PairFlow(there=still, back=still)
    one, other = (np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8) for frame in (a, b))
    return PairFlow(
        there=dense(one, other, MEDIUM),
        back=dense(other, one, MEDIUM),
    )


def origin(flow: Floats, time: float, places: Floats) -> Floats:
    """The pixel that has come to each place after ``time`` of a flow.

    Solves ``p + time * flow(p) = place`` by a few fixed-point steps.

    Args:
        flow: float32 ``[H, W, 2]``.
        time: 0 … 1.
        places: float32 ``[H, W, 2]``, from :func:`engine.motion.grid`.

    Returns:
        float32 ``[H, W, 2]``, places in the frame where the flow starts.
    """
    start = places
    for _ in range(_INVERSION_STEPS):
        start = places - time * read(flow, start)
    return start
