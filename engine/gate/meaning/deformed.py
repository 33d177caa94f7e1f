"""How much more out of shape a face looks at the end than it did at the beginning.

A witness that needs no motion: each look's picture of the face is judged by itself
(:mod:`engine.vision.deformation`). Faces differ, and drawn ones look odd to it from the first frame on. So
what counts is the rise, which has to hold through the last third of the looks.
"""

from __future__ import annotations

import numpy as np

from engine.gate.meaning.faces import Followed
from engine.gate.meaning.movement import times_of
from engine.gate.meaning.trend import Trend, lesser

WAYS = ("looks bent", "looks slid", "looks gone")
"""What rises, in the order of :data:`engine.vision.deformation.ANSWERS`."""

FEWEST = 4
"""Looks, below which nothing is said."""
SLIGHTEST, SUREST = -3.0, 5.0
"""Answers below odds of 1 to 20 tell nothing apart, nor do those above 150 to 1: the edge of a helmet, which
it has not learnt, gives either."""


def rises(face: Followed) -> dict[str, float]:
    """By how much each answer rises, in natural logarithms of odds, by way.

    The lesser of the trend and of what the last third of the looks shows, and 0 at least. Nothing where the
    network cannot be asked, or the face was seen too seldom.
    """
    seen = [(look, look.deformed) for look in face.looks if look.mesh is not None]
    rows = [deformed for _, deformed in seen if deformed is not None]
    if face.deformed is None or len(rows) != len(seen) or len(seen) < FEWEST:
        return {}
    first, later = (np.clip(answers, SLIGHTEST, SUREST) for answers in (face.deformed, np.stack(rows)))
    trend = Trend.of(times_of([look for look, _ in seen]), later - first)
    both = zip(WAYS, trend.slope, trend.late, strict=True)
    return {way: max(0.0, lesser(float(slope), float(late))) for way, slope, late in both}
