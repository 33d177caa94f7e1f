"""What is hopeless in the draft of a take, so that the rest of it need not be drawn.

A draft is small and rough, and comes after a third of the steps. Only what further steps cannot repair
counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.core.sentence import Sentence

_EMPTY = 1.5
"""The largest deviation of an empty frame, in levels. For a finished frame the gate asks for 2.5."""

_STANDS = 0.35
"""The largest change of any small patch of a frozen draft between two frames, in levels."""

_PATCH = 8


def why_hopeless(frames: NDArray[np.uint8]) -> str | None:
    """Say what is wrong beyond repair, in words a member can read.

    Args:
        frames: the draft, uint8 ``[T, H, W, 3]``, RGB.

    Returns:
        The reason, or None where it may still become a good clip.
    """
    light = frames.mean(axis=3, dtype=np.float32)
    if light.std(axis=(1, 2)).max() < _EMPTY:
        return Sentence("the picture is empty")
    if len(light) > 1 and _patches(np.abs(np.diff(light, axis=0))).max() < _STANDS:
        return Sentence("nothing moves")
    return None


def _patches(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over patches of 8 pixels a side, or over the frame if it is smaller: float32 ``[T, h, w]``."""
    count, height, width = values.shape
    down, across = min(_PATCH, height), min(_PATCH, width)
    whole = values[:, : height // down * down, : width // across * across]
    return np.asarray(
        whole.reshape(count, height // down, down, width // across, across).mean(axis=(2, 4)), np.float32
    )
