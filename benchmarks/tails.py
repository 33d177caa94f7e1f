"""How much each good clip counts, and the threshold that so many of them pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def shares(source: NDArray[np.str_]) -> Array:
    """How much each good clip counts: each source by the root of its clips; sums to 1."""
    counts = {name: int((source == name).sum()) for name in set(source)}
    share = np.array([1 / np.sqrt(counts[name]) for name in source])
    return np.asarray(share / share.sum())


def threshold(margin: Array, share: Array, wanted: float) -> float:
    """The lowest threshold at which no more than the wanted share of good clips is rejected."""
    order = np.argsort(-margin)
    reached = np.cumsum(share[order])
    first = int(np.searchsorted(reached, wanted, side="right"))
    return float(margin[order][min(first, len(order) - 1)]) + 1e-6
