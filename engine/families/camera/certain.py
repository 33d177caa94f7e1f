"""Whether what was found is surely a sky, with clouds that may drift, and surely water.

A still picture is better than a wall that drifts and a road that ripples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.known import Area
from engine.families.camera.regions import long_lines, places_along

Pixels = NDArray[np.uint8]
Lab = NDArray[np.float32]
Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

FINER, SHARP, STEEP = 4, 4.0, 2.0
"""How many times finer than the small copy edges are looked at, and from how many levels of Lab a pixel they
are sharp there: clouds are soft, things are not. Edges that are not level are steep from fewer on."""
SHARPEST, SOFTEST, RESTLESS = 0.03, 0.012, 0.55
"""The share of a sky that may be sharp (birds, wires, twigs), and of one that may drift; and how strong the
edges at most places of that may be: the sea's are stronger."""
LINE, LINES, FEWER_LINES = 0.04, 3.0, 2.0
"""From which share of the picture's mean side a line counts as straight, and how long all together may be in
a sky, and in one that may drift, as a multiple of the sky's mean side."""
BORDER, ALL_ALONG = 0.03, 0.8
"""Share of the width within which a picture's own border lies, and of the height along which it is seen."""
SLANTED, SLANTED_LINES, UPRIGHT = 10.0, 0.5, 0.2
"""By how many degrees off the level lines are no waves, how long they may be all together in water, as a
multiple of its mean side, and the share of it that may change steeply sideways, as gravel and grass do."""
ASPHALT = 3.0
"""Levels of colour up to which water is as grey as a road."""
PIECE, APART = 0.04, 10.0
"""The share of a sky from which a piece of it counts, and how many levels of Lab two of them may be apart:
panels, panes and a wall beside a window are farther apart than the sky on both sides of a tower."""
ACROSS = 0.7
"""The share of the upper edge along which a sky lies, at least."""
GREEN, GREENISH, TINTED = 0.08, -6.0, 8.0
"""The share of a sky that may be green, as leaves, grass and painted walls are, and from how many levels of
Lab a colour is: of a, and of colour."""
BEIGE, MILKY, BURNT = 0.35, 14.0, 97.0
"""The share of a sky that may have the weak yellow of walls, up to how much colour that has, and the levels
of L from which on a colour says nothing."""
NIGHT = 15.0
"""Levels of L below which nothing is certain."""
DARKER, BRIGHTER = -10.0, 40.0
"""How much brighter a sky is below than above, levels of L: it brightens downwards, but gradually."""
BLUE, GREY = -3.0, 6.0
"""Levels of b up to which a colour is blue; levels of colour up to which it is grey."""
SHAPES, CERTAIN_SHAPES = 0.35, 0.9
"""Levels of L by which the light changes at most places where there are clouds; what is not blue and changes
less may as well be a wall or paper."""
WARM = 12.0
"""The colour of an evening, levels of Lab at least: rooms have less."""
CLOUDS = 1.5
"""Levels of L by which clouds differ from the sky around them, as a standard deviation."""


@dataclass(frozen=True, kw_only=True)
class Sky:
    """What is certain of a sky.

    Attributes:
        certain: it is one.
        drifts: it has clouds, and nothing in it would be seen to bend.
    """

    certain: bool
    drifts: bool


@dataclass(frozen=True, kw_only=True)
class Fine:
    """A finer copy of a picture: on the small one clouds are as sharp as things.

    Attributes:
        edge, across: float32 ``[h, w]``, how strong its edges are, and those of the light that are not level,
            levels of Lab a pixel.
        lines: float32 ``[n, 4]``, straight lines, each from x, y to x, y.
    """

    edge: Plane
    across: Plane
    lines: Plane

    @classmethod
    def of(cls, picture: Pixels, small: tuple[int, int]) -> Fine:
        """Look at a picture, uint8 ``[H, W, 3]``, RGB, whose small copy has so many rows and columns."""
        size = (small[1] * FINER, small[0] * FINER)
        # A small picture is enlarged: its pixels are larger, not its clouds sharper.
        way = cv2.INTER_AREA if len(picture) >= size[1] else cv2.INTER_CUBIC
        fine = cv2.resize(picture, size, interpolation=way).astype(np.float32) / 255
        lab = cv2.cvtColor(fine, cv2.COLOR_RGB2Lab)
        soft = cv2.GaussianBlur(lab, (0, 0), 0.8)
        gradient = np.stack([cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)]) / 8
        light = np.clip(cv2.GaussianBlur(lab[..., 0], (0, 0), 1.0) * 2.55, 0, 255).astype(np.uint8)
        found = cv2.createLineSegmentDetector().detect(light)[0]
        return cls(
            edge=np.sqrt((gradient**2).sum(axis=(0, 3))).astype(np.float32),
            across=np.abs(gradient[0, :, :, 0]),
            lines=np.zeros((0, 4), np.float32) if found is None else found.reshape(-1, 4),
        )

    def area(self, inside: Mask) -> Mask:
        """An area of the small copy on this one."""
        size = (self.edge.shape[1], self.edge.shape[0])
        return np.asarray(cv2.resize(inside.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)

    def straight(self, area: Mask, *, off_level: float = 0.0) -> float:
        """How long all straight lines in an area are together, in its own mean sides.

        Args:
            area: bool ``[h, w]``.
            off_level: degrees; lines that are more level don't count.
        """
        rows, columns = area.shape
        total = 0.0
        for line in long_lines(self.lines, (rows, columns), at_least=LINE, off_level=off_level):
            x0, y0, x1, y1 = line
            long = float(np.hypot(x1 - x0, y1 - y0))
            total += long if area[places_along(line, (rows, columns))].mean() > 0.8 else 0.0  # noqa: PLR2004 (mostly)
        return total / float(np.sqrt(max(1, int(area.sum()))))


def is_water(fine: Fine, lab: Lab, water: Mask) -> bool:
    """Tell whether what was found is water, and no road or lawn.

    Args:
        fine: the picture.
        lab: float32 ``[h, w, 3]``, its small copy.
        water: bool ``[h, w]``, what was found.
    """
    if np.hypot(*np.median(lab[water][:, 1:], axis=0)) < ASPHALT:
        return False
    area = fine.area(cv2.erode(water.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1) > 0)
    if not area.any() or (fine.across[area] > STEEP).mean() > UPRIGHT:
        return False
    return fine.straight(area, off_level=SLANTED) < SLANTED_LINES


def judge(fine: Fine, lab: Lab, sky: Mask, whole: Sequence[Area] = ()) -> Sky:
    """Tell whether what was found is a sky.

    Args:
        fine: the picture.
        lab: float32 ``[h, w, 3]``, its small copy.
        sky: bool ``[h, w]``, what was found.
        whole: what may not bend in it, in shares of the picture.
    """
    inside = cv2.erode(sky.astype(np.uint8), np.ones((7, 7), np.uint8), borderValue=1) > 0
    if not inside.any() or sky[1].mean() < ACROSS or not _is_one_piece(lab, inside):
        return Sky(certain=False, drifts=False)
    if not _has_its_colours(lab[inside]):
        return Sky(certain=False, drifts=False)
    area = fine.area(inside)
    sharp, lines = float((fine.edge[area] > SHARP).mean()), fine.straight(area)
    if sharp > SHARPEST or lines > LINES:
        return Sky(certain=False, drifts=False)
    soft = sharp < SOFTEST and lines < FEWER_LINES and float(np.median(fine.edge[area])) < RESTLESS
    still = not soft or _holds(sky, whole) or _is_bordered(fine, area)
    return Sky(certain=True, drifts=not still and _clouds(lab, sky) and _has_clouds_colours(lab, inside))


def _is_one_piece(lab: Lab, inside: Mask) -> bool:
    """Whether all large pieces of a sky have one colour."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=4)
    large = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] > PIECE * inside.sum()]
    colours = [np.median(lab[labels == n], axis=0) for n in large]
    return all(np.linalg.norm(one - other) < APART for one, other in combinations(colours, 2))


def _has_its_colours(colours: Lab) -> bool:
    """Whether colours, float32 ``[n, 3]``, may be a sky's: neither leaves, nor a wall's, nor the night's."""
    light, red, yellow = colours.T
    colour = np.hypot(red, yellow)
    green = (red < GREENISH) & (yellow > red / 2) & (colour > TINTED)
    beige = (yellow > -BLUE) & (colour < MILKY) & (red < yellow / 2) & (light < BURNT)
    return bool(green.mean() < GREEN and beige.mean() < BEIGE and np.median(light) > NIGHT)


def _holds(sky: Mask, whole: Sequence[Area]) -> bool:
    """Whether letters or anything else that may not bend lie in a sky."""
    rows, columns = sky.shape
    for left, top, right, bottom in whole:
        wide, high = (right - left) / 4, (bottom - top) / 4
        middle = sky[
            max(0, int((top + high) * rows)) : int((bottom - high) * rows) + 1,
            max(0, int((left + wide) * columns)) : int((right - wide) * columns) + 1,
        ]
        if middle.size and middle.mean() > 0.5:  # noqa: PLR2004 (more in than out)
            return True
    return False


def _is_bordered(fine: Fine, area: Mask) -> bool:
    """Whether a border of the picture's own lies beside a sky: it would be seen to wander into it."""
    rows = area.any(axis=1)
    wide = max(4, round(BORDER * area.shape[1]))
    sides = (fine.across[rows, :wide], fine.across[rows, -wide:])
    return any((side.max(axis=1) > STEEP).mean() > ALL_ALONG for side in sides)


def _has_clouds_colours(lab: Lab, inside: Mask) -> bool:
    """Whether the colours of a sky and the shapes in it are certain to be clouds."""
    light, red, yellow = lab[inside].T
    height = np.flatnonzero(inside) // inside.shape[1]
    upper, lower = np.percentile(height, (33, 67))
    down = float(np.median(light[height >= lower]) - np.median(light[height <= upper]))
    if not DARKER < down < BRIGHTER:
        return False
    around = _smooth(lab[..., 0], inside, 8)
    shapes = float(np.median(np.abs(cv2.GaussianBlur(lab[..., 0], (0, 0), 1.5) - around)[inside]))
    colour = np.hypot(red, yellow)
    blue, grey = yellow < BLUE, colour < GREY
    if blue.mean() > 0.5:  # noqa: PLR2004 (most of it)
        return shapes > SHAPES
    evening = np.median(colour) > WARM and down > 0 and np.median(red) < np.median(yellow)
    overcast = (blue | grey).mean() > 0.9  # noqa: PLR2004 (nearly all)
    return bool((overcast or evening) and shapes > CERTAIN_SHAPES)


def _clouds(lab: Lab, sky: Mask) -> bool:
    """Whether a sky has soft shapes in it. A wall, which may look like a sky, hangs straight and even."""
    inside = cv2.erode(sky.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    if not inside.any():
        return False
    light = lab[..., 0]
    return float(np.std((cv2.GaussianBlur(light, (0, 0), 2) - _smooth(light, sky, 20))[inside])) > CLOUDS


def _smooth(light: Plane, area: Mask, blur: float) -> Plane:
    """The light around each place of an area, from within the area alone."""
    weight = area.astype(np.float32)
    return np.asarray(
        cv2.GaussianBlur(light * weight, (0, 0), blur) / (cv2.GaussianBlur(weight, (0, 0), blur) + 1e-3),
        np.float32,
    )
