"""Whether two pictures show the same scene, and how the one lies in the other.

Found by features that both have (SIFT), and one homography that explains many of them all over a picture.
Where there is doubt there is no answer: two pictures that only dissolve are never wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.known import Area
from engine.vision.optical_flow import FAST, dense, grid

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]
Field = NDArray[np.float32]

MATCH_SIDE = 640
"""The longer side of the copies in which features are looked for, pixels."""
FEATURES = 1500
UNLIKE = 0.8
"""A match counts if the second best one is farther than the best by this factor."""
NEAR = 3.0
"""Pixels of the copy by which a match may miss the homography."""
FEWEST, SHARE = 24, 0.3
"""Matches that have to agree: how many, and their share of all matches."""
CELLS, SPREAD = 4, 6
"""In a grid of so many cells each way, at least so many cells hold matches that agree."""
LARGEST = 4.0
"""How much larger one picture may show the scene than the other."""
TURN = np.pi / 4
"""Radians by which one may be turned against the other."""
SLANT = 1.7
"""Opposite sides of the one picture, as the other sees them, differ by this factor at most."""
COMMON = 0.35
"""Share of the one picture or of the other that both show, at least."""

SMALLEST_FACE = 0.08
"""As a share of a picture's height: a smaller face may be there and not be found."""

NOTHING: Any = None
"""OpenCV takes None for a second map; its type stubs do not know that."""

FLOW_SIDE = 320
"""The longer side of the copies in which what the homography leaves over is followed, pixels."""
FARTHEST = 0.06
"""As a share of that side: how far anything is followed."""
SMOOTH = 0.015
"""The same: over how much the field is smoothed."""
BACK = 1.5
"""Pixels of that copy by which the way there and back may differ where the field is trusted."""
BETTER = 0.93
"""The remaining difference, as a share of that without the field, up to which the field is worth it."""


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """How the second picture lies in the first.

    Attributes:
        matrix: float64 ``[3, 3]``: from pixels of the first picture to pixels of the second.
        field: float32 ``[h, w, 2]``, in widths and heights of the picture: where each point of the first is
            beside the place that the matrix gives, in the first picture's own coordinates.
    """

    matrix: Matrix
    field: Field


def pair(
    first: Pixels,
    second: Pixels,
    whole: tuple[Area, ...] = (),
    whole_too: tuple[Area, ...] = (),
    *,
    faces: tuple[Area, ...] = (),
    faces_too: tuple[Area, ...] = (),
) -> Pairing | None:
    """Find out how the second picture lies in the first.

    Args:
        first, second: uint8 ``[H, W, 3]``, RGB, of one size.
        whole, whole_too: faces and lines of letters of the first and of the second, which are moved but not
            bent.
        faces, faces_too: faces of the first and of the second.

    Returns:
        None where they do not show one scene for certain, or other people in it.
    """
    matrix = _homography(first, second)
    if matrix is None or not _sound(matrix, first.shape[1], first.shape[0]):
        return None
    size = (first.shape[1], first.shape[0])
    here = [_in_first(face, matrix, size) for face in faces_too]
    there = [_in_first(face, np.asarray(np.linalg.inv(matrix), np.float64), size) for face in faces]
    if _are_missing(here, faces) or _are_missing(there, faces_too):
        return None
    stiff = (*whole, *(_in_first(area, matrix, size) for area in whole_too))
    return Pairing(matrix=matrix, field=_field(first, second, matrix, stiff))


def _are_missing(expected: list[Area], found: tuple[Area, ...]) -> bool:
    """Whether a face is expected in a picture where it has none.

    One stage can have other dancers. Half transparent, they would be moved as if they were the same ones.
    """
    for left, top, right, bottom in expected:
        x, y = (left + right) / 2, (top + bottom) / 2
        if bottom - top < SMALLEST_FACE or not (0 < x < 1 and 0 < y < 1):
            continue
        wide, high = (right - left) / 2, (bottom - top) / 2
        if not any(one[0] - wide < x < one[2] + wide and one[1] - high < y < one[3] + high for one in found):
            return True
    return False


def _in_first(area: Area, matrix: Matrix, size: tuple[int, int]) -> Area:
    """Where a place of the second picture is in the first, in shares of it."""
    left, top, right, bottom = area
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64) * size
    x, y = (carried(np.asarray(np.linalg.inv(matrix), np.float64), corners) / size).T
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _small(picture: Pixels, side: int) -> tuple[Pixels, Matrix]:
    """A grey copy of even contrast, and the matrix from the picture's pixels to its own."""
    rows, columns = picture.shape[:2]
    scale = min(1.0, side / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    # The same scene by day and by night has the same edges, not the same light.
    even = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(grey)
    return np.asarray(even, np.uint8), np.diag([size[0] / columns, size[1] / rows, 1.0])


def _homography(first: Pixels, second: Pixels) -> Matrix | None:
    sift = cv2.SIFT.create(nfeatures=FEATURES)
    (one, to_one), (two, to_two) = _small(first, MATCH_SIDE), _small(second, MATCH_SIDE)
    points, told = sift.detectAndCompute(one, None)
    others, told_others = sift.detectAndCompute(two, None)
    if told is None or told_others is None or min(len(points), len(others)) < FEWEST:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(told, told_others, k=2)
    good = [both[0] for both in pairs if len(both) > 1 and both[0].distance < UNLIKE * both[1].distance]
    if len(good) < FEWEST:
        return None
    here = np.array([points[match.queryIdx].pt for match in good], np.float64)
    there = np.array([others[match.trainIdx].pt for match in good], np.float64)
    found, agree = cv2.findHomography(here, there, cv2.RANSAC, NEAR, maxIters=2000, confidence=0.999)
    if found is None:
        return None
    inside = agree.ravel().astype(bool)
    simple, agree_too = cv2.estimateAffinePartial2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=NEAR, maxIters=2000
    )
    if simple is not None and agree_too.sum() >= 0.8 * inside.sum():
        # What a shift, a turn and a zoom explain nearly as well is one.
        found, inside = np.vstack([simple, [0, 0, 1]]), agree_too.ravel().astype(bool)
    enough = inside.sum() >= max(FEWEST, SHARE * len(good))
    if not enough or max(_cells(here[inside], one), _cells(there[inside], two)) < SPREAD:
        return None
    matrix = np.linalg.inv(to_two) @ found @ to_one
    return np.asarray(matrix / matrix[2, 2], np.float64)


def _cells(points: NDArray[np.float64], picture: Pixels) -> int:
    """How many cells of a grid over a picture hold a point."""
    rows, columns = picture.shape
    cells = np.minimum((points / [columns, rows] * CELLS).astype(int), CELLS - 1)
    return len({(int(x), int(y)) for x, y in cells})


def carried(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Where a homography takes points ``[..., 2]``."""
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(moved[..., :2] / moved[..., 2:], np.float64)


def corners_of(width: int, height: int) -> NDArray[np.float64]:
    """The corners of a picture, in order around it; float64 ``[4, 2]``."""
    return np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float64)


def _sound(matrix: Matrix, width: int, height: int) -> bool:
    """Whether a camera could have done this: no mirror image, no slant or size beyond reason."""
    corners = corners_of(width, height)
    bottom = np.column_stack([corners, np.ones(4)]) @ matrix[2]
    if bottom.min() <= 0:
        return False
    quad = carried(matrix, corners).astype(np.float32)
    area = float(cv2.contourArea(quad, oriented=True))
    if not cv2.isContourConvex(quad) or area <= 0:
        return False
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    slant = max(sides[0] / sides[2], sides[2] / sides[0], sides[1] / sides[3], sides[3] / sides[1])
    across = quad[1] - quad[0] + quad[2] - quad[3]
    scale = np.sqrt(area / ((width - 1) * (height - 1)))
    if slant > SLANT or abs(np.arctan2(across[1], across[0])) > TURN or not 1 / LARGEST < scale < LARGEST:
        return False
    shared, _ = cv2.intersectConvexConvex(quad, corners.astype(np.float32))
    return bool(shared / min(area, (width - 1) * (height - 1)) >= COMMON)


def _field(first: Pixels, second: Pixels, matrix: Matrix, whole: tuple[Area, ...]) -> Field:
    """What the homography leaves over, near things before far ones above all; zero where it is in doubt."""
    one, shrink = _small(first, FLOW_SIDE)
    rows, columns = one.shape
    back = shrink @ np.linalg.inv(matrix)
    laid = cv2.warpPerspective(second, back, (columns, rows), flags=cv2.INTER_LINEAR)
    two, _ = _small(np.asarray(laid, np.uint8), FLOW_SIDE)
    there, again = dense(one, two, FAST), dense(two, one, FAST)
    spots = grid(rows, columns)
    returned = cv2.remap(again, spots + there, NOTHING, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = np.ones(second.shape[:2], np.uint8)
    seen = cv2.warpPerspective(inside, back, (columns, rows), flags=cv2.INTER_NEAREST)
    seen = np.asarray(cv2.erode(seen, np.ones((9, 9), np.uint8), borderValue=0), np.uint8)
    far = np.linalg.norm(there, axis=2)
    sure = (np.linalg.norm(there + returned, axis=2) < BACK) & (seen > 0) & (far < FARTHEST * columns)
    trust, sigma = sure.astype(np.float32), SMOOTH * max(rows, columns)
    weight = cv2.GaussianBlur(trust, (0, 0), sigma)
    mean = cv2.GaussianBlur(there * trust[..., None], (0, 0), sigma) / np.maximum(weight, 1e-3)[..., None]
    field = np.asarray(mean * np.clip(weight * 2, 0, 1)[..., None], np.float32)
    for left, top, right, bottom in whole:
        _stiffen(field, (left * columns, top * rows, right * columns, bottom * rows))
    if not _is_better(one, two, field, np.asarray(seen, np.uint8)):
        field = np.zeros_like(field)
    return np.asarray(field / np.array([columns, rows], np.float32), np.float32)


def _stiffen(field: Field, box: tuple[float, float, float, float]) -> None:
    """Move a place as one, and what is around it less and less so."""
    rows, columns = field.shape[:2]
    left, top, right, bottom = (int(side) for side in box)
    part = field[max(0, top) : bottom + 1, max(0, left) : right + 1]
    if not part.size:
        return
    inside = np.zeros((rows, columns), np.float32)
    inside[max(0, top) : bottom + 1, max(0, left) : right + 1] = 1
    reach = max(1.0, 0.25 * max(right - left, bottom - top))
    around = cv2.GaussianBlur(cv2.dilate(inside, np.ones((3, 3), np.uint8)), (0, 0), reach)
    weight = np.maximum(inside, np.clip(2 * around, 0, 1))[..., None]
    field[:] = field * (1 - weight) + part.reshape(-1, 2).mean(axis=0) * weight


def _is_better(one: Pixels, two: Pixels, field: Field, seen: Pixels) -> bool:
    """Whether a field explains what is left between two pictures, where both are seen."""
    moved = cv2.remap(
        two,
        np.asarray(grid(*one.shape) + field, np.float32),
        NOTHING,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if not seen.any():
        return False
    before = float(cv2.absdiff(one, two)[seen > 0].mean())
    return float(cv2.absdiff(one, np.asarray(moved, np.uint8))[seen > 0].mean()) < BETTER * before
