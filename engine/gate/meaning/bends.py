"""How far a face bends out of shape, as far as three witnesses agree.

The flow and the mesh err in different ways: a light that changes misleads the one, and the other draws a
usual face over an unusual one. What a rigid motion leaves of both is followed over the looks. The drift of
the flow counts beside what it wavers and what turning leaves of it, by how much the mesh drifts alike, and by
how much more out of shape the face looks in the end (:mod:`engine.gate.meaning.deformed`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.faces import Look
from engine.gate.meaning.shape import CELL, Crop, stiffly
from engine.gate.meaning.trend import Trend
from engine.vision.optical_flow import Floats

_NOISE, _LEAST = 0.1, 0.004
"""By how much a trend of the flow errs, in pixels of the frame, and at least, in widths of the face."""
_TURN = 0.05
"""What a turn by a radian leaves of a face, in widths: it is rigid only nearly."""
_USUAL = 0.01
"""How much a usual face wavers, with all that, in widths."""
_MOST = 0.06
"""What drifts further, in widths, is a flow that lost the face."""
_MARGIN = (5, 5)
"""Places of the coarse grid around a point that have to be in the picture as well."""
_TINY = 1e-9
_SLIGHT_RISE = 0.5
"""Natural logarithm of odds: a face that looks bent by so much more does not look it."""


@dataclass(frozen=True, kw_only=True)
class Bend:
    """What a face's looks tell of its bending.

    Attributes:
        drift: of its stiff points along the flow, root mean square, in widths.
        excuses: by name, each 0 where the two agree on a usual face; the larger, the less the drift tells.
    """

    drift: float
    excuses: Mapping[str, float]

    def counted(self, weights: Mapping[str, float]) -> float:
        """The drift as large as it counts, in widths, given how much each circumstance excuses."""
        return float(self.drift * np.exp(-sum(weights[name] * each for name, each in self.excuses.items())))


def bend_of(
    first: Crop, points: Floats, told: Sequence[Look], seen: Sequence[Look], *, rise: float | None
) -> Bend | None:
    """Read the bending of a face.

    Args:
        first: the face.
        points: where the flow leads its mesh, without what turning does, float ``[told, 468, 2]``, widths.
        told: the looks that tell something of its shape.
        seen: all that have a mesh.
        rise: by how much more bent it looks in the end, natural logarithm of odds; None: unknown.

    Returns:
        None where nothing of it stays in the picture.
    """
    shown = points_shown(first, told)
    stiff = ~first.loose & shown
    if not stiff.any():
        return None
    flow = Trend.of(times_of(told), stiffly(first, points, first.weights * shown))
    turns = np.stack([look.turns for look in seen])
    times = np.array([look.number / seen[-1].number for look in seen], np.float32)
    mesh = Trend.of(times, np.stack([look.bent for look in seen]), turns)
    pairs = (flow.slope, mesh.slope), (flow.late, mesh.late)
    apart = max(1 - _likeness(one[stiff], other[stiff]) for one, other in pairs)
    turned = _TURN * max(look.turned for look in told)
    noise = np.linalg.norm((size(flow.wavers, stiff), turned, _NOISE / first.width, _LEAST))
    return Bend(
        drift=min(size(flow.slope, stiff), size(flow.late, stiff), _MOST),
        excuses={
            "noise": float(np.log(noise / _USUAL)),
            "apart": apart,
            "looks_whole": 0.0 if rise is None else -float(np.log(rise + _SLIGHT_RISE)),
        },
    )


def _likeness(one: Floats, other: Floats) -> float:
    """Correlation of two fields of motion, -1 … 1."""
    both = np.sqrt((one**2).sum() * (other**2).sum()) + _TINY
    return float((one * other).sum() / both)


def times_of(looks: Sequence[Look]) -> Floats:
    """When the looks are, 1 at the last one; an input picture stands before the first frame."""
    begins = 1 if looks[0].number == 0 else 0
    numbers = np.array([look.number + begins for look in looks], np.float32)
    return np.asarray(numbers / numbers[-1], np.float32)


def size(moved: Floats, points: NDArray[np.bool_]) -> float:
    """Root mean square of the motion of some points, widths; 0 for no points."""
    return float(np.sqrt((moved[..., points, :] ** 2).sum(axis=-1).mean())) if points.any() else 0.0


def points_shown(first: Crop, looks: Sequence[Look]) -> NDArray[np.bool_]:
    """Which points of a face stay in the picture, ``[468]``; what is outside is guessed."""
    seen = np.all([look.seen for look in looks], axis=0).astype(np.uint8)
    inside = cv2.erode(seen, np.ones(_MARGIN, np.uint8), borderType=cv2.BORDER_REPLICATE) > 0
    x, y = np.clip(first.pixels // CELL, 0, np.array(seen.shape[::-1]) - 1).T
    return np.asarray(inside[y, x], np.bool_)
