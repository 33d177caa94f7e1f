"""The camera's own check: what was one piece in the picture is one piece in every frame.

Where each point of a face or of a line of letters goes is known before anything is drawn. If the points of
one thing do not go together, as a turned and enlarged whole, it would be bent or torn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.families.camera.known import Area
from engine.families.camera.layers import MAP_STEP, Sheet
from engine.families.camera.path import Path

POINTS = 7
"""Points each way on which a thing is tested."""
OPAQUE = 128
"""The opacity, of 255, from which a sheet hides what is behind it."""
BENT = 0.01
"""How far a point may lie beside where the whole takes it, as a share of the thing's size."""
FEWEST = 4
"""Frames that are tested beside the last one, spread over the clip."""


def worst_bend(path: Path, sheets: Sequence[Sheet], areas: Sequence[Area]) -> float:
    """How far any point of any thing goes astray, at worst, as a share of the thing's size.

    Args:
        path: the camera's.
        sheets: from the farthest to the nearest, all of the canvas's size.
        areas: faces and lines of letters, in shares of the canvas.
    """
    return max((_bend(path, sheets, area) for area in areas), default=0.0)


def _bend(path: Path, sheets: Sequence[Sheet], area: Area) -> float:
    rows, columns = sheets[0].pixels.shape[:2]
    left, top, right, bottom = np.clip(area, 0, 1)
    # The corners of a face's box are hair and air.
    x, y = np.meshgrid(np.linspace(-0.35, 0.35, POINTS), np.linspace(-0.35, 0.35, POINTS))
    across = ((left + right) / 2 + x * (right - left)).ravel() * (columns - 1)
    down = ((top + bottom) / 2 + y * (bottom - top)).ravel() * (rows - 1)
    near = _disparity(sheets, across.round().astype(int), down.round().astype(int))
    points = np.stack([across - columns / 2, down - rows / 2], axis=1)
    shown = path.shown(points, near)
    size = max(float(np.hypot(*np.ptp(points, axis=0))), 1.0)
    tested = np.unique(np.linspace(0, len(shown) - 1, FEWEST + 1).round().astype(int))
    return max(_astray(points, shown[index]) for index in tested) / size


def _disparity(
    sheets: Sequence[Sheet], across: NDArray[np.int_], down: NDArray[np.int_]
) -> NDArray[np.float64]:
    """How near what is seen at each point is: the nearest sheet that is opaque there."""
    near = np.zeros(len(across), np.float64)
    for sheet in sheets:
        own = sheet.disparity[
            np.minimum(down // MAP_STEP, len(sheet.disparity) - 1),
            np.minimum(across // MAP_STEP, sheet.disparity.shape[1] - 1),
        ]
        opaque = np.ones(len(across), bool)
        if sheet.pixels.shape[2] > 3:  # noqa: PLR2004 (RGB, without an opacity)
            opaque = sheet.pixels[down, across, 3] >= OPAQUE
        near = np.where(opaque, own, near)
    return near


def _astray(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """How far the worst point lies from the shift, turn and scale that explain all points best; pixels."""
    old, new = before - before.mean(axis=0), after - after.mean(axis=0)
    (x, y), (u, v) = old.T, new.T
    spread = float((x * x + y * y).sum()) + 1e-9
    scale, turn = float((x * u + y * v).sum()) / spread, float((x * v - y * u).sum()) / spread
    explained = np.stack([scale * x - turn * y, turn * x + scale * y], axis=1)
    return float(np.hypot(*(new - explained).T).max())
