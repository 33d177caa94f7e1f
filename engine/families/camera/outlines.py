"""Whether a cut-out's outline can be trusted all along, and nothing beside it would be torn or smeared.

A camera that moves over a flat picture is never wrong. So doubt at one place is doubt about all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.known import Plane
from engine.vision.box import Box

Pixels = NDArray[np.uint8]
Places = NDArray[np.bool_]

HAIR, HAIR_BESIDE = 1.0, 0.7
"""How far hair may reach above a face and beside it, in the face's height and width."""
_FAINT = 0.1
"""From this on a place may belong to the subject, and up to as much less than 1 it may not."""
AT_OUTLINE = 4.0
"""Pixels of the mask from its outline up to which a place may be undecided: no edge is sharp."""
ASTRAY, ASTRAY_AT_HEAD = 0.2, 0.1
"""What is undecided farther away, for each pixel of the outline, and around a face as a share of its area.
Half an afro was 2 and 1; a sharp outline has .05, and a dog's fur .18."""

BETWEEN = 0.05
"""What is undecided between sure places, for each pixel of the outline, from which on it parts two of them
that hang together by little. One figure's waist has .10; between fingers there is .09, but parts nothing."""
_GAP, _WAIST, _PART = 25, 7, 0.05
"""Pixels of the mask over which something is between two places, and up to which they hang together by
little; and the share of what is wider from which on each of them is a part."""

_SIDE = 640
"""The longer side of the picture, pixels, in which what lies beside an outline is looked at."""
_THIN, _MARKED, _STANDS_OUT = 7, 40.0, 4.0
"""Pixels, levels, and how much more than what is usual there, up to and from which a line is a line."""
_BESIDE, _TOUCHES, _LONG, _WIDE = 45.0, 12.0, 32.0, 5.0
"""Pixels: how far from the outline a line is followed, how near it must come, its length and mean width."""
_COMES_OUT = 2.5
"""Pixels from a shape within which what comes out of it begins, and beyond which it goes."""
_EDGE = 2.0
"""Pixels beside the outline that are its own edge, and no line."""
CORDS = 0.07
"""The length of such lines, as a share of the outline's. A surfboard's leash has .10, and sand none."""
_RING = (5.0, 30.0)
"""Pixels from the outline between which the ground is looked at."""
ONE_WAY, EDGES = 0.7, 5.0
"""How much the ground's edges run one way, 0 … 1, and their steepness in levels for a pixel, from which on a
fill is seen: it does not go on so. A corrugated wall has .86 and 9, a blurred street .4 and 4."""
_NEAR, _FAR = 0.2, (0.45, 0.9)
"""Beside a head, as shares of the face's width from the outline: what touches it, and the ground."""
_UNLIKE, WORN = 45.0, 0.28
"""How far from the ground's colour (CIELAB) something is no ground; and its share of what touches a head on
both sides, beyond that of the ground, from which it is worn. Headphones have .34, a busy ground .26."""


def is_clean(picture: Pixels, mask: Plane, faces: Sequence[Box]) -> bool:
    """Whether nothing at a cut-out's outline would be torn, smeared or left behind.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        mask: float32 ``[h, w]``, 0 … 1: the cut-out in the whole picture.
        faces: of the subject, pixels of the picture.
    """
    scale = _SIDE / max(picture.shape[:2])
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    inside = np.asarray(cv2.resize(mask, size) > 0.5, bool)  # noqa: PLR2004 (more in than out)
    away = np.asarray(cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    return not (
        _cords(small, away) > CORDS * max(1, _length(inside))
        or _runs_one_way(small, away)
        or any(_wears(small, away, face.scaled(*_scale(small, picture))) for face in faces)
    )


def thin_ends(canvas: Pixels, inside: Places) -> Places:
    """What comes out of a shape and is too thin for its outline: the tip of a spire, a ski, a mast.

    Args:
        canvas: uint8 ``[H, W, 3]``, RGB.
        inside: bool ``[H, W]``, the shape.
    """
    away = np.asarray(cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    thin = max(3, round(_THIN / _SIDE * max(canvas.shape))) | 1
    found = np.zeros_like(inside)
    for ridge in _ridges(canvas.astype(np.float32), away, thin):
        pieces, labels = cv2.connectedComponents(ridge.astype(np.uint8), connectivity=8)
        nearest, farthest = np.full(pieces, np.inf), np.zeros(pieces)
        np.minimum.at(nearest, labels[ridge].astype(np.intp), away[ridge])
        np.maximum.at(farthest, labels[ridge].astype(np.intp), away[ridge])
        comes_out = (nearest < _COMES_OUT) & (farthest > _COMES_OUT)
        found |= comes_out[labels]
    return found


def is_decided(seen: Plane, mask: Plane, faces: Sequence[Box]) -> bool:
    """Whether the network says in or out everywhere but right at the outline.

    Args:
        seen: what it says, float32 ``[h, w]``, 0 … 1.
        mask: what is to be cut out, of the same shape.
        faces: of the subject, pixels of the mask.
    """
    inside = mask > 0.5  # noqa: PLR2004 (more in than out)
    # What is faint elsewhere in the picture is something else.
    _, labels = cv2.connectedComponents((np.maximum(seen, mask) > _FAINT).astype(np.uint8))
    own = np.isin(labels, np.unique(labels[inside]))
    shape = inside.astype(np.uint8)
    away = cv2.distanceTransform(shape, cv2.DIST_L2, 5) + cv2.distanceTransform(1 - shape, cv2.DIST_L2, 5)
    says = np.where(inside, np.maximum(seen, mask), seen)
    astray = own & (says > _FAINT) & (says < 1 - _FAINT) & (away > AT_OUTLINE)
    if astray.sum() > ASTRAY * _length(inside) or _is_parted(says >= 1 - _FAINT, astray, _length(inside)):
        return False
    return all(_around(astray, face).sum() <= ASTRAY_AT_HEAD * face.area for face in faces)


def _is_parted(sure: Places, astray: Places, length: int) -> bool:
    """Whether two large parts hang together by little, and what is between them may be out as well as in.

    A white blouse before pale paving: the ground would be seen through the waist.

    Args:
        sure: what is in for certain.
        astray: what may be in or out, away from the outline.
        length: of the outline, pixels.
    """
    across = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_GAP, _GAP))
    padded = np.pad(sure.astype(np.uint8), _GAP)
    between = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, across)[_GAP:-_GAP, _GAP:-_GAP] > 0
    if (between & astray).sum() <= BETWEEN * length:
        return False
    waist = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_WAIST, _WAIST))
    wide = cv2.erode(sure.astype(np.uint8), waist)
    count, _, stats, _ = cv2.connectedComponentsWithStats(wide, connectivity=4)
    areas = np.sort(stats[1:, cv2.CC_STAT_AREA])
    return count > 2 and bool(areas[-2] > _PART * areas.sum())  # noqa: PLR2004 (the ground, and one part)


def _scale(plane: Plane | Pixels, picture: Pixels) -> tuple[float, float]:
    return plane.shape[1] / picture.shape[1], plane.shape[0] / picture.shape[0]


def _length(inside: Places) -> int:
    """The length of a shape's outline, pixels."""
    outlines, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return sum(map(len, outlines))


def _around(plane: Places, face: Box) -> Places:
    """The part of a plane in which a face's hair is."""
    left, right = face.left - HAIR_BESIDE * face.width, face.right + HAIR_BESIDE * face.width
    rows = slice(max(0, round(face.top - HAIR * face.height)), max(0, round(face.bottom)))
    return plane[rows, max(0, round(left)) : max(0, round(right))]


def _cords(picture: Pixels, away: Plane) -> float:
    """How long the thin lines are that come up to the outline or run beside it, pixels.

    A leash, a rope or the gap between two planks: the fill would tear it, or the cut-out take pieces of it.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    length = 0.0
    for ridge in _ridges(grey, away, _THIN):
        marked = ridge & (away > _EDGE) & (away < _BESIDE)
        pieces, labels, stats, _ = cv2.connectedComponentsWithStats(marked.astype(np.uint8), connectivity=8)
        nearest = np.full(pieces, np.inf)
        np.minimum.at(nearest, labels[marked].astype(np.intp), away[marked])
        extent = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
        thin = stats[:, cv2.CC_STAT_AREA] < _WIDE * extent
        length += float(extent[1:][((extent > _LONG) & thin & (nearest < _TOUCHES))[1:]].sum())
    return length


def _ridges(plane: Plane, away: Plane, thin: int) -> Iterator[Places]:
    """Where something outside an outline is dark, then where it is light: thin, and more than is usual there.

    Args:
        plane: the picture's levels, float32 ``[h, w]``, or ``[h, w, 3]``: then one channel is enough.
        away: how far each place is from the outline, pixels.
        thin: how wide a ridge may be, pixels.
    """
    around = np.ones((thin, thin), np.uint8)
    outside = (away > 0).astype(np.float32)
    count = np.maximum(cv2.blur(outside, (41, 41)), 0.05)
    dark = cv2.morphologyEx(plane, cv2.MORPH_CLOSE, around) - plane
    light = plane - cv2.morphologyEx(plane, cv2.MORPH_OPEN, around)
    for ridge in (dark, light):
        strength = ridge if ridge.ndim == 2 else ridge.max(axis=2)  # noqa: PLR2004 (a plane)
        usual = cv2.blur(strength * outside, (41, 41)) / count
        yield np.asarray((strength > np.maximum(_MARKED, _STANDS_OUT * usual)) & (away > 0), bool)


def _runs_one_way(picture: Pixels, away: Plane) -> bool:
    """Whether the ground around a cut-out has strong edges that all run one way, by the structure tensor."""
    ring = (away > _RING[0]) & (away < _RING[1])
    if not ring.any():
        return False
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.0)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *way)[ring] / 8 for way in ((1, 0), (0, 1)))
    wide, high, both = (float(product.mean()) for product in (across * across, down * down, across * down))
    steep = wide + high
    return steep > EDGES**2 and np.hypot(wide - high, 2 * both) > ONE_WAY * steep


def _wears(picture: Pixels, away: Plane, face: Box) -> bool:
    """Whether something that is no ground touches a head on both sides, and was left out: headphones."""
    rows = slice(max(0, round(face.top + 0.1 * face.height)), max(0, round(face.bottom)))
    middle, reach = round(face.left + face.width / 2), round(1.7 * face.width)
    for columns in (slice(max(0, middle - reach), max(0, middle)), slice(middle, middle + reach)):
        part = away[rows, columns]
        near = (part > 3) & (part < _NEAR * face.width)  # noqa: PLR2004 (the edge itself)
        far = (part > _FAR[0] * face.width) & (part < _FAR[1] * face.width)
        if not (near.any() and far.any()):
            return False
        colours = cv2.cvtColor(picture[rows, columns], cv2.COLOR_RGB2LAB).astype(np.float32)
        unlike = np.linalg.norm(colours - np.median(colours[far], axis=0), axis=2) > _UNLIKE
        if unlike[near].mean() - unlike[far].mean() < WORN:
            return False
    return True
