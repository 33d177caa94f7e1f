"""The shape of a face, apart from where it is, how large it is and which way it looks.

All lengths are in widths of the face, in the upright square of the face's own first picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.face_mesh import Mesh
from engine.vision.optical_flow import Floats

OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148),
    *(176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""Points of the mesh along the outline of the face."""

LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409)
BROWS = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
"""The outlines of the two eyes, the viewer's left one first."""

FACE = 56
"""Pixels of a face's width in its crop."""

WIDE, HIGH = 160, 176
"""Pixels of a crop: the head, what is around it, and the chest."""

CELL = 4
COARSE = (HIGH // CELL, WIDE // CELL)
"""Rows and columns of the grid on which the flow is kept: every fourth pixel of a crop."""

MIDDLE = (80.0, 78.0)
"""Where the middle of the face is in a crop, x first."""
_JAW = 0.2
"""How far below the middle of the face everything moves when it speaks."""
_LOOSE = 0.15
"""Weight of what moves when a face speaks, beside what hardly does."""
_THINNED = 3
"""Of so many points one is enough to find how a face turned."""
_PASSES = 3
_OUTLIER = 1.5
"""In medians of the distances, from which a point counts less."""


@dataclass(frozen=True)
class Pose:
    """How a face has moved as a rigid thing since its first picture.

    Attributes:
        predicted: where the points would be now, float ``[468, 2]``, pixels.
        bent: how far they are from there, float ``[468, 2]``, widths, upright.
        turns: radians by which the face turned left or right, and up or down, float ``[2]``.
        scale: how much larger it is.
    """

    predicted: Floats
    bent: Floats
    turns: Floats
    scale: float

    @property
    def turned(self) -> float:
        """By how much the face turned left, right, up or down, in radians."""
        return float(np.hypot(*self.turns))


class Crop:
    """A face in the picture that it is compared with.

    Attributes:
        there: from the picture to the crop, float ``[2, 3]``.
        points: the mesh in the crop: float ``[468, 3]``, widths from the middle.
        luma: uint8 ``[HIGH, WIDE]``.
        seen: which pixels of the crop lie in the picture, bool.
    """

    def __init__(self, luma: NDArray[np.uint8], mesh: Mesh) -> None:
        self.mesh = mesh
        left, right = mesh.eyes
        across = (right - left) / max(float(np.hypot(*(right - left))), 1e-6)
        axes = np.stack([across, np.array([-across[1], across[0]])])
        turned = mesh.points[:, :2] @ axes.T
        low, high = turned.min(axis=0), turned.max(axis=0)
        # Seen from the side, a face is narrow, and no smaller.
        self.width = max(float(high[0] - low[0]), 0.75 * float(high[1] - low[1]), 1.0)
        scale = FACE / self.width
        shift = np.asarray(MIDDLE) - (low + high) / 2 * scale
        self.there = np.hstack([axes * scale, shift[:, None]]).astype(np.float32)
        at = mesh.points[:, :2] @ self.there[:, :2].T + self.there[:, 2]
        self.points = np.column_stack([(at - MIDDLE) / FACE, mesh.points[:, 2] / self.width])
        self.luma = cut(luma, self.there)
        self.seen = cut(np.ones_like(luma), self.there, outside=True) > 0

    @cached_property
    def loose(self) -> NDArray[np.bool_]:
        """Which points move when a face speaks or frowns: ``[468]``."""
        loose = self.points[:, 1] > _JAW
        loose[[*LIPS, *BROWS]] = True
        return np.asarray(loose, np.bool_)

    @cached_property
    def weights(self) -> Floats:
        """Of the points where a rigid motion is looked for: ``[468]``."""
        return np.where(self.loose, _LOOSE, 1.0).astype(np.float32)

    @cached_property
    def pixels(self) -> NDArray[np.intp]:
        """The nearest pixel of the crop to each point: ``[468, 2]``, x first."""
        at = self.points[:, :2] * FACE + MIDDLE
        return np.clip(at.round(), 0, [WIDE - 1, HIGH - 1]).astype(np.intp)

    @cached_property
    def outline(self) -> NDArray[np.bool_]:
        """The pixels of the face: bool ``[HIGH, WIDE]``."""
        mask = np.zeros((HIGH, WIDE), np.uint8)
        cv2.fillPoly(mask, [cv2.convexHull(self.pixels[list(OVAL)].astype(np.int32))], 1)
        return mask > 0


@cache
def places() -> tuple[Floats, Floats]:
    """Where the pixels of a crop are, in widths from the face's middle: float32 ``[HIGH, WIDE]`` twice."""
    columns, rows = np.arange(WIDE, dtype=np.float32), np.arange(HIGH, dtype=np.float32)
    x, y = np.meshgrid((columns - MIDDLE[0]) / FACE, (rows - MIDDLE[1]) / FACE)
    return x.astype(np.float32), y.astype(np.float32)


def cut(luma: NDArray[np.uint8], there: Floats, *, outside: bool = False) -> NDArray[np.uint8]:
    """The crop of a picture; what lies outside repeats its edge, or is 0."""
    border = cv2.BORDER_CONSTANT if outside else cv2.BORDER_REPLICATE
    made = cv2.warpAffine(
        luma, there.astype(np.float32), (WIDE, HIGH), flags=cv2.INTER_AREA, borderMode=border
    )
    return np.asarray(made, np.uint8)


def pose_of(crop: Crop, mesh: Mesh) -> Pose:
    """The rigid motion from a crop's mesh to another one, in three dimensions.

    Umeyama's method, with less weight on what moves when a face speaks, and on what fits badly.
    """
    every = crop.mesh.points.astype(np.float64)
    one, other = every[::_THINNED], mesh.points[::_THINNED].astype(np.float64)
    usual = crop.weights[::_THINNED].astype(np.float64)
    weights = usual
    for _ in range(_PASSES):
        share = weights / weights.sum()
        from_, to = share @ one, share @ other
        u, values, v = np.linalg.svd(((one - from_) * share[:, None]).T @ (other - to))
        signs = np.array([1.0, 1.0, np.sign(np.linalg.det(v.T @ u.T))])
        rotation = (v.T * signs) @ u.T
        scale = float((values * signs).sum() / (share @ ((one - from_) ** 2).sum(axis=1)))
        predicted = scale * (one - from_) @ rotation.T + to
        away = np.hypot(*(other - predicted)[:, :2].T)
        limit = _OUTLIER * float(np.median(away)) + 1e-6
        weights = usual * np.minimum(1, limit / np.maximum(away, 1e-9))
    whole = scale * (every - from_) @ rotation.T + to
    upright = crop.there[:, :2] / np.float64(FACE) @ rotation[:2, :2].T / scale
    return Pose(
        predicted=whole[:, :2].astype(np.float32),
        bent=((mesh.points.astype(np.float64) - whole)[:, :2] @ upright.T).astype(np.float32),
        turns=np.arcsin(np.clip(rotation[:2, 2], -1, 1)).astype(np.float32),
        scale=scale,
    )


def there_now(crop: Crop, pose: Pose) -> Floats:
    """From a later picture to the crop, float ``[2, 3]``: the similarity nearest to how the face moved."""
    stiff = ~crop.loose
    back = cv2.invertAffineTransform(similar(crop.mesh.points[stiff, :2], pose.predicted[stiff]))
    shift = crop.there[:, :2] @ back[:, 2] + crop.there[:, 2]
    return np.hstack([crop.there[:, :2] @ back[:, :2], shift[:, None]])


def similar(one: Floats, other: Floats) -> NDArray[np.float64]:
    """The similarity that leads nearest from points to points, ``[2, 3]``."""
    from_, to = one.mean(axis=0), other.mean(axis=0)
    a, b = ((points[:, 0] + 1j * points[:, 1]) for points in (one - from_, other - to))
    turn = np.vdot(a, b) / max(np.vdot(a, a).real, 1e-12)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.hstack([matrix, (to - matrix @ from_)[:, None]])


def coarse(field: NDArray[Any]) -> NDArray[Any]:
    """Every fourth pixel of a crop, both ways."""
    return field[CELL // 2 :: CELL, CELL // 2 :: CELL]
