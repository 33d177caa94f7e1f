"""Finding the part of a clip that can be repeated without a jump."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.optical_flow import Floats

_LONG_SIDE = 64
_BLUR = 1.0
_FEWEST = 2


@dataclass(frozen=True, kw_only=True)
class Seam:
    """``frames[start:stop]``, played as a loop.

    Attributes:
        start: the first frame of the loop.
        stop: the frame after its last one.
        jump: how far the last frame is from the first, in steps of the clip itself (the median difference of
            neighbours): about 1 is invisible, 3 and more is a visible jump.
    """

    start: int
    stop: int
    jump: float


def find_loop(frames: NDArray[np.uint8], *, shortest: int) -> Seam:
    """Find the pair of frames that closes a loop best.

    The frame after the loop's last should look like its first, and the frame before its first like its last,
    so that motion continues across the seam. Among equals the longest loop wins.

    Args:
        frames: uint8 ``[T, H, W, 3]``.
        shortest: the fewest frames of the loop, 2 … T.

    Raises:
        ValueError: the clip has fewer frames than that, or ``shortest`` is below 2.
    """
    count = len(frames)
    if not _FEWEST <= shortest <= count:
        raise ValueError(f"a loop of {shortest} frames cannot be cut from {count}")
    apart = _distances(frames)
    step = max(float(np.median(np.diagonal(apart, 1))), 0.5)
    pairs = ((i, j) for i in range(count - shortest + 1) for j in range(i + shortest, count + 1))
    start, stop = min(pairs, key=lambda pair: _rank(apart, step, *pair))
    return Seam(start=start, stop=stop, jump=float(apart[stop - 1, start]) / step)


def _rank(apart: Floats, step: float, start: int, stop: int) -> tuple[float, int, int]:
    """Lower is better."""
    # At the clip's own ends there is no frame beyond the seam, so that the seam itself counts.
    seam = max(0.0, float(apart[stop - 1, start]) - step)
    onward = float(apart[stop, start]) if stop < len(apart) else seam
    backward = float(apart[stop - 1, start - 1]) if start else seam
    # A difference within a tenth of the clip's own steps is invisible; then length decides.
    return round((onward + backward) / step, 1), start - stop, start


def _distances(frames: NDArray[np.uint8]) -> Floats:
    """Mean difference of every two frames, float32 ``[T, T]``, levels."""
    height, width = frames.shape[1:3]
    scale = min(1.0, _LONG_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.stack(
        [
            cv2.GaussianBlur(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), (0, 0), _BLUR).ravel()
            for frame in frames
        ]
    ).astype(np.float32)
    return np.stack([np.abs(small - one).mean(axis=1) for one in small])
