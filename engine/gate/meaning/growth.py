"""Whether a face grows on its head: across and down at once, beside what lies right around it.

A face that turns becomes narrower and no lower, and a chin that drops makes it longer and no wider. When
somebody comes nearer, the hair above the face and the neck below it grow as well, and only what is beside the
head stays behind. So what counts is the lesser growth: beside what is above and below, and beside both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.shape import Crop, coarse, places
from engine.gate.meaning.trend import Trend, falling, lesser
from engine.vision.optical_flow import Floats

_INNER, _RING = 0.8, (1.0, 1.5)
"""In half the face's sides from its middle: the face, and the hair, ears and neck around it."""
_STEADY = 0.75
"""Share of the looks in which the flow of a pixel must be sure."""
_WHOLE = 0.9
"""Share of the face that must be in the picture throughout."""
_FEWEST = 8
"""Places of a quarter of the ring."""
_ROUGH, _LIVELY = 0.08, 0.03
"""Roughness of the face's motion and its wavering about the trend, in widths, where growth counts half: what
does not move as one has no one size."""
_LOOSE = 0.15
"""Difference, in shares, of what is beside each other around the face, where growth counts half."""
_SHRINKS = 0.4
"""A face that shrinks counts by so much of one that grows: hair and hats come over it."""
_PASSES, _OUTLIER, _LEAST, _TINY = 4, 1.5, 0.002, 1e-9


def growth(first: Crop, trend: Trend, sure: Sequence[NDArray[np.bool_]], seen: NDArray[np.bool_]) -> float:
    """By which share a face grows on its head; less where it is lively, or does not move as one.

    Args:
        first: the face.
        trend: of its flow, on the coarse grid.
        sure: where the flow of each look is.
        seen: what was in the picture throughout.

    Returns:
        0 where too little of it is seen.
    """
    x, y = (coarse(axis) for axis in places())
    across, down = x / 0.5, y / max(float(first.points[:, 1].max()), 0.1)
    away = np.hypot(across, down)
    inner = away < _INNER
    ring = (away > _RING[0]) & (away < _RING[1]) & (np.mean(sure, axis=0) >= _STEADY)
    if seen[inner].mean() < _WHOLE:
        return 0.0
    (slope, rough), (late, _) = (_outgrown(flow, inner) for flow in (trend.slope, trend.late))
    around, spread = _around(np.stack([slope, late]), ring, across, down)
    if len(around) < 2:  # noqa: PLR2004 - both ways
        return 0.0
    lively = float(np.sqrt((trend.wavers[:, inner] ** 2).sum(axis=-1).mean()))
    counts = falling(rough, _ROUGH) * falling(lively, _LIVELY) * falling(spread, _LOOSE)
    grown = lesser(*around)
    return counts * (grown if grown > 0 else -_SHRINKS * grown)


def _outgrown(flow: Floats, inner: NDArray[np.bool_]) -> tuple[Floats, float]:
    """By which shares, across and down, places stay behind the face's motion; and how rough that is."""
    x, y = (coarse(axis).astype(np.float64) for axis in places())
    ways = np.dstack([np.ones_like(x), x, y])
    moved, some = flow[inner].astype(np.float64), ways[inner]
    share = np.ones(len(some))
    for _ in range(_PASSES):
        weighted = some * share[:, None]
        fit = np.linalg.solve(weighted.T @ some + _TINY * np.eye(3), weighted.T @ moved)
        off = np.hypot(*(moved - some @ fit).T)
        share = np.minimum(1, (_OUTLIER * float(np.median(off)) + _LEAST) / np.maximum(off, _TINY))
    behind = (ways @ fit - flow) / np.where(np.abs(ways[..., 1:]) < _TINY, _TINY, ways[..., 1:])
    return np.asarray(behind, np.float32), float(np.median(off))


def _around(
    outgrown: Floats, ring: NDArray[np.bool_], across: NDArray[Any], down: NDArray[Any]
) -> tuple[list[float], float]:
    """What the places beside the face say, and those above and below it, of the trend and of late looks.

    With that comes how much they differ among themselves.
    """
    told: list[float] = []
    spreads: list[float] = []
    for axis, (one, other) in enumerate(((across, down), (down, across))):
        sides = [outgrown[:, ring & (side * one > np.abs(other)), axis] for side in (-1, 1)]
        sides = [side for side in sides if side.shape[1] >= _FEWEST]
        middles = [np.median(side, axis=1) for side in sides]
        if sides:
            told.append(float(np.mean([lesser(*(float(value) for value in middle)) for middle in middles])))
        for side, middle in zip(sides, middles, strict=True):
            spreads.append(float(np.median(np.abs(side - middle[:, None]))))
    return told, max(spreads, default=0.0)
