"""How good clips spread: their share, the tail of their scores, and the threshold that so many pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.quality.calibration import KNOTS, Tail

Array = NDArray[np.float64]

SHORTEST_DECADE = 0.15
"""By so much a score must grow at least to be ten times rarer: good clips of few sources look too alike."""


def shares(source: NDArray[np.str_]) -> Array:
    """How much each good clip counts: each source by the root of its clips; sums to 1."""
    counts = {name: int((source == name).sum()) for name in set(source)}
    share = np.array([1 / np.sqrt(counts[name]) for name in source])
    return share / share.sum()


def tail(scores: Array, share: Array) -> Tail:
    """Scores at the knots; beyond the last an exponential, by the mean excess over it."""
    order = np.argsort(-scores)
    reached = np.cumsum(share[order])
    knots = [float(scores[order][min(int(np.searchsorted(reached, knot)), len(order) - 1)]) for knot in KNOTS]
    beyond = scores > knots[-1]
    excess = float(np.average(scores[beyond] - knots[-1], weights=share[beyond])) if beyond.any() else 0.0
    return Tail(knots=tuple(knots), decade=max(excess * float(np.log(10)), SHORTEST_DECADE))


def threshold(margin: Array, share: Array, wanted: float) -> float:
    """The lowest threshold at which no more than the wanted share of good clips is rejected."""
    order = np.argsort(-margin)
    reached = np.cumsum(share[order])
    first = int(np.searchsorted(reached, wanted, side="right"))
    return float(margin[order][min(first, len(order) - 1)]) + 1e-6
