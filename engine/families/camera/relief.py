"""How near each place of a picture is, from a trained network's map of depth; a pure function of that map.

The network is shown the picture twice, as it is and mirrored. Where the two maps differ, it guesses. The less
it is sure of itself, the nearer the result is to what the pixels alone tell: doubt means less parallax.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.fill import spread
from engine.families.camera.known import Area, Relief
from engine.families.camera.regions import smoothstep
from engine.vision.box import Box
from engine.vision.cutout import Cutout

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

SIDE = 320
"""The longer side of what is kept of a map, in pixels: the network sees little more."""
ALIKE, SAME = 0.8, 0.95
"""Correlation of both maps up to which nothing is believed, and from which all is."""
LEAST_CONTRAST = 0.04
"""The spread of a map, as a share of its full range, below which the picture shows one distance only."""
ENDS = (2.0, 98.0)
"""Percentiles that count as farthest and nearest: single pixels lie."""
JUMP, RIM = 0.15, 4
"""How much nearer one side of an outline is than the other where something stands in front, and how many
pixels apart the two are compared."""
OUTLINED = 0.85
"""Share of the outline that has to jump."""
SPOKE, THIN = 0.015, 0.012
"""Width of what is thin, as a share of the map's longer side, and the share of an area that thin parts and
thin gaps may have: handlebars, twigs and spokes would be cut off."""
SOFT = 0.03
"""The ground is blurred by this share of its longer side: what is bent too fast looks like rubber."""
STEEPEST = 1.6
"""How much nearer the ground may get within the length of the picture's longer side."""
BODY = (1.0, 0.6, 1.0, 7.0)
"""What belongs to a person beside the face: to the left, above, to the right, below, in faces' sides."""
LINE = (0.1, 0.3, 0.1, 0.3)
"""The same for a line of letters."""


def read_relief(seen: Plane, mirrored: Plane) -> Relief | None:
    """Read a network's maps.

    Args:
        seen: float ``[H, W]``, larger is nearer, in any range.
        mirrored: the same of the mirrored picture.

    Returns:
        None where nothing is believed: the picture has one distance, or the maps contradict each other.
    """
    first, second = _small(seen), _small(np.ascontiguousarray(mirrored[:, ::-1]))
    low, high = np.percentile(first, ENDS)
    whole = float(first.max() - first.min())
    if whole <= 0 or high - low < LEAST_CONTRAST * whole or second.std() == 0:
        return None
    sure = float(smoothstep(ALIKE, SAME, np.corrcoef(first.ravel(), second.ravel())[0, 1]))
    if sure <= 0:
        return None
    # The second map in the first one's scale, so that their mean is the best guess of both.
    slope = first.std() / second.std()
    both = (first + (second - second.mean()) * slope + first.mean()) / 2
    low, high = np.percentile(both, ENDS)
    near = np.clip((both - low) / max(float(high - low), 1e-6), 0, 1)
    return Relief(near=np.asarray(near, np.float32), sure=sure)


def standing_out(relief: Relief, size: tuple[int, int]) -> Cutout | None:
    """What stands in front of the rest: one piece whose whole outline jumps towards the eye.

    Args:
        relief: of the picture.
        size: width and height of the picture, in pixels.
    """
    near = relief.near
    grey = (near * 255).astype(np.uint8)
    _, found = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    inside = np.asarray(found, np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside)
    if count < 2:  # noqa: PLR2004 (the background is the first part)
        return None
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    piece = (labels == largest).astype(np.uint8)
    outlined = _jumps(near, piece)
    if outlined < OUTLINED or _thin(piece) > THIN:
        return None
    x, y, wide, high = cv2.boundingRect(piece)
    box = Box(left=float(x), top=float(y), width=float(wide), height=float(high))
    mask = cv2.resize(piece.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return Cutout(
        mask=np.asarray(mask, np.float32),
        box=box.scaled(size[0] / near.shape[1], size[1] / near.shape[0]),
        share=float(piece.mean()),
        certainty=relief.sure * outlined,
        whole=bool(piece.sum() >= 0.9 * inside.sum()),
    )


def ground_of(relief: Relief, subject: Mask | None, whole: Sequence[Area]) -> tuple[Plane, float]:
    """How near the ground is, continued behind the subject, without steps; and how near the subject is.

    Args:
        relief: of the picture.
        subject: bool ``[h, w]`` of any size, or None.
        whole: what must not bend, in shares of the picture: it has one distance.

    Returns:
        float32 ``[h, w]``, 0 far … 1 near, and the subject's distance in the same scale (0 without one).
    """
    near = relief.near
    rows, columns = near.shape
    cut: NDArray[np.uint8] = np.zeros(near.shape, np.uint8)
    nearness = 0.0
    if subject is not None:
        own = cv2.resize(subject.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST)
        cut = np.asarray(own, np.uint8)
        nearness = float(np.median(near[cut > 0])) if cut.any() else 0.0
    rim = np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8)
    known = (cv2.dilate(cut, rim) == 0).astype(np.float32)[..., None]
    ground = spread(near[..., None] * known, known)[..., 0] if known.any() else np.full_like(near, 0.0)
    soft = SOFT * max(rows, columns)
    for area in whole:
        left, top, right, bottom = (
            int(np.clip(round(share * side), 0, side))
            for share, side in zip(area, (columns, rows) * 2, strict=True)
        )
        if right > left and bottom > top:
            part = np.s_[top:bottom, left:right]
            one = np.zeros(near.shape, np.float32)
            one[part] = 1
            # The edge of what is even is soft on its outer side only.
            wide = cv2.dilate(one, np.ones((2 * round(2 * soft) + 1,) * 2, np.uint8))
            edge = cv2.GaussianBlur(wide, (0, 0), soft)
            ground = np.asarray(ground + (float(np.median(ground[part])) - ground) * edge, np.float32)
    ground = np.asarray(cv2.GaussianBlur(ground, (0, 0), soft), np.float32)
    return _flattened(ground), nearness


def grown(areas: Sequence[Area], by: tuple[float, float, float, float]) -> tuple[Area, ...]:
    """Areas with what is around them, in their own widths and heights."""
    found = []
    for left, top, right, bottom in areas:
        wide, high = right - left, bottom - top
        found.append((left - by[0] * wide, top - by[1] * high, right + by[2] * wide, bottom + by[3] * high))
    return tuple(found)


def _flattened(ground: Plane) -> Plane:
    """The ground, all of it less deep where some of it would be too steep."""
    steep = np.hypot(*np.gradient(ground)) * max(ground.shape)
    most = float(np.percentile(steep, 99))
    share = min(1.0, STEEPEST / max(most, 1e-6))
    middle = float(np.median(ground))
    return np.asarray(middle + (ground - middle) * share, np.float32)


def _thin(piece: NDArray[np.uint8]) -> float:
    """The share of an area that is thin, or a thin gap."""
    width = 2 * max(1, round(SPOKE * max(piece.shape) / 2)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    changed = [cv2.morphologyEx(piece, way, kernel) != piece for way in (cv2.MORPH_OPEN, cv2.MORPH_CLOSE)]
    return float(sum(change.sum() for change in changed) / max(int(piece.sum()), 1))


def _jumps(near: Plane, piece: NDArray[np.uint8]) -> float:
    """The share of an outline, without what runs along the picture's edge, that is nearer on its inside."""
    outlines, _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(outlines, key=len)[:, 0]
    rows, columns = near.shape
    off = (points > RIM).all(axis=1) & (points < np.array([columns, rows]) - 1 - RIM).all(axis=1)
    points = points[off]
    if len(points) == 0:
        return 0.0
    kernel = np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8)
    inner = cv2.dilate(np.where(piece > 0, near, 0), kernel)
    outer = cv2.erode(np.where(piece > 0, 1, near).astype(np.float32), kernel)
    x, y = points.T
    return float((inner[y, x] - outer[y, x] >= JUMP).mean())


def _small(seen: Plane) -> Plane:
    scale = min(1.0, SIDE / max(seen.shape))
    size = (max(8, round(seen.shape[1] * scale)), max(8, round(seen.shape[0] * scale)))
    return np.asarray(cv2.resize(seen.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
