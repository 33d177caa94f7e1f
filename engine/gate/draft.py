"""What is hopeless in the first look at a take, so that the rest of it need not be drawn.

A draft is small and rough, and comes after a third of the steps: only what no further step mends counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_EMPTY = 1.5
"""Levels that an empty frame deviates from its mean, at most. In a finished frame the gate asks for 2.5."""

_STANDS = 0.35
"""Levels that any small patch of a frozen draft changes from frame to frame, at most."""

_PATCH = 8


def why_hopeless(frames: NDArray[np.uint8]) -> str | None:
    """Say what is wrong beyond mending, in words a member can read.

    Args:
        frames: the draft, uint8 ``[T, H, W, 3]``, RGB.

    Returns:
        None: it may become a good clip.
    """
    light = frames.mean(axis=3, dtype=np.float32)
    if light.std(axis=(1, 2)).max() < _EMPTY:
        return "the picture is empty"
    if len(light) > 1 and _patches(np.abs(np.diff(light, axis=0))).max() < _STANDS:
        return "nothing moves"
    return None


def _patches(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over patches of 8 pixels a side, ``[T, h, w]``; of the whole frame where it is smaller."""
    count, height, width = values.shape
    down, across = min(_PATCH, height), min(_PATCH, width)
    whole = values[:, : height // down * down, : width // across * across]
    return np.asarray(
        whole.reshape(count, height // down, down, width // across, across).mean(axis=(2, 4)), np.float32
    )
