"""The plate that a caption may stand on: an even bar or box behind its letters, which stays put with them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.text_regions import TextLine

Pixels = NDArray[np.uint8]

ABOVE = 1.5
"""Heights of the letters above and below a line in which its plate ends; what goes on longer is a ground."""
EDGE = 0.15
"""Of the letters' height: the strip around a line that shows the plate's colour."""
EVEN, MOST = 20, 0.8
"""Levels by which a plate's pixels differ from its colour, each channel, and the share of a row or a column
of it that does not differ by more."""
GREY, DARK, LIGHT = 24, 60, 200
"""Levels between the channels of a plate's colour, and how dark or light it is."""
STEP, ACROSS = 10, 0.8
"""Levels of a step of light, and the share of a row that it crosses, at the edge of a pane."""


def find_plate(picture: Pixels, line: TextLine) -> tuple[slice, slice] | None:
    """The rows and columns of a line's plate in a picture, uint8 ``[H, W, 3]``; None: it stands on none."""
    rows, columns = picture.shape[:2]
    box, far = line.box, round(ABOVE * line.height)
    left, right = max(0, int(box.left)), min(columns, int(box.right) + 1)
    top, bottom = max(0, int(box.top)), min(rows, int(box.bottom) + 1)
    edge = max(2, round(EDGE * line.height))
    around = [picture[max(0, top - edge) : top, left:right], picture[bottom : bottom + edge, left:right]]
    ring = np.concatenate([part.reshape(-1, 3) for part in around])
    if not ring.size:
        return None
    colour = np.median(ring, axis=0)
    if not _is_made(colour):
        return None
    alike = np.abs(picture[max(0, top - far) : bottom + far] - colour).max(axis=2) <= EVEN
    top, bottom = top - (begin := max(0, top - far)), bottom - begin
    above = _reach(alike[:top, left:right][::-1].mean(axis=1))
    below = _reach(alike[bottom:, left:right].mean(axis=1))
    if above in {0, far} or below in {0, far}:
        return None  # it has no plate, or what it stands on goes on
    upper, lower = top - above, bottom + below
    sides = alike[upper:lower]
    wide = _reach(sides[:, :left][:, ::-1].mean(axis=0)), _reach(sides[:, right:].mean(axis=0))
    return slice(begin + upper, begin + lower), slice(left - wide[0], right + wide[1])


def _is_made(colour: NDArray[np.floating]) -> bool:
    """Whether somebody would give a plate this colour: black or white, or nearly so."""
    return bool(np.ptp(colour) <= GREY and (colour.max() <= DARK or colour.min() >= LIGHT))


def _reach(alike: NDArray[np.floating]) -> int:
    """How many rows or columns in a row are of the plate's colour."""
    ends = np.flatnonzero(alike < MOST)
    return int(ends[0]) if ends.size else len(alike)


def on_a_pane(picture: Pixels, line: TextLine) -> bool:
    """Whether a line stands on a half transparent bar across the whole picture, which can't be lifted off."""
    box, far = line.box, ABOVE * line.height
    luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.int16)
    steps = luma[2:] - luma[:-2]
    above = steps[max(0, int(box.top - far)) : max(0, int(box.top))]
    below = steps[int(box.bottom) : int(box.bottom + far)]
    if not len(above) or not len(below):
        return False
    return any(
        _crosses(sign * above) and _crosses(-sign * below)
        for sign in (1, -1)  # brighter than the picture, or darker
    )


def _crosses(steps: NDArray[np.int16]) -> bool:
    """Whether the light steps up in one row, nearly from side to side."""
    return bool(((steps >= STEP).mean(axis=1) >= ACROSS).any())
