"""Which pairs of frames must not be blended: cuts, and frames that are shown twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.likeness import correlation, detail, overlap, palette
from engine.vision.optical_flow import FAST, Floats, dense, grid, luma, read

_LONG_SIDE = 160
_FLOW_SIDE = 32
_LOST_PIXELS = 1.5
_CERTAIN = 2.15
_LIKELY = 1.9
_POSSIBLE = 0.5
_ABOVE_NEIGHBOURS = 0.3
_STILL_LEVEL = 1.6
_ALIKE = 0.9
"""Correlation from which on the pair is no cut, so that motion need not be computed."""


class PairKind(Enum):
    """How two neighbouring frames are related."""

    MOTION = auto()
    CUT = auto()
    DUPLICATE = auto()


def classify_pairs(
    frames: NDArray[np.uint8], *, loop: bool = False, pool: ThreadPoolExecutor | None = None
) -> list[PairKind]:
    """Classify each pair of neighbouring frames.

    A pair is a cut if its distance is very large, or large compared with the neighbouring pairs: fast motion
    raises those too, a cut stands alone.

    Args:
        frames: uint8 ``[T, H, W, 3]``.
        loop: whether the last frame leads back to the first.
        pool: threads that measure the pairs; None: the calling thread.

    Returns:
        T-1 links; T for a loop.
    """
    small = [_shrink(frame) for frame in frames]
    if loop:
        small.append(small[0])
    pairs = list(pairwise(small))
    still = [float(np.percentile(np.abs(b - a).mean(axis=2), 99)) < _STILL_LEVEL for a, b in pairs]
    moving = [pair for pair, same in zip(pairs, still, strict=True) if not same]
    found_distances = iter((pool.map if pool else map)(_distance, moving))
    measured = [(0.0, 0.0) if same else next(found_distances) for same in still]
    distances = np.array([distance for distance, _ in measured])
    residuals = np.array([residual for _, residual in measured])
    found = []
    for k, same in enumerate(still):
        if same:
            found.append(PairKind.DUPLICATE)
            continue
        distance = distances[k]
        around = [j for j in (k - 2, k - 1, k + 1, k + 2) if 0 <= j < len(pairs)]
        apart = not around or distance - distances[around].max() > _ABOVE_NEIGHBOURS
        # A clip of two or three frames has too few other pairs to compare with.
        alone = (
            len(around) > 1
            and apart
            and distance > _POSSIBLE
            and residuals[k] > 2 * residuals[around].max() + 1
        )
        cut = distance > _CERTAIN or (distance > _LIKELY and apart) or alone
        found.append(PairKind.CUT if cut else PairKind.MOTION)
    return found


def _shrink(frame: NDArray[np.uint8]) -> Floats:
    height, width = frame.shape[:2]
    scale = min(1.0, _LONG_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _distance(pair: tuple[Floats, Floats]) -> tuple[float, float]:
    """How far apart two pictures are after motion (0 … 4), and the mean residual in levels."""
    a, b = pair
    one, other = luma(a), luma(b)
    colours = 1 - overlap(palette(a), palette(b))
    where_they_are = correlation(detail(one), detail(other))
    if where_they_are > _ALIKE or min(one.shape) < _FLOW_SIDE:
        return 1 - where_they_are + colours, float(np.abs(one - other).mean())
    first, second = one.astype(np.uint8), other.astype(np.uint8)
    there = dense(first, second, FAST)
    back = dense(second, first, FAST)
    places = grid(*one.shape)
    onto_one, onto_other = read(other, places + there), read(one, places + back)
    like = max(correlation(detail(one), detail(onto_one)), correlation(detail(other), detail(onto_other)))
    lost = float((np.linalg.norm(there + read(back, places + there), axis=2) > _LOST_PIXELS).mean())
    residual = min(float(np.abs(one - onto_one).mean()), float(np.abs(other - onto_other).mean()))
    return 1 - like + lost + colours, residual
