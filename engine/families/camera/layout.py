"""How a picture is laid out: bars around a photograph, captions on bars, flat art that must stay as it is.

All of it is told from the pixels alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.drawing import even_pixels, even_share, thinned

Pixels = NDArray[np.uint8]
Bounds = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels of the picture; right and bottom lie just outside."""

EVEN = 10
"""Levels by which a bar's pixels differ from its colour at most; JPEG makes as many."""
BAR_AT_LEAST, BAR_AT_MOST = 0.02, 0.45
"""Shares of a side. A thinner bar is no bar but an edge."""
PANEL_AT_LEAST = 0.25
"""Share of the picture. What is smaller inside its bars is a drawing on paper."""
STEP = 3
"""Rows that the edge of a bar is blurred over, each way."""

FLAT_SHARE = 0.6
"""From this share of exactly even pixels on, a picture was drawn by a program."""
SOME = 1 / 3
FEW_COLOURS = 24
FEW_COLOURS_SHARE = 0.8
"""Or from this share on that has one of so few colours, with more than :data:`SOME` exactly even."""

MARGIN = 0.035
"""Share of a side by which flat art is kept away from the frame's edge, where the picture has no margin of
its own."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A picture's layout.

    Attributes:
        panel: the photograph inside even bars, captions or not; None: there are no bars.
        flat: it was drawn by a program: text, a chart, a screenshot, a logo.
        content: of a flat picture, what is not empty margin.
        even: the share of exactly even pixels, those of a burnt sky or a white page included.
    """

    panel: Bounds | None
    flat: bool
    content: Bounds
    even: float


def read_layout(picture: Pixels) -> Layout:
    """Look at a picture, uint8 ``[H, W, 3]``, RGB."""
    rows, columns = picture.shape[:2]
    # In one colour alone there is nothing that could leave the frame.
    flat = _is_flat(picture) and not _is_even(picture.reshape(-1, 3))
    panel = _panel(picture)
    if panel is not None and flat:
        inside = picture[panel[1] : panel[3], panel[0] : panel[2]]
        panel = None if even_pixels(thinned(inside)).mean() > SOME else panel
    content = _content(picture) if flat else (0, 0, columns, rows)
    return Layout(panel=panel, flat=flat and panel is None, content=content, even=even_share(picture))


def surrounded(picture: Pixels, content: Bounds) -> tuple[Pixels, Bounds]:
    """A flat picture with a margin, so that it can move in a frame without losing anything.

    An even edge is carried on in its colour; any other edge lies on a soft, darker copy of the picture.

    Args:
        picture: uint8 ``[H, W, 3]``.
        content: what must stay in the frame.

    Returns:
        The picture, larger where the content came close to its edge, in the same shape; and the content in
        it.
    """
    rows, columns = picture.shape[:2]
    left, top, right, bottom = content
    nearest = min(left / columns, top / rows, 1 - right / columns, 1 - bottom / rows)
    share = MARGIN - max(0.0, nearest)
    if share <= 0:
        return picture, content
    across, down = round(share * columns), round(share * rows)
    edges = (picture[0], picture[-1], picture[:, 0], picture[:, -1])
    if all(_is_even(edge) for edge in edges):
        larger = cv2.copyMakeBorder(picture, down, down, across, across, cv2.BORDER_REPLICATE)
    else:
        whole = (columns + 2 * across, rows + 2 * down)
        soft = cv2.resize(picture, (max(1, columns // 8), max(1, rows // 8)), interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(soft, (0, 0), max(1.0, 0.04 * max(soft.shape)))
        larger = np.asarray(cv2.resize(soft, whole, interpolation=cv2.INTER_CUBIC) * 0.6, np.uint8)
        larger[down : down + rows, across : across + columns] = picture
    moved = (left + across, top + down, right + across, bottom + down)
    return np.ascontiguousarray(larger, np.uint8), moved


def _is_even(line: Pixels) -> bool:
    return bool((np.abs(line.astype(int) - np.median(line, axis=0)).max(axis=1) <= EVEN).mean() > 0.98)  # noqa: PLR2004 (nearly all)


def _is_flat(picture: Pixels) -> bool:
    """Whether a program drew most of it."""
    small = thinned(picture)
    even = _evenness(small)
    if even >= FLAT_SHARE:
        return True
    codes = (small >> 3).astype(np.int32) @ np.array([1024, 32, 1], np.int32)
    counts = np.sort(np.bincount(codes.ravel()))[::-1]
    return bool(even > SOME and counts[:FEW_COLOURS].sum() > FEW_COLOURS_SHARE * codes.size)


def _evenness(small: Pixels) -> float:
    """The share of exactly even pixels that say something."""
    even = even_pixels(small)
    # A burnt sky and a black night are even as well, and say nothing.
    light = small.astype(int).sum(axis=2)
    burnt = even & ((light < 12) | (light > 750))  # noqa: PLR2004 (of 765)
    if burnt.sum() > even.sum() / 2:
        edges = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
        if not _is_even(edges):
            even &= ~burnt
    return float(even.mean())


def _content(picture: Pixels) -> Bounds:
    """The box around all that differs from the colour of the edges."""
    rows, columns = picture.shape[:2]
    edges = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    differs = (
        np.abs(picture.astype(np.int16) - np.median(edges, axis=0).astype(np.int16)).max(axis=2) > 2 * EVEN
    )
    if not _is_even(edges) or not differs.any():
        return 0, 0, columns, rows
    x, y, wide, high = cv2.boundingRect(differs.astype(np.uint8))
    return x, y, x + wide, y + high


def _panel(picture: Pixels) -> Bounds | None:
    """The photograph between bars, if there are any."""
    rows, columns = picture.shape[:2]
    top, bottom = _bar(picture), _bar(picture[::-1])
    inner = picture[top : rows - bottom]
    turned = inner.transpose(1, 0, 2)
    left, right = _bar(turned), _bar(turned[::-1])
    if not (top or bottom or left or right):
        # Bars at the sides reach over the whole height, so they are looked for there, too.
        return None
    box = (left, top, columns - right, rows - bottom)
    area = (box[2] - box[0]) * (box[3] - box[1]) / (rows * columns)
    return box if area >= PANEL_AT_LEAST else None


def _bar(picture: Pixels) -> int:
    """How many rows from the top on are a bar, with or without a caption on it; 0: none.

    A bar begins and ends with rows of its colour, and a straight edge from side to side ends it.
    """
    rows = len(picture)
    first, last = max(3, round(BAR_AT_LEAST * rows)), round(BAR_AT_MOST * rows)
    if rows < 4 * STEP or last <= first + STEP or not _is_even(picture[0]):
        return 0
    colour = np.median(picture[0], axis=0)
    head = picture[: last + STEP + 1].astype(np.int16)
    away = np.abs(head - colour.astype(np.int16)).max(axis=2)
    own = (away <= EVEN).mean(axis=1)
    best = 0
    for row in range(first, last):
        # A row of the bar, and shortly after it a row that is hardly ever of its colour.
        if own[row - 1] < 0.98 or own[row + STEP] > 0.5:  # noqa: PLR2004 (nearly all; at most half)
            continue
        if own[:row].mean() > 0.5 and own[row + 1 : row + 1 + max(3, rows // 20)].mean() < 0.5:  # noqa: PLR2004 (mostly bar; mostly not)
            best = row
    return best + 1 if best else 0
