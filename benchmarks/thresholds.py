"""Where each trouble's threshold lies: the false rejects that are allowed are spent where they catch most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

GRID = np.arange(3.2, 1.25, -0.1)
"""Levels that a threshold may have, the strictest last."""


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

    Returns:
        One for each trouble, float64 ``[troubles]``.
    """
    troubles = spread.levels.shape[1]
    place = np.zeros(troubles, int)
    rejected = (spread.levels >= GRID[0]).any(axis=1)
    spent = float(spread.cost[rejected].sum())
    while True:
        best, step = -np.inf, None
        for trouble in range(troubles):
            for lower in range(place[trouble] + 1, len(GRID)):
                more = ~rejected & (spread.levels[:, trouble] >= GRID[lower])
                cost, worth = float(spread.cost[more].sum()), float(spread.worth[more].sum())
                if spent + cost > budget:
                    break
                if worth > 0 and worth / (cost + 1e-4) > best:
                    best, step = worth / (cost + 1e-4), (trouble, lower, cost)
        if step is None:
            return GRID[place]
        trouble, lower, cost = step
        place[trouble] = lower
        rejected |= spread.levels[:, trouble] >= GRID[lower]
        spent += cost
