"""How a face moved through a take, as fields on the coarse grid: what a network judges it by.

All lengths are in widths of the face. Every field is of the face's first picture; motion is beside that of
the face as a whole. A fault grows to the end of a take, and what a face does of its own will comes and goes:
so the fields are trends over the looks (:mod:`engine.gate.meaning.trend`), early and late ones beside the
whole, and how much each place wavers about its trend.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.faces import Followed, Look
from engine.gate.meaning.shape import CELL, COARSE, FACE, MIDDLE, OVAL, Crop, coarse, places
from engine.gate.meaning.trend import Trend
from engine.vision.face_movement import ABOUT, FIELDS
from engine.vision.optical_flow import Floats

FEWEST = 5
"""Looks, below which nothing is said."""
_REACH = 0.6
"""Share of the take that the looks must reach into."""
_LIKE = ((0.25, 0.3), (0.6, 0.6), (np.inf, np.inf))
"""Radians turned and correlation lost: looks up to the first pair alone are compared where there are enough,
else those up to the second, else all."""
_USUAL_WIDTH = 80.0
"""Pixels of a face's width."""
_SPREAD, _LEAST_POINTS = 1.0, 0.15
"""Cells by which a point of the mesh is blurred, and the weight from which a cell has points."""
_FIRST_TIME = 0.05
"""Share of the take that the early looks lie after its beginning, at least."""


def movement_of(face: Followed, *, plain: bool) -> Floats | None:
    """Read how a face moved.

    Args:
        face: through the take.
        plain: the detector is sure of it.

    Returns:
        float32 ``[PLANES, h, w]``, as :mod:`engine.vision.face_movement` takes them; None where too few looks
        tell anything. Where letters lie over the face, and below them, the fields are 0. Beyond the edge of
        the picture, which the crop repeats, they tell how that moved.
    """
    told = told_looks(face.looks)
    if not told:
        return None
    fields = _fields(face, told)
    fields[:, ~_clear(face.first, face.clear)] = 0
    about = {
        "width": float(np.log(face.first.width / _USUAL_WIDTH)),
        "turned": max(look.turned for look in told),
        "unlike": max(look.unlike for look in told),
        "told": len(told) / len(face.looks),
        "plain": float(plain),
    }
    even = [np.full(COARSE, about[name], np.float32) for name in ABOUT]
    return np.concatenate([fields, np.stack(even)])


def told_looks(looks: Sequence[Look]) -> list[Look]:
    """The looks that tell something of the face's shape; none if they are too few, or end too early."""
    for turned, unlike in _LIKE:
        told = [
            look
            for look in looks
            if look.mesh is not None and look.turned <= turned and look.unlike <= unlike
        ]
        if len(told) >= FEWEST and told[-1].number >= _REACH * looks[-1].number:
            return told
    return []


def times_of(looks: Sequence[Look]) -> Floats:
    """When the looks are, 1 at the last one; an input picture stands before the first frame."""
    begins = 1 if looks[0].number == 0 else 0
    numbers = np.array([look.number + begins for look in looks], np.float32)
    return np.asarray(numbers / numbers[-1], np.float32)


def _fields(face: Followed, told: Sequence[Look]) -> Floats:
    times, turns = times_of(told), np.stack([look.turns for look in told])
    flow = Trend.of(times, np.stack([look.flow for look in told]), turns)
    wavers = np.sqrt((flow.wavers**2).sum(axis=-1).mean(axis=0))
    meshes = [look for look in face.looks if look.mesh is not None]
    mesh = Trend.of(
        times_of(meshes), np.stack([look.bent for look in meshes]), np.stack([look.turns for look in meshes])
    )
    turn = Trend.of(times, np.stack([look.solid for look in told])).slope
    points = np.column_stack([mesh.slope, mesh.late, turn, face.first.points[:, 2:]])
    mesh_and_depth = _spread(face.first, points)
    planes = {
        **_both("slope", flow.slope),
        **_both("late", flow.late),
        **_both("early", _early(flow, times)),
        "wavers": wavers,
        **_both("mesh slope", mesh_and_depth[..., 0:2]),
        **_both("mesh late", mesh_and_depth[..., 2:4]),
        **_both("turn", mesh_and_depth[..., 4:6]),
        "depth": mesh_and_depth[..., 6],
        "sure": np.mean([look.sure for look in told], axis=0),
        "seen": np.all([look.seen for look in told], axis=0),
        "clear": np.ones(COARSE),
        "face": _outline(face.first),
    }
    return np.stack([planes[name] for name in FIELDS]).astype(np.float32)


def _both(name: str, field: Floats) -> dict[str, Floats]:
    return {f"{name} across": field[..., 0], f"{name} down": field[..., 1]}


def _early(flow: Trend, times: Floats) -> Floats:
    """What the first third of the looks shows, as it would be at the end."""
    first = max(2, len(times) // 3)
    moved = flow.wavers[:first] + times[:first, None, None, None] * flow.slope
    return np.asarray(np.median(moved, axis=0) / max(float(times[:first].mean()), _FIRST_TIME), np.float32)


def _spread(first: Crop, values: Floats) -> Floats:
    """What is known at the points of the mesh, at the places of the coarse grid: ``[h, w, values]``."""
    x, y = np.clip(_cells(first.points).astype(np.intp), 0, np.array(COARSE[::-1]) - 1).T
    sums = np.zeros((values.shape[1] + 1, *COARSE), np.float32)
    for plane, each in zip(sums, (*values.T, np.ones(len(x))), strict=True):
        np.add.at(plane, (y, x), each)
    blurred = np.stack([cv2.GaussianBlur(plane, (0, 0), _SPREAD) for plane in sums])
    spread = blurred[:-1] / np.maximum(blurred[-1], _LEAST_POINTS)
    return np.asarray(spread.transpose(1, 2, 0), np.float32)


def _cells(points: Floats) -> NDArray[np.float64]:
    """The nearest places of the coarse grid, x first."""
    return np.asarray(((points[:, :2] * FACE + np.array(MIDDLE)) / CELL - 0.5).round(), np.float64)


def _outline(first: Crop) -> NDArray[np.bool_]:
    mask = np.zeros(COARSE, np.uint8)
    cv2.fillPoly(mask, [cv2.convexHull(_cells(first.points[list(OVAL)]).astype(np.int32))], 1)
    return mask > 0


def _clear(first: Crop, heights: float) -> NDArray[np.bool_]:
    """What lies above the letters, which begin so many heights of the face below its top."""
    _, y = (coarse(axis) for axis in places())
    top, bottom = float(first.points[:, 1].min()), float(first.points[:, 1].max())
    return np.asarray(y < top + heights * (bottom - top), np.bool_)
