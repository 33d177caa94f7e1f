"""Where each trouble's threshold lies: the false rejects that are allowed are spent where they catch most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

GRID = np.arange(6.0, 1.75, -0.1)
"""Levels that a threshold may have, the strictest last."""

UNSEEN = 1.0
"""On sources that nobody has seen a level is passed by so many times its share of good clips, as is reckoned
here on top of what is passed by those at hand."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """What a choice of thresholds is judged by.

    Attributes:
        levels: of each row in each trouble, float64 ``[rows, troubles]``.
        cost: what a reject of the row costs; sums to 1 over the good rows, 0 for the others.
        worth: what it is worth; sums to 1 over the broken rows, 0 for the good ones.
    """

    levels: Array
    cost: Array
    worth: Array


def choose(spread: Spread, budget: float) -> Array:
    """Lower one threshold after the other, always the one that catches most for what it costs.

    A trouble that good clips are far from needs no low threshold to be caught, and gets none: each step costs
    what good clips at hand are rejected, and what is to be expected of others.

    Returns:
        One for each trouble, float64 ``[troubles]``.
    """
    troubles = spread.levels.shape[1]
    place = np.zeros(troubles, int)
    # The first threshold of the grid that rejects each row, in each trouble.
    rejects = np.searchsorted(-GRID, -spread.levels, side="left")
    rejected = (rejects == 0).any(axis=1)
    spent = float(spread.cost[rejected].sum())
    expected = UNSEEN * 10.0**-GRID
    while True:
        best, step = 0.0, None
        for trouble in range(troubles):
            first = place[trouble] + 1
            cost, worth = (
                _gained(rejects[~rejected, trouble], weight[~rejected])[first:]
                for weight in (spread.cost, spread.worth)
            )
            cost = cost + expected[first:] - expected[place[trouble]]
            allowed = spent + cost <= budget
            ratio = np.where(allowed, worth / cost, 0.0)
            if len(ratio) and ratio.max() > best:
                lower = int(ratio.argmax())
                best, step = float(ratio[lower]), (trouble, first + lower, float(cost[lower]))
        if step is None:
            return np.asarray(GRID[place])
        trouble, lower, cost_of_step = step
        place[trouble] = lower
        rejected |= rejects[:, trouble] <= lower
        spent += cost_of_step


def _gained(rejects: NDArray[np.int64], weight: Array) -> Array:
    """What the rows weigh that each threshold of the grid rejects."""
    return np.bincount(rejects, weights=weight, minlength=len(GRID) + 1)[: len(GRID)].cumsum()
