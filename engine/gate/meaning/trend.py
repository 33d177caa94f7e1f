"""What becomes of a measure over the looks at a face: its steady drift, apart from what turning explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.vision.optical_flow import Floats

_FREE_TURN = 0.005
"""Radians squared, summed over the looks: a face that turns less explains little by it."""


@dataclass(frozen=True)
class Trend:
    """What becomes of a series of arrays over the looks.

    A face that turns changes with the turn and changes back with it; a fault grows with time alone. So the
    series is fitted by time and by the two angles of the turn together, and the angles' part is taken off.

    Attributes:
        slope: at the end, by least squares through nothing at the beginning.
        late: the median of the last third, as it would be at the end.
        wavers: what is left of each look when the slope is taken off.
    """

    slope: Floats
    late: Floats
    wavers: Floats

    @classmethod
    def of(cls, times: Floats, series: Floats, turns: Floats | None = None) -> Trend:
        """Fit a series.

        Args:
            times: of the looks, float ``[L]``, 0 at the beginning and 1 at the end.
            series: float ``[L, ...]``.
            turns: radians left or right, and up or down, float ``[L, 2]``; None: it is taken off already.
        """
        angles = np.zeros((len(times), 2), np.float32) if turns is None else turns
        causes = np.column_stack([times, angles]).astype(np.float64)
        ridge = np.diag([0.0, _FREE_TURN, _FREE_TURN])
        weights = np.linalg.solve(causes.T @ causes + ridge, causes.T)
        slope = np.tensordot(weights[0], series, (0, 0))
        steady = series - np.tensordot(angles @ weights[1:], series, (1, 0))
        count = max(2, len(times) // 3)
        late = np.median(steady[-count:], axis=0) / times[-count:].mean()
        return cls(slope, late, steady - times.reshape(-1, *[1] * (series.ndim - 1)) * slope)


def lesser(one: float, other: float) -> float:
    """The one nearer to 0; 0 if they differ in sign."""
    return 0.0 if one * other < 0 else min(one, other, key=abs)
