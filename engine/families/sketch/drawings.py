"""Flat drawings of things: outlines and colours from data/drawings.npz, and what can be told of their parts.

Local coordinates: y down, the feet at y = 0, the middle at x = 0; a drawing is at most 1 high and 1.4 wide.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.sketch.habits import ROLLERS
from engine.families.sketch.language import packaged
from engine.families.sketch.language.packaged import unreadable
from engine.families.sketch.pen import Points
from engine.families.sketch.words import RGB

_WIDEST = 1.4
_DARK = 78  # the brightest part of the colour of an eye or a tyre
_ROUND = (0.72, 0.84)  # share of its box that a disc fills: π / 4
_EYE = (0.0004, 0.022)  # share of the drawing's box
_WHEEL = 0.16  # its diameter at least, in local units
_GLASS = frozenset({(38, 201, 252), (0, 166, 237)})
"""The colours of windows: a red bus has a red body."""

_DRAWN_AS: Mapping[str, tuple[str, Mapping[RGB, RGB]]] = {
    "chicken": (
        "rooster",
        {(109, 69, 52): (246, 240, 228), (165, 105, 83): (222, 210, 192), (68, 145, 27): (232, 222, 204),
         (255, 176, 46): (246, 240, 228)},
    ),
}  # fmt: skip
"""Drawings of a head that have a body elsewhere: the drawing, and what its colours are then."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A filled part: where its rings are in the drawing's points, its colour, how opaque it is (0 … 255)."""

    rings: tuple[slice, ...]
    colour: RGB
    opacity: int
    area: float

    @property
    def points(self) -> slice:
        """All of its points."""
        return slice(self.rings[0].start, self.rings[-1].stop)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A drawing.

    Attributes:
        points: float ``[N, 2]``, local.
        parts: from the back to the front.
        wide, high: of its box.
        main: the index of its largest part.
        seen: the index of the part of whose colour most can be seen, but for the windows of what rolls.
        eyes: the rings that look like eyes.
        wheels: middle and radius of what looks like a wheel, ``(x, y, radius)``.
    """

    name: str
    points: Points
    parts: tuple[Part, ...]
    wide: float
    high: float
    main: int
    seen: int
    eyes: tuple[slice, ...]
    wheels: tuple[tuple[float, float, float], ...]

    @property
    def head(self) -> tuple[float, float, float]:
        """The middle of the eyes, and the top of the head above them: ``(x, y, top)``."""
        if self.eyes:
            middle = np.mean([self.points[eye].mean(axis=0) for eye in self.eyes], axis=0)
        else:
            middle = np.array([0.0, -0.68 * self.high])
        near = np.abs(self.points[:, 0] - middle[0]) < 0.14  # noqa: PLR2004 - about half a head
        return float(middle[0]), float(middle[1]), float(self.points[near, 1].min(initial=middle[1]))


@cache
def _arrays() -> dict[str, NDArray[np.generic]]:
    path = packaged.DATA / "drawings.npz"
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            arrays = {
                name: stored[name] for name in ("names", "points", "rings", "layers", "drawings", "colours")
            }
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise unreadable(path, error) from error
    return arrays


@cache
def names() -> dict[str, int]:
    """The name of every drawing, and its place in the file.

    Raises:
        RuntimeError: the file is missing or damaged.
    """
    return {name: place for place, name in enumerate(_arrays()["names"].tobytes().decode().split("\n"))}


@lru_cache(maxsize=64)
def drawing(name: str) -> Drawing:
    """A drawing by name.

    Raises:
        KeyError: there is none of that name.
        RuntimeError: the file is missing or damaged.
    """
    shown, repainted = _DRAWN_AS.get(name, (name, {}))
    place, arrays = names()[shown], _arrays()
    first, last = arrays["drawings"][place : place + 2]
    ring_ends = arrays["rings"]
    begin = int(ring_ends[arrays["layers"][first]])
    end = int(ring_ends[arrays["layers"][last]])
    points = arrays["points"][begin:end].astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    unit = max(high[1] - low[1], (high[0] - low[0]) / _WIDEST)
    points = (points - ((low[0] + high[0]) / 2, high[1])) / unit
    parts = []
    for layer in range(int(first), int(last)):
        ends = ring_ends[arrays["layers"][layer] : arrays["layers"][layer + 1] + 1]
        rings = tuple(slice(int(a) - begin, int(b) - begin) for a, b in pairwise(ends))
        red, green, blue, opacity = (int(value) for value in arrays["colours"][layer])
        area = sum(_area(points[ring]) for ring in rings)
        colour = repainted.get((red, green, blue), (red, green, blue))
        parts.append(Part(rings=rings, colour=colour, opacity=opacity, area=area))
    wide, tall = (high - low) / unit
    return Drawing(
        name=name,
        points=points,
        parts=tuple(parts),
        wide=float(wide),
        high=float(tall),
        main=max(range(len(parts)), key=lambda part: parts[part].area),
        seen=_most_seen(points, parts, but=_GLASS if name in ROLLERS else frozenset()),
        eyes=tuple(_eyes(points, parts, wide * tall)),
        wheels=tuple(_wheels(points, parts)),
    )


def _most_seen(points: Points, parts: list[Part], but: frozenset[RGB]) -> int:
    """The part whose colour covers the most of the drawing, once those before it are drawn over it.

    Args:
        points: of the drawing.
        parts: of it, from the back to the front.
        but: colours that do not count as long as there are others, which are not those of tyres.
    """
    size = 96
    pixels = (points + np.array([_WIDEST / 2, 1.0])) * size
    canvas = np.full((size, round(_WIDEST * size)), len(parts), np.uint8)
    for place, part in enumerate(parts):
        cv2.fillPoly(canvas, [np.rint(pixels[ring]).astype(np.int32) for ring in part.rings], place)
    shares = np.bincount(canvas.ravel(), minlength=len(parts) + 1)[: len(parts)]
    by_colour: dict[RGB, int] = {}
    for part, share in zip(parts, shares.tolist(), strict=True):
        by_colour[part.colour] = by_colour.get(part.colour, 0) + share
    counted = {colour for colour in by_colour.keys() - but if max(colour) >= _DARK} or by_colour.keys()
    wanted = max(counted, key=lambda colour: by_colour[colour] * (0.35 + (max(colour) - min(colour)) / 255))
    return max(
        (place for place, part in enumerate(parts) if part.colour == wanted), key=lambda at: shares[at]
    )


def _area(ring: Points) -> float:
    return float(cv2.contourArea(ring.astype(np.float32)))


def _eyes(points: Points, parts: list[Part], box: float) -> list[slice]:
    """Small, dark and compact, and not low down."""
    found = []
    for part in parts:
        if max(part.colour) > _DARK:
            continue
        for ring in part.rings:
            outline = points[ring]
            size = np.ptp(outline, axis=0)
            compact = _area(outline) / max(size.prod(), 1e-9)
            fits = _EYE[0] < _area(outline) / box < _EYE[1] and 0.4 < size[0] / max(size[1], 1e-9) < 2.2  # noqa: PLR2004
            if fits and compact > 0.68 and outline[:, 1].mean() < -0.3:  # noqa: PLR2004 - fuller than a stripe
                found.append(ring)
    return found[:2]


def _wheels(points: Points, parts: list[Part]) -> list[tuple[float, float, float]]:
    """Large dark discs low down."""
    found: list[tuple[float, float, float]] = []
    for part in parts:
        if max(part.colour) > _DARK + 20:
            continue
        for ring in part.rings:
            outline = points[ring]
            size = np.ptp(outline, axis=0)
            fills = _area(outline) / max(size.prod(), 1e-9)
            middle = (outline.min(axis=0) + outline.max(axis=0)) / 2
            if (
                size.min() > _WHEEL
                and size.max() < 1.15 * size.min()
                and _ROUND[0] < fills < _ROUND[1]
                and middle[1] > -0.4  # noqa: PLR2004 - below the middle
                and all(np.hypot(middle[0] - x, middle[1] - y) > radius for x, y, radius in found)
            ):
                found.append((float(middle[0]), float(middle[1]), float(size.mean() / 2)))
    return found
