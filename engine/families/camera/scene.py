"""What a picture seems to show, told from the pixels alone: sky, subject, front, water, and how near each is.

Nothing here has learned weights. Each finding must pass tests of shape and contrast, and is left out where it
does not: a wrong cut-out looks worse than none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.regions import (
    attached,
    contrast_along,
    geodesic,
    guided,
    largest,
    refine,
    smoothstep,
)
from engine.families.camera.sky import complete_sky, find_sky

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

STUDY_SIDE = 224
"""The longer side, in pixels, of the small copy on which everything is decided."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A picture's parts, on its small copy; every plane is float32 ``[h, w]``, 0 … 1.

    Attributes:
        disparity: 0 far … 1 near, of what is neither subject nor front, continued behind them.
        sky, subject, front, water: masks with hard edges, or None where nothing is certain. ``front`` is a
            dark silhouette at the lower edge; ``subject`` stands alone before the rest.
        nearness: the disparity of ``subject``.
        waterline: the share of the height at which the water ends, where there is any.
        flatness: 1 where there is next to nothing to see move, 0 in a normal picture.
    """

    disparity: Plane
    sky: Plane | None
    subject: Plane | None
    front: Plane | None
    water: Plane | None
    nearness: float
    waterline: float
    flatness: float


@dataclass(frozen=True, kw_only=True)
class _Study:
    """The small copy and what all findings need of it."""

    rgb: NDArray[np.uint8]
    lab: NDArray[np.float32]
    edge: Plane
    down: Plane
    across: Plane


def study(picture: NDArray[np.uint8], check: Callable[[], None]) -> Scene:
    """Look at a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        check: called between the steps, none of which takes half a second; may raise.
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
    seen = _Study(rgb=small, lab=lab, edge=edge, down=down, across=across)
    check()

    flatness = 1 - float(smoothstep(0.25, 1.2, np.percentile(edge, 97)))
    sky = None if flatness > 0.5 else find_sky(seen.lab, seen.edge)  # noqa: PLR2004 (more flat than not)
    check()
    horizon = _horizon(sky)
    front = None if sky is None else _front(seen, sky)
    subject = None if flatness > 0.5 else _subject(seen, sky, front)  # noqa: PLR2004 (same)
    check()
    water = _water(seen, sky, subject, front, horizon)
    disparity, nearness = _disparity(seen, sky, subject, horizon)
    if sky is not None:
        # All else is decided with the cautious sky: a thing must not be lost to a cloud of its colour.
        sky = complete_sky(seen.lab, sky, front=front, subject=subject)
    check()
    return Scene(
        disparity=disparity,
        sky=_plane(sky),
        subject=_plane(subject),
        front=_plane(front),
        water=_plane(water),
        nearness=nearness,
        waterline=horizon if water is None else float(np.flatnonzero(water.any(axis=1))[0]) / len(water),
        flatness=flatness,
    )


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
    return best if bottom > 0.85 and contrast > 12 else None  # noqa: PLR2004 (most of the lower edge; levels of L)


def _subject(seen: _Study, sky: Mask | None, front: Mask | None) -> Mask | None:
    """The thing in the middle that differs from what surrounds it."""
    rows, columns = seen.edge.shape
    seeds = np.zeros((rows, columns), bool)
    seeds[0] = seeds[:, 0] = seeds[:, -1] = True
    outside = geodesic(np.maximum(seen.edge - 0.6, 0) + 0.02, seeds)
    saliency = outside / max(float(np.percentile(outside, 98)), 1e-3)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    central = np.exp(-(((x / columns - 0.5) / 0.28) ** 2) - ((y / rows - 0.55) / 0.38) ** 2)
    detail = cv2.GaussianBlur(seen.edge, (0, 0), STUDY_SIDE / 40)
    focus = detail / max(float(np.percentile(detail, 95)), 1e-3)
    prior = np.clip(saliency, 0, 1) * central * (0.6 + 0.4 * np.clip(focus, 0, 1))
    prior /= max(float(prior.max()), 1e-3)

    never = np.zeros((rows, columns), bool)
    margin_y, margin_x = max(1, rows // 40), max(1, columns // 40)
    never[:margin_y] = never[:, :margin_x] = never[:, -margin_x:] = True
    for other in (sky, front):
        if other is not None:
            never |= other
    mask = largest(refine(seen.rgb, likely=prior > 0.42, never=never))  # noqa: PLR2004 (by eye)
    area = float(mask.mean())
    if not 0.035 < area < 0.6:  # noqa: PLR2004 (else it is a speck, or the picture itself)
        return None
    mask = mask | ~attached(~mask, "all")
    hull = cv2.convexHull(np.argwhere(mask)[:, ::-1].astype(np.int32))
    solid = float(mask.sum()) / max(float(cv2.contourArea(hull)), 1.0)
    strong = contrast_along(mask, seen.edge)
    if solid < 0.5 or strong < 2.2 or strong < 1.4 * float(seen.edge.mean()):  # noqa: PLR2004 (compact, clearly bounded)
        return None
    return mask


def _water(
    seen: _Study, sky: Mask | None, subject: Mask | None, front: Mask | None, horizon: float
) -> Mask | None:
    """A wide, level-textured surface below the horizon, in the sky's or in water's colours."""
    rows, columns = seen.edge.shape
    texture = cv2.GaussianBlur(seen.down, (0, 0), 5) / (cv2.GaussianBlur(seen.across, (0, 0), 5) + 0.12)
    soft = cv2.GaussianBlur(seen.lab, (0, 0), 2)
    light, green, yellow = soft[..., 0], soft[..., 1], soft[..., 2]
    blue = smoothstep(-2.0, -10.0, yellow) * smoothstep(26, 14, green)
    if sky is not None:
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
    for other in (sky, subject, front):
        if other is not None:
            mask &= ~other
    size = max(3, columns // 40) | 1
    mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((size, size), np.uint8)).astype(
        bool
    )
    mask = _below_the_line(_grounded(largest(mask), front), seen.lab[..., 0])
    # Water is wide; more so where no sky confirms that there is anything to mirror.
    if mask.mean() < 0.06 or mask.any(axis=0).mean() < (0.7 if sky is None else 0.45) or _flat_drawing(seen):  # noqa: PLR2004 (shares of the picture)
        return None
    hull = cv2.convexHull(np.argwhere(mask)[:, ::-1].astype(np.int32))
    if mask.sum() < 0.5 * cv2.contourArea(hull):
        return None
    return mask


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


def _disparity(seen: _Study, sky: Mask | None, subject: Mask | None, horizon: float) -> tuple[Plane, float]:
    """The ground rises towards the eye; haze is far, strong colour and sharpness are near."""
    rows, columns = seen.edge.shape
    y = np.broadcast_to(((np.arange(rows, dtype=np.float32) + 0.5) / rows)[:, None], (rows, columns))
    ground = np.clip((y - horizon) / (1 - horizon), 0, 1)
    chroma = np.hypot(seen.lab[..., 1], seen.lab[..., 2])
    focus = cv2.GaussianBlur(seen.edge, (0, 0), STUDY_SIDE / 30)
    cue = 0.5 * np.clip(focus / max(float(np.percentile(focus, 95)), 0.5), 0, 1)
    cue = cue + 0.3 * np.clip(chroma / 60, 0, 1) + 0.2 * np.clip(1 - seen.lab[..., 0] / 90, 0, 1)
    if sky is None:
        disparity = 0.08 + 0.34 * ground + 0.18 * cue
    else:
        disparity = 0.10 + 0.66 * ground + 0.14 * cue * (1 - ground)
    light = np.ascontiguousarray(seen.lab[..., 0]) / 100
    disparity = guided(
        light.astype(np.float32), disparity.astype(np.float32), radius=STUDY_SIDE // 16, eps=0.02
    )
    nearness = 0.8
    if subject is not None:
        foot = np.flatnonzero(subject.any(axis=1))[-1]
        if foot < rows - rows // 25:
            # It stands on the ground that it touches, so its feet stay put; indoors the ground is a guess.
            lift = 0.15 if sky is None else 0.04
            nearness = float(np.clip(disparity[foot][subject[foot]].mean() + lift, 0.3, 0.9))
    disparity = cv2.GaussianBlur(np.clip(disparity, 0, 1), (0, 0), STUDY_SIDE / 60)
    return np.asarray(disparity, np.float32), nearness
