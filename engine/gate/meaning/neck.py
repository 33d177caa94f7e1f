"""How far a head slides on its body, beside what leaning and tilting explain.

Who leans or tilts the head turns and bends the neck: from face to chest, the motion across changes evenly
with the height. Where a head slides off, it jumps in a narrow band. So that motion, row by row, is taken for
a parabola over the height, which a turn and a bend explain, and a step; the step is what slid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.shape import Crop, coarse, places
from engine.gate.meaning.trend import Trend, lesser
from engine.vision.optical_flow import Floats

_WIDE = 0.5
"""How far to both sides the neck is looked at; all lengths are in widths of the face."""
_ABOVE, _BELOW = 0.45, 0.75
"""How far from the chin the rows reach."""
_BAND = 0.25
"""Height in which the motion jumps."""
_FROM, _TO, _EACH = -0.1, 0.34, 0.04
"""Where below the chin the middle of that band may be."""
_FEWEST_CELLS, _FEWEST_ROWS, _FEWEST_BEYOND = 4, 8, 2
"""Cells of a row, rows, and rows above and below the band, without which nothing is said."""


@dataclass(frozen=True)
class Step:
    """A jump of the motion across, between face and chest.

    Attributes:
        across: how much further the chest moves, at the end: the lesser of trend and late looks, widths.
        wavers: how much the step of each look is beside the trend, standard deviation, widths.
    """

    across: float
    wavers: float


def step_of(first: Crop, times: Floats, flows: Floats, turns: Floats, sure: NDArray[np.bool_]) -> Step | None:
    """Find the step where it fits best.

    Args:
        first: the face.
        times: of the looks, float ``[looks]``.
        flows: of each look, on the coarse grid, float ``[looks, h, w, 2]``, widths.
        turns: of each look, radians, float ``[looks, 2]``.
        sure: where the flow is taken, bool ``[h, w]``.

    Returns:
        None where too little of neck and chest is seen.
    """
    below, rows = _rows(first, flows, sure)
    if len(below) < _FEWEST_ROWS:
        return None
    slope = Trend.of(times, rows, turns).slope
    fits = [fit for middle in np.arange(_FROM, _TO, _EACH) if (fit := _fit(below, slope, middle)) is not None]
    if not fits:
        return None
    _, weights = min(fits, key=lambda fit: fit[0])
    trend = Trend.of(times, (rows @ weights).astype(np.float32), turns)
    return Step(lesser(float(trend.slope), float(trend.late)), float(trend.wavers.std()))


def _rows(first: Crop, flows: Floats, sure: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """How far below the chin the rows are, and their median motion across in each look, ``[looks, rows]``."""
    x, y = (coarse(axis) for axis in places())
    below = y[:, 0] - float(first.points[:, 1].max())
    taken = sure & (np.abs(x) < _WIDE)
    seen = (below > -_ABOVE) & (below < _BELOW) & (taken.sum(axis=1) >= _FEWEST_CELLS)
    rows = [np.median(flows[:, n, taken[n], 0], axis=1) for n in np.flatnonzero(seen)]
    return below[seen], np.array(rows, np.float32).reshape(-1, len(flows)).T


def _fit(below: Floats, moved: Floats, middle: float) -> tuple[float, Floats] | None:
    """What a step at a height leaves unexplained, and how much each row counts for its size."""
    if min((below < middle - _BAND / 2).sum(), (below > middle + _BAND / 2).sum()) < _FEWEST_BEYOND:
        return None
    step = np.clip((below - middle) / _BAND + 0.5, 0, 1)
    ways = np.stack([step, np.ones_like(below), below, below**2], axis=1).astype(np.float64)
    solved = np.linalg.pinv(ways)
    return float(((moved - ways @ (solved @ moved)) ** 2).sum()), solved[0]
