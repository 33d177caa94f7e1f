"""What a picture seems to show: sky, front, water and how near each is, told from the pixels; and a subject.

The subject is given: no measure of pixels alone tells people from what is behind them. Each other finding
must pass tests of shape and contrast, and is left out where it does not: a wrong cut-out looks worse than
none, so a picture in which nothing is certain counts as flat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.certain import Fine, is_water, judge
from engine.families.camera.known import Area, Relief
from engine.families.camera.regions import attached, contrast_along, largest, smoothstep
from engine.families.camera.relief import ground_of
from engine.families.camera.sky import complete_sky, find_sky

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

FAR = 0.15
"""The disparity of what is behind a subject, where nothing more is known of it."""
STANDS = 0.96
"""What reaches lower than this share of the height is cut off by the picture's edge: it stands on nothing."""

UNEVEN = 0.1
"""Difference of disparities from which a ground has depth."""
OVER = 0.05
"""By how much a subject is nearer than the ground around it, at least: what was cut out stands in front."""

SNOWY, GREY = 75.0, 5.0
"""Levels of L from which, and of colour up to which, what is as bright as the sky is snow: water is darker
than the sky that it mirrors."""

STUDY_SIDE = 224
"""The longer side, in pixels, of the small copy on which everything is decided."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A picture's parts, on its small copy; every plane is float32 ``[h, w]``, 0 … 1.

    Attributes:
        disparity: 0 far … 1 near, of what is neither subject nor front, continued behind them; without a
            relief it changes with the row only.
        sky, subject, front, water: masks with hard edges, or None where nothing is certain. ``front`` is a
            dark silhouette at the lower edge; ``subject`` stands alone before the rest.
        nearness: the disparity of ``subject``.
        waterline: the share of the height at which the water ends, where there is any.
        flatness: 1 where there is next to nothing to see move, 0 in a normal picture.
        clouds: the sky has some, so that it can be seen to drift.
    """

    disparity: Plane
    sky: Plane | None
    subject: Plane | None
    front: Plane | None
    water: Plane | None
    nearness: float
    waterline: float
    flatness: float
    clouds: bool

    @property
    def deep(self) -> bool:
        """Whether anything is known to be nearer than anything else."""
        return self.sky is not None or self.subject is not None or float(np.ptp(self.disparity)) >= UNEVEN


@dataclass(frozen=True, kw_only=True)
class _Study:
    """The small copy and what all findings need of it."""

    lab: NDArray[np.float32]
    edge: Plane
    down: Plane
    across: Plane


@dataclass(frozen=True, kw_only=True)
class _Above:
    """A sky that is certain to be one.

    Attributes:
        cautious, sky: bool ``[h, w]``, what surely belongs to it, and all of it.
        front: bool ``[h, w]``, what is dark in front of it, or None.
        drifts: it has clouds.
        fine: the picture.
    """

    cautious: Mask
    sky: Mask
    front: Mask | None
    drifts: bool
    fine: Fine


def study(
    picture: NDArray[np.uint8],
    check: Callable[[], None],
    *,
    subject: Plane | None = None,
    level: bool = False,
    relief: Relief | None = None,
    whole: Sequence[Area] = (),
) -> Scene:
    """Look at a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        check: called between the steps, none of which takes half a second; may raise.
        subject: float32 ``[h, w]``, 0 … 1, what stands alone before the rest, if that is certain.
        level: faces or letters are elsewhere in it, so nothing may be bent.
        relief: how near each place is, if that was seen.
        whole: what may not bend in it, in shares of the picture.
    """
    rows, columns = picture.shape[:2]
    scale = STUDY_SIDE / max(rows, columns)
    size = (max(8, round(columns * scale)), max(8, round(rows * scale)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab).astype(np.float32)
    soft = cv2.GaussianBlur(lab, (0, 0), 1.0)
    gradient = np.stack([cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)]) / 8
    edge = np.sqrt((gradient**2).sum(axis=(0, 3))).astype(np.float32)
    down, across = np.abs(gradient[1, :, :, 0]), np.abs(gradient[0, :, :, 0])
    seen = _Study(lab=lab, edge=edge, down=down, across=across)
    check()

    flatness = 1 - float(smoothstep(0.25, 1.2, np.percentile(edge, 97)))
    alone = None if subject is None else _at(subject, size)
    # One outline that is certain is enough: a second one around a head would be seen.
    looked = flatness <= 0.5 and alone is None  # noqa: PLR2004 (more flat than not)
    above = _above(seen, picture, whole, check) if looked else None
    sky, front = (None, None) if above is None else (above.cautious, above.front)
    horizon = _horizon(sky)
    water = None if above is None else _water(seen, above, horizon)
    disparity, nearness = _disparity(edge.shape, sky, alone, horizon, level=level)
    if relief is not None:
        disparity, nearness = _seen(disparity, nearness, alone, relief, whole)
    check()
    return Scene(
        disparity=disparity,
        sky=None if above is None else _plane(above.sky),
        subject=subject,
        front=_plane(front),
        water=_plane(water),
        nearness=nearness,
        waterline=horizon if water is None else float(np.flatnonzero(water.any(axis=1))[0]) / len(water),
        flatness=flatness,
        clouds=above is not None and above.drifts,
    )


def _above(
    seen: _Study, picture: NDArray[np.uint8], whole: Sequence[Area], check: Callable[[], None]
) -> _Above | None:
    """The sky, if it is certain to be one."""
    cautious = find_sky(seen.lab, seen.edge)
    check()
    if cautious is None:
        return None
    front = _front(seen, cautious)
    # All else is decided with the cautious sky: a thing must not be lost to a cloud of its colour.
    sky = complete_sky(seen.lab, cautious, front=front)
    fine = Fine.of(picture, seen.edge.shape)
    judged = judge(fine, seen.lab, sky, whole)
    check()
    if not judged.certain:
        return None
    return _Above(cautious=cautious, sky=sky, front=front, drifts=judged.drifts, fine=fine)


def _plane(mask: Mask | None) -> Plane | None:
    return None if mask is None else mask.astype(np.float32)


def _horizon(sky: Mask | None) -> float:
    if sky is None:
        return 0.3
    return float(np.clip(np.percentile(sky.sum(axis=0), 80) / len(sky), 0.12, 0.75))


def _front(seen: _Study, sky: Mask) -> Mask | None:
    """A dark silhouette that rises from the lower edge, as shores and crowds at dusk do."""
    light = seen.lab[..., 0]
    best: Mask | None = None
    best_contrast = 0.0
    for level in (8.0, 12.0, 16.0, 20.0, 25.0):
        mask = attached((light < level), "bottom")
        if not 0.03 < mask.mean() < 0.45:  # noqa: PLR2004 (enough to matter, not most of the picture)
            continue
        contrast = contrast_along(mask, seen.edge)
        if contrast * float(mask.mean()) ** 0.5 > best_contrast:
            best, best_contrast = mask, contrast * float(mask.mean()) ** 0.5
    if best is None or contrast_along(best, seen.edge) < 3.0:  # noqa: PLR2004 (a silhouette's edge is strong)
        return None
    bottom = best[-max(2, len(best) // 40) :].mean()
    contrast = light[~best & ~sky].mean() - light[best].mean()
    low = np.median(best.sum(axis=0)) < 0.5 * len(best)
    return best if low and bottom > 0.85 and contrast > 12 else None  # noqa: PLR2004 (most of the lower edge; levels of L)


def _water(seen: _Study, above: _Above, horizon: float) -> Mask | None:
    """A wide, level-textured surface below the horizon, in the sky's or in water's colours."""
    rows, columns = seen.edge.shape
    sky, front = above.cautious, above.front
    texture = cv2.GaussianBlur(seen.down, (0, 0), 5) / (cv2.GaussianBlur(seen.across, (0, 0), 5) + 0.12)
    soft = cv2.GaussianBlur(seen.lab, (0, 0), 2)
    light, green, yellow = soft[..., 0], soft[..., 1], soft[..., 2]
    blue = smoothstep(-2.0, -10.0, yellow) * smoothstep(26, 14, green)
    # What is mirrored in a column of water stands above it.
    colours = np.where(sky[..., None], soft[..., 1:], np.nan)
    bare = ~sky.any(axis=0)
    colours[:, bare] = soft[sky][:, 1:].mean(axis=0)
    low, high = np.nanmin(colours, axis=0), np.nanmax(colours, axis=0)
    outside = np.maximum(np.maximum(low - soft[..., 1:], soft[..., 1:] - high), 0).max(axis=2)
    blue = np.maximum(blue, 0.8 * smoothstep(8.0, 3.0, outside))
    score = blue * smoothstep(1.0, 1.7, texture) * smoothstep(3.0, 10.0, light)
    alive = cv2.GaussianBlur(seen.edge, (0, 0), 6)
    score = score * smoothstep(0.15, 0.4, alive)
    y = (np.arange(rows, dtype=np.float32) + 0.5) / rows
    score = score * smoothstep(horizon - 0.01, horizon + 0.03, y)[:, None]
    mask = np.asarray(cv2.GaussianBlur(score.astype(np.float32), (0, 0), 3), np.float32) > 0.42  # noqa: PLR2004 (by eye)
    for other in (sky, front):
        if other is not None:
            mask &= ~other
    size = max(3, columns // 40) | 1
    mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((size, size), np.uint8)).astype(
        bool
    )
    mask = _below_the_line(_grounded(largest(mask), front), seen.lab[..., 0])
    # Water is wide; more so where no sky confirms that there is anything to mirror.
    if mask.mean() < 0.06 or mask.any(axis=0).mean() < 0.45 or _flat_drawing(seen):  # noqa: PLR2004 (shares of the picture)
        return None
    if _is_snow(seen.lab, mask, sky) or not is_water(above.fine, seen.lab, mask):
        return None
    hull = cv2.convexHull(np.argwhere(mask)[:, ::-1].astype(np.int32))
    if mask.sum() < 0.5 * cv2.contourArea(hull):
        return None
    return mask


def _is_snow(lab: NDArray[np.float32], mask: Mask, sky: Mask) -> bool:
    """Whether what mirrors a grey sky is as bright as the sky."""
    light, green, yellow = np.median(lab[mask], axis=0)
    bright = light > max(SNOWY, 0.95 * float(np.median(lab[sky][:, 0])))
    return bool(bright and np.hypot(green, yellow) < GREY)


def _grounded(mask: Mask, front: Mask | None) -> Mask:
    """The parts of a mask that reach the picture's lower edge, or the silhouette before it."""
    base = np.zeros(mask.shape, bool)
    base[-max(2, len(mask) // 20) :] = True
    if front is not None:
        base |= cv2.dilate(front.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    return np.asarray(np.isin(labels, np.unique(labels[base & mask])), bool)


def _below_the_line(mask: Mask, light: Plane) -> Mask:
    """Water without the shore above it: its far edge is the straightest level line in its upper half."""
    rows = np.flatnonzero(mask.any(axis=1))
    if len(rows) < 8:  # noqa: PLR2004 (a puddle)
        return mask
    step = np.diff(cv2.GaussianBlur(light, (0, 0), 0.8), axis=0)
    upper = range(int(rows[0]), int(rows[len(rows) // 2]))
    # Along a level line the light changes the same way in all columns.
    straight = [abs(float(step[row][mask[row]].mean())) if mask[row].any() else 0.0 for row in upper]
    line = upper[int(np.argmax(straight))]
    if max(straight) < 1.5:  # noqa: PLR2004 (levels of L: no line, no shore)
        return mask
    below = mask.copy()
    below[: line + 1] = False
    return below


def _flat_drawing(seen: _Study) -> bool:
    """Whether most of the picture is of a few exactly even colours."""
    even = cv2.erode((seen.edge < 0.12).astype(np.uint8), np.ones((3, 3), np.uint8))  # noqa: PLR2004 (even colour)
    return bool(even.mean() > 0.55)  # noqa: PLR2004 (most of it)


def _disparity(
    size: tuple[int, int], sky: Mask | None, subject: Mask | None, horizon: float, *, level: bool
) -> tuple[Plane, float]:
    """How near what is neither subject nor front is, row by row, and how near the subject is.

    Under a sky the ground rises towards the eye; elsewhere it rises only to where the subject stands.

    Args:
        size: rows and columns.
        sky, subject: bool, or None.
        horizon: share of the height.
        level: something in it must not be bent, so there is no ramp.
    """
    rows, columns = size
    y = (np.arange(rows, dtype=np.float32) + 0.5) / rows
    near, foot, head = 0.8, 1.0, 0.0
    if subject is not None:
        covered = np.flatnonzero(subject.any(axis=1))
        head, foot = float(covered[0]) / rows, float(covered[-1] + 1) / rows
    if sky is not None:
        row = np.asarray(0.12 + 0.5 * np.clip((y - horizon) / (1 - horizon), 0, 1), np.float32)
        if level:
            row = np.full(rows, 0.25, np.float32)
    else:
        row = np.full(rows, FAR, np.float32)
        if subject is not None and foot < STANDS and not level:
            row = np.asarray(FAR + (near - FAR) * 0.6 * smoothstep((head + foot) / 2, foot, y), np.float32)
    if subject is not None and foot < STANDS:
        # Its feet stay put, or nearly, on the ground that it touches.
        near = float(np.clip(row[min(rows - 1, round(foot * rows))] + 0.3, 0.45, near))
    return np.ascontiguousarray(np.broadcast_to(row[:, None], (rows, columns)), np.float32), near


def _seen(
    ground: Plane, nearness: float, subject: Mask | None, relief: Relief, whole: Sequence[Area]
) -> tuple[Plane, float]:
    """What the pixels alone tell, and what was seen of depth, by how sure that is.

    Args:
        ground, nearness: as :func:`_disparity` has them.
        subject: bool, or None.
        relief: what was seen.
        whole: what may not bend, in shares of the picture.
    """
    seen, near = ground_of(relief, subject, whole)
    seen = np.asarray(cv2.resize(seen, ground.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    both = np.asarray(ground + relief.sure * (seen - ground), np.float32)
    if subject is None:
        return both, nearness
    around = cv2.dilate(subject.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool) & ~subject
    least = float(np.median(both[around])) + OVER if around.any() else 0.0
    return both, float(np.clip(nearness + relief.sure * (near - nearness), min(least, 1.0), 1.0))


def _at(plane: Plane, size: tuple[int, int]) -> Mask:
    """A mask at the small copy's size, width and height."""
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA) > 0.5)  # noqa: PLR2004 (more in than out)
