"""The sky of a picture: finding it, and laying its outline where the land begins."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.regions import attached, contrast_along, long_lines, places_along

Lab = NDArray[np.float32]
Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

_PAPER_EVEN, _PAPER_ALIKE = 0.6, 8.0
"""Share of what lies below that is as even as what lies above, and how far their colours are apart, levels of
Lab: a drawing on paper has .69 and 2, the land below skies at most .58 and at least 12."""
_BEIGE, _EVENLY, _REDDISH = 8.0, 10.0, 1 / 3
"""A wall or a ceiling in warm light is yellow throughout, by so many levels of Lab at least, everywhere about
as much, and hardly reddish, as a share of the yellow: two such rooms have 12 and 16, 5 and 6, .15 and .18; a
sea at dusk has 11, 8 and .8."""
_BEAMS, _BEAM, _SLANTED = 2, 0.15, 10.0
"""So many straight lines of this share of the picture's mean side, by so many degrees off the level and clear
of the outline, are beams or panes. Skies have horizons, bands of cloud and hardly more than one mast."""
_DARKER, _COLOURED = 8.0, 29.0
"""Levels of L darker than the sky beside it, and levels of Lab by which its colour differs, from which on
something is no cloud."""
_BURNT, _AS_EVEN = 99.0, 0.3
"""Levels of L from which a level, even strip is the bar above a photograph, and their standard deviation."""


def find_sky(lab: Lab, edge: Plane) -> Mask | None:
    """What can be reached from the upper edge without crossing a strong edge, if it looks like a sky.

    How strong an edge ends the sky differs from picture to picture, so several strengths are tried.

    Args:
        lab: float32 ``[h, w, 3]``, the small picture.
        edge: float32 ``[h, w]``, the strength of its edges, levels of Lab a pixel.

    Returns:
        bool ``[h, w]``, cautious: a cloud that touches the land may be missing.
    """
    best: Mask | None = None
    best_score = 0.0
    for strength in (0.5, 0.8, 1.2, 1.8, 2.6, 3.6, 5.0, 7.0):
        calm = cv2.morphologyEx((edge < strength).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        reached = cv2.dilate(attached(calm.astype(bool), "top").astype(np.uint8), np.ones((3, 3), np.uint8))
        # What lies across the sky without standing on anything, thin and level, is a cloud.
        land = cv2.morphologyEx((reached == 0).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 1), np.uint8))
        mask = ~attached(land.astype(bool), "bottom")
        enclosed = float((mask & (reached == 0)).sum()) / max(1, int(mask.sum()))
        # Clouds are islands in a sky; a large island is a person in front of a wall.
        if enclosed > 0.1 or not _looks_like_sky(lab, edge, mask):  # noqa: PLR2004 (share of the sky)
            continue
        # The best outline is much stronger than what had to be crossed inside.
        contrast = contrast_along(mask, edge)
        score = contrast / (strength + 0.5) * float(mask.mean()) ** 0.3
        if contrast > 1.5 and score > best_score:  # noqa: PLR2004 (levels of Lab a pixel)
            best, best_score = mask, score
    return None if best is None or _is_built(lab, edge, best) else best


def complete_sky(lab: Lab, sky: Mask, *, front: Mask | None) -> Mask:
    """The sky with all that belongs to it: clouds that touch the land, patches seen through a tree.

    Args:
        lab: float32 ``[h, w, 3]``, the small picture.
        sky, front: bool ``[h, w]``, what was found.
    """
    sky = _reclaimed(lab, sky)
    if front is not None:
        sky = _through(lab, sky, front)
    return sky


def _reclaimed(lab: Lab, sky: Mask) -> Mask:
    """The sky with the clouds that touch the land: it ends at the strongest edge near its outline.

    Source: F. Meyer, "Color image segmentation" (1992), the watershed, as OpenCV has it.
    """
    wide, narrow = (
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)) for radius in (7, 2)
    )
    seeds = cv2.erode(sky.astype(np.uint8), narrow).astype(np.int32)
    seeds[cv2.erode((~sky).astype(np.uint8), wide) > 0] = 2
    soft = cv2.GaussianBlur(lab, (0, 0), 0.7)
    levels = np.clip(soft * 2 + np.array([0, 128, 128], np.float32), 0, 255).astype(np.uint8)
    # The watershed leaves the outermost pixels undecided, so they must not be the picture's.
    padded = np.pad(seeds, 1, mode="edge")
    cv2.watershed(np.pad(levels, ((1, 1), (1, 1), (0, 0)), mode="edge"), padded)
    gained = (padded[1:-1, 1:-1] == 1) & ~sky
    # An ear or a mast may be bounded as weakly as a cloud is, but differs more from the sky beside it.
    differs = soft - _beside(lab, sky)
    # What lies lower than any sky beside it is foam, snow or sand.
    lowest = int(np.percentile(sky.sum(axis=0), 95)) + 6
    gained[lowest:] = False
    solid = (differs[..., 0] < -_DARKER) | (np.hypot(differs[..., 1], differs[..., 2]) >= _COLOURED)
    gained &= ~solid
    land = cv2.morphologyEx((~sky & ~gained).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 1), np.uint8)) > 0
    held = attached(land, "bottom")
    lost = ~sky & ~held
    # A cloud carries nothing. A lighthouse's lamp is as bright as one, but there is a roof on it; and a
    # golden statue may stand on a pale foot.
    _, labels = cv2.connectedComponents(lost.astype(np.uint8), connectivity=8)
    roof = land & ~held & solid
    carries = np.bincount(labels[roof], minlength=int(labels.max()) + 1) >= 4  # noqa: PLR2004 (pixels, more than noise)
    carries[0] = False
    return np.asarray(sky | (lost & ~carries[labels]), bool)


def _beside(lab: Lab, sky: Mask) -> NDArray[np.float32]:
    """The sky's colour next to each pixel, float32 ``[h, w, 3]``, Lab."""
    weight = cv2.GaussianBlur(sky.astype(np.float32), (0, 0), 8)[..., None]
    colour = cv2.GaussianBlur(lab * sky[..., None], (0, 0), 8)
    return np.asarray(colour / np.maximum(weight, 1e-3), np.float32)


def _through(lab: Lab, sky: Mask, front: Mask) -> Mask:
    """The sky, including patches that a tree cuts off."""
    rest = (~sky & ~front).astype(np.uint8)
    count, labels = cv2.connectedComponents(rest, connectivity=4)
    near = cv2.GaussianBlur(sky.astype(np.float32), (0, 0), 8) > 0.02  # noqa: PLR2004 (else there is no sky to compare with)
    differs = np.linalg.norm(lab - _beside(lab, sky), axis=2)
    found = sky.copy()
    for label in range(1, count):
        patch = labels == label
        if patch.mean() < 0.02 and (near[patch]).all() and np.median(differs[patch]) < 14:  # noqa: PLR2004 (small; Lab)
            found |= patch
    return found


def _is_one_ground(lab: Lab, edge: Plane, mask: Mask) -> bool:
    """Whether what is below is the same even ground, with lines on it: paper."""
    even = float((edge[~mask] < max(1.0, 2 * float(np.median(edge[mask])))).mean())
    apart = np.linalg.norm(np.median(lab[~mask], axis=0) - np.median(lab[mask], axis=0))
    return even > _PAPER_EVEN and float(apart) < _PAPER_ALIKE


def _is_built(lab: Lab, edge: Plane, mask: Mask) -> bool:
    """Whether it is a ceiling, wall, window or bar: what people made is of one warm colour, or straight."""
    inside = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not inside.any():
        return False
    if np.ptp(mask.sum(axis=0)) <= 1 and lab[inside].std(axis=0).max() < _AS_EVEN:
        return bool(lab[inside][:, 0].min() > _BURNT)
    low, middle, high = np.percentile(lab[inside], (10, 50, 90), axis=0)
    if low[2] > _BEIGE and high[2] - low[2] < _EVENLY and middle[1] < _REDDISH * middle[2]:
        return True
    return _beams(lab, edge, inside) >= _BEAMS


def _beams(lab: Lab, edge: Plane, inside: Mask) -> int:
    """How many long, straight, slanted lines are in an area."""
    light = np.clip(cv2.GaussianBlur(lab[..., 0], (0, 0), 0.7) * 2.55, 0, 255).astype(np.uint8)
    twice = cv2.resize(light, None, fx=2, fy=2)
    found = cv2.createLineSegmentDetector().detect(twice)[0]
    count = 0
    lines = np.zeros((0, 4), np.float32) if found is None else found.reshape(-1, 4) / 2
    for line in long_lines(lines, inside.shape, at_least=_BEAM, off_level=_SLANTED):
        places = places_along(line, inside.shape)
        count += bool(inside[places].mean() > 0.8 and np.median(edge[places]) > 2)  # noqa: PLR2004 (mostly; levels of Lab a pixel)
    return count


def _looks_like_sky(lab: Lab, edge: Plane, mask: Mask) -> bool:
    rows = len(mask)
    wide = (mask.sum(axis=0) > 0.08 * rows).mean() > 0.7  # noqa: PLR2004 (from side to side, nearly)
    ends = mask[int(rows * 0.86) :].mean() < 0.03  # noqa: PLR2004 (above the ground)
    third = mask.shape[1] // 3
    depth = mask.sum(axis=0) / rows
    # A sky that hangs down in the middle, or in one narrow strip, is a forehead.
    hangs = np.median(depth[third:-third]) > np.median(np.concatenate([depth[:third], depth[-third:]])) + 0.2
    hangs = hangs or (depth > 0.55 * depth.max()).mean() < 0.3  # noqa: PLR2004 (of the width)
    if hangs or not (wide and ends and 0.08 < mask.mean() < 0.8):  # noqa: PLR2004 (neither a strip nor everything)
        return False
    if _is_one_ground(lab, edge, mask):
        return False
    band = max(4, rows // 8)
    below = np.roll(mask, band, axis=0) & ~mask
    last = mask & ~np.roll(mask, -band, axis=0)
    above, under = lab[last].mean(axis=0), lab[below].mean(axis=0)
    brighter, bluer = above[0] - under[0], under[2] - above[2]
    calm = float(np.median(edge[mask])) < 0.6 * float(np.median(edge[~mask])) + 0.3
    return bool(calm and (brighter > 6 or (bluer > 5 and above[2] < -3 and brighter > -8)))  # noqa: PLR2004 (Lab)
