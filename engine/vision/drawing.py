"""Whether a picture was drawn or photographed, told from plain measures of its pixels.

No network is needed: areas that are exactly even, few colours, and edges without slopes are what pens and
programs make and lenses don't. An even ground that reaches the picture's edge says nothing, because skies and
studios have one too, so only the rest is measured. Shaded drawings, such as frames of animated films, pass
for photographs.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.optical_flow import Floats

SIDE = 384
"""The longer side of the copy that is measured, so that a figure means the same for pictures of all sizes."""

SURE = 0.6
"""The certainty from which a picture counts as a drawing."""

_EVEN, _NEARLY_EVEN, _SLOPE, _EDGE = 2, 4, 6, 60
"""Levels between a pixel and its neighbours: up to which it is even, and beyond which it is on a slope or on
a hard edge."""
_SOFT = 24
"""Up to which a slope is soft."""
_GROUND, _REST = 0.02, 0.02
"""Share of the picture from which an even area at its edge is ground, and which the rest has to be."""
_MOST_PIXELS = 0.9
_USUAL, _HIGH = 50, 97
WEIGHTS = np.array([1.129, -4.795, 2.237, 4.444, 0.326, -4.679])
"""Of a logistic regression on 106 pictures; docs/measurements.md says how well it does on others."""


FINE_SIDE = 640
"""The longer side, in pixels, of the copy on which evenness is measured: letters are still sharp there."""
FLAT_LEVELS = 1
PROGRAM = 0.5
"""From this share of exactly even pixels on, a program may have drawn a picture, or it shows a thing in a
studio."""


def even_share(picture: NDArray[np.uint8]) -> float:
    """The share of exactly even pixels of a picture, uint8 ``[H, W, 3]``; see :func:`even_pixels`."""
    return float(even_pixels(thinned(picture)).mean())


def even_pixels(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels are exactly like those around them, as no lens and no brush makes them.

    Args:
        picture: uint8 ``[H, W, 3]``.

    Returns:
        bool ``[H, W]``.
    """
    kernel = np.ones((3, 3), np.uint8)
    spread = cv2.dilate(picture, kernel).astype(int) - cv2.erode(picture, kernel)
    return np.asarray(spread.max(axis=2) <= FLAT_LEVELS)


def thinned(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy of :data:`FINE_SIDE` at most. Not averaged: an average of two even colours is a third one."""
    scale = FINE_SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def drawn_certainty(picture: NDArray[np.uint8]) -> float:
    """How certain it is that a picture was drawn: 0 (a photograph) … 1.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB, of any size.
    """
    measured = np.array([*measures(picture).values(), 1.0])
    return float(1 / (1 + np.exp(-np.clip(measured @ WEIGHTS, -60, 60))))


def measures(picture: NDArray[np.uint8]) -> dict[str, float]:
    """What it is told from, each measured on what is no even ground.

    Returns:
        ``peaked``: the logarithm of how much sharper the sharpest pixels are than the usual one; ``soft``:
        the share of pixels on soft slopes; ``even``: the share of even ones; ``hard``: how many of those on
        slopes lie on hard edges; ``colours``: the logarithm of how many colours nine tenths of it have.
    """
    small = reduced(picture)
    kernel = np.ones((3, 3), np.uint8)
    spread = (cv2.dilate(small, kernel).astype(np.int16) - cv2.erode(small, kernel)).max(axis=2)
    rest = ~_ground(spread)
    if rest.mean() < _REST:
        rest[:] = True
    sharp = np.abs(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.CV_32F))
    usual, high = np.percentile(sharp[rest], (_USUAL, _HIGH))
    steps = spread[rest]
    sloping = steps > _SLOPE
    return {
        "peaked": float(np.log((high + 1) / (usual + 1))),
        "soft": float((sloping & (steps <= _SOFT)).mean()),
        "even": float((steps <= _EVEN).mean()),
        "hard": float((steps[sloping] > _EDGE).mean()) if sloping.any() else 0.0,
        "colours": float(np.log(_colours(small[rest]))),
    }


def _ground(spread: NDArray[np.int16]) -> NDArray[np.bool_]:
    """The even areas that reach the picture's edge."""
    _, labels = cv2.connectedComponents((spread <= _NEARLY_EVEN).astype(np.uint8), connectivity=4)
    at_edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    large = np.flatnonzero(np.bincount(labels.ravel()) > _GROUND * labels.size)
    return np.asarray(np.isin(labels, np.intersect1d(at_edge[at_edge > 0], large)), bool)


def reduced(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The copy that is measured, uint8 ``[h, w, 3]``."""
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _colours(pixels: NDArray[np.uint8]) -> int:
    """How many of 4,096 colours cover nine tenths of some pixels, ``[N, 3]``."""
    coarse = pixels.astype(np.uint16) >> 4
    index = (coarse[:, 0] << 8) | (coarse[:, 1] << 4) | coarse[:, 2]
    counts: Floats = np.sort(np.bincount(index, minlength=4096))[::-1].astype(np.float32)
    return int(np.searchsorted(np.cumsum(counts), _MOST_PIXELS * index.size)) + 1
