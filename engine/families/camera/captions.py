"""Captions that were laid over a photograph: lifted off, so that they stay put while it moves behind them.

A caption is told from letters in the scene by its ink: one colour, the same in every letter, and often a dark
or light rim around it. What it hides is filled from around the letters. Whether all of it is gone is for the
eye to say that found it; where letters are left behind, nothing is lifted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.caption_plates import find_plate, on_a_pane
from engine.vision.box import Box
from engine.vision.crop import cover
from engine.vision.optical_flow import Floats
from engine.vision.text_regions import TextLine

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

LOWEST = 0.035
"""Height of a caption's letters over the picture's shorter side. Smaller ones belong to the scene."""
NARROWEST = 0.2
"""Of the picture's width; its other lines may be shorter."""
BESIDE = 0.8
"""Gap between two lines of one caption, over the height of the taller."""
LEVEL = 3.0
"""Degrees by which a caption leans at most."""
UPPER, LOWER = 0.3, 0.7
"""Shares of the picture's height: a caption is above or below them."""
SURE = 0.8
"""The detector's certainty of a caption."""
BRIGHT, EVEN = 200.0, 8.0
"""Luma of a caption's ink, at least; and the standard deviation within its letters, in levels, at most."""
CONTRAST = 45.0
"""Levels of luma between nearly all that is around letters and their ink: captions are made to be read."""
LETTERS = 3
SAME_INK = 12
"""Levels between the inks of two captions of one picture, each channel."""
INK = 40
"""Levels by which an ink's pixels differ from its colour at most, each channel; JPEG leaves so much."""
LEAST_INK, MOST_INK = 0.08, 0.75
"""Shares of a line's box."""
REACH = 0.7
"""Share of a line's width that its letters have to reach over."""
RIM, RIM_SHARE = 70, 0.75
"""Levels by which a rim differs from one colour, and its share of the pixels around the letters."""
WIDEST_RIM = 0.16
"""Of the letters' height."""
BLUR = 2
"""Pixels over which the edge of a letter is blurred, each way."""
SPILL = 3
"""Pixels beyond a blurred edge that still have something of a letter's colour."""
ROOM = 0.35
"""Around a line's box, as a share of its letters' height."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
NEARLY_ALL = 10
"""Percent of the pixels around letters that may be nearer to their ink."""
INKS = 5
"""The most frequent colours of a line that may be its ink."""
TALLEST, SPECK = 1.4, 0.003
"""Height of a letter over the line's, and area of a dot over the square of it."""
INPAINT = 4
TWINS = 0.7
"""The height of one caption's letters over another's, at least, where one hand wrote both."""
ASIDE = 0.12
"""How far their middles may be apart across, as a share of the picture's width."""


@dataclass(frozen=True, kw_only=True)
class Captions:
    """Captions of a picture, apart from it.

    Attributes:
        behind: uint8 ``[H, W, 3]``, the picture without them.
        places: where their lines are.
        left: the letters that are still in it.
        letters: uint8 ``[H, W, 3]``, their colours.
        cover: uint8 ``[H, W]``, 255 where a caption hides all.
    """

    behind: Pixels
    places: tuple[Box, ...]
    left: tuple[TextLine, ...]
    letters: Pixels
    cover: Pixels

    def on_frame(self, size: tuple[int, int]) -> Overlay | None:
        """As a frame shows them that the picture covers, cropped in the middle; None: one would be cut."""
        if _is_cut(self.cover, size):
            return None
        alpha = cover(np.repeat(self.cover[..., None], 3, axis=2), *size)[..., 0]
        rows = np.flatnonzero(alpha.any(axis=1))
        band = slice(int(rows[0]), int(rows[-1]) + 1) if rows.size else slice(0, 0)
        share = alpha[band, :, None].astype(np.uint16)
        return Overlay(band=band, ink=cover(self.letters, *size)[band] * share, clear=255 - share)


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """Captions ready to be laid over frames: their rows, their colours times their cover, what is clear."""

    band: slice
    ink: NDArray[np.uint16]
    clear: NDArray[np.uint16]

    def lay_over(self, frame: Pixels) -> None:
        """Write on a frame, uint8 ``[H, W, 3]``, in place."""
        frame[self.band] = (frame[self.band] * self.clear + self.ink + 127) // 255


def lifted(
    picture: Pixels, lines: Sequence[TextLine], read: Callable[[Pixels], Sequence[TextLine]]
) -> Captions | None:
    """Take the captions off a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        lines: its letters.
        read: finds the letters of a picture of the same size.

    Returns:
        None where no line is a caption, or where letters would be left behind.
    """
    rows, columns = picture.shape[:2]
    found: dict[int, _Lifted] = {}
    for at, line in enumerate(lines):
        if _may_be_caption(line, columns, rows) and (one := _lift(picture, line, least=BRIGHT)) is not None:
            found[at] = one
    queue = list(found)
    while queue:  # what stands beside or below belongs to it
        known = lines[queue.pop()]
        for at, line in enumerate(lines):
            if at not in found and _is_beside(line, known):
                one = _lift(picture, line, least=0.0)
                if one is None:
                    return None  # half of a caption can't stay put
                found[at] = one
                queue.append(at)
    if not found:
        return None
    found |= _in_the_same_ink(picture, lines, found)
    hidden, alpha = np.zeros((rows, columns), bool), np.zeros((rows, columns), np.float32)
    for one in found.values():
        hidden[one.window] |= one.away <= BLUR + SPILL
        alpha[one.window] = np.maximum(alpha[one.window], np.clip((BLUR + 1 - one.away) / BLUR, 0, 1))
    mask = hidden.astype(np.uint8) * 255
    behind = np.asarray(cv2.inpaint(picture, mask, INPAINT, cv2.INPAINT_TELEA), np.uint8)
    left = tuple(read(behind))
    if any(_is_left_of(line, lines[at], (columns, rows)) for at in found for line in left):
        return None
    return Captions(
        behind=behind,
        places=tuple(lines[at].box for at in found),
        left=left,
        letters=picture,
        cover=np.asarray(alpha * 255 + 0.5, np.uint8),
    )


def _is_left_of(line: TextLine, taken: TextLine, size: tuple[int, int]) -> bool:
    """Whether a line that is left in a picture belongs to one that was taken off it.

    It stands beside it, or is as large, below or above it, and a caption by its place: the other half of a
    joke.
    """
    across = abs(line.box.centre[0] - taken.box.centre[0]) / size[0]
    alike = TWINS < line.height / taken.height < 1 / TWINS and across < ASIDE
    return _is_beside(line, taken) or (alike and _may_be_caption(line, *size))


def _is_cut(shown: Pixels, size: tuple[int, int]) -> bool:
    """Whether a crop to a frame's shape, in the middle, would cut anything that is shown, ``[H, W]``."""
    rows, columns = shown.shape
    left, top = (
        max(0.0, (columns - rows * size[0] / size[1]) / 2),
        max(0.0, (rows - columns * size[1] / size[0]) / 2),
    )
    x, y, wide, high = cv2.boundingRect(shown)
    return bool(x < left or y < top or x + wide > columns - left or y + high > rows - top)


@dataclass(frozen=True, kw_only=True)
class _Lifted:
    """A line, in a window of the picture, and how far each pixel of it is from its letters and their rim."""

    window: tuple[slice, slice]
    away: Floats

    def ink(self, picture: Pixels) -> NDArray[np.float64]:
        """The colour of its letters, or of its plate."""
        return np.asarray(np.median(picture[self.window][self.away == self.away.min()], axis=0), np.float64)


def _in_the_same_ink(
    picture: Pixels, lines: Sequence[TextLine], found: dict[int, _Lifted]
) -> dict[int, _Lifted]:
    """The other lines whose ink is a caption's, wherever they stand: one hand wrote them."""
    inks = [one.ink(picture) for one in found.values()]
    more = {}
    for at, line in enumerate(lines):
        if at in found or line.slant > LEVEL or line.height < LOWEST * min(picture.shape[:2]):
            continue
        one = _lift(picture, line, least=BRIGHT)
        if one is not None and min(np.abs(one.ink(picture) - ink).max() for ink in inks) <= SAME_INK:
            more[at] = one
    return more


def _lift(picture: Pixels, line: TextLine, *, least: float) -> _Lifted | None:
    """The letters of a line whose ink has at least this luma; None where they can't be told apart."""
    part = _around(line).within(picture.shape[1], picture.shape[0])
    window = (slice(int(part.top), int(part.bottom)), slice(int(part.left), int(part.right)))
    away = _away(picture[window], _moved(line.box, part), line.height, least)
    if away is None or on_a_pane(picture, line):
        return None
    plate = find_plate(picture, line)
    return _Lifted(window=window, away=away) if plate is None else _with_plate(picture, plate)


def _with_plate(picture: Pixels, plate: tuple[slice, slice]) -> _Lifted:
    """All of a plate, whatever stands on it, and what its edges are blurred over."""
    room = BLUR + SPILL + 1
    window = tuple(
        slice(max(0, part.start - room), min(length, part.stop + room))
        for part, length in zip(plate, picture.shape[:2], strict=True)
    )
    free = np.ones([part.stop - part.start for part in window], np.uint8)
    inside = tuple(slice(p.start - w.start, p.stop - w.start) for p, w in zip(plate, window, strict=True))
    free[inside] = 0
    away = np.asarray(cv2.distanceTransform(free, cv2.DIST_L2, 5), np.float32)
    return _Lifted(window=(window[0], window[1]), away=away)


def _is_beside(line: TextLine, other: TextLine) -> bool:
    """Whether a line goes on where another one ends, or stands right above or below it."""
    a, b, far = line.box, other.box, BESIDE * max(line.height, other.height)
    across = max(a.left - b.right, b.left - a.right)
    down = max(a.top - b.bottom, b.top - a.bottom)
    return across < far and down < far


def _may_be_caption(line: TextLine, columns: int, rows: int) -> bool:
    """Whether a line is as large, as level and as far up or down as captions are."""
    high = line.box.centre[1] / rows
    return (
        line.certainty >= SURE
        and line.height >= LOWEST * min(rows, columns)
        and line.box.width >= NARROWEST * columns
        and line.slant <= LEVEL
        and not UPPER < high < LOWER
    )


def _around(line: TextLine) -> Box:
    """A line's box with room for a rim."""
    room, box = ROOM * line.height, line.box
    return Box(
        left=box.left - room, top=box.top - room, width=box.width + 2 * room, height=box.height + 2 * room
    )


def _moved(box: Box, window: Box) -> Box:
    """A box in a window's own pixels."""
    return Box(
        left=box.left - int(window.left),
        top=box.top - int(window.top),
        width=box.width,
        height=box.height,
    )


def _away(pixels: Pixels, box: Box, height: float, least: float) -> Floats | None:
    """How far each pixel is from letters and their rim, ``[h, w]``; None: they have no one ink."""
    area = box.within(*pixels.shape[1::-1])
    inside = pixels[int(area.top) : int(area.bottom), int(area.left) : int(area.right)]
    codes = (inside >> 5).reshape(-1, 3).astype(np.int32) @ np.array([64, 8, 1], np.int32)
    best: Mask | None = None
    counts = np.bincount(codes, minlength=512)
    for code in np.argsort(counts)[: -INKS - 1 : -1]:
        if not counts[code]:
            break
        colour = np.median(inside.reshape(-1, 3)[codes == code], axis=0)
        if colour @ LUMA < least:
            continue
        ink = _ink(pixels, colour, box, height)
        if ink is not None and (best is None or ink.sum() > best.sum()):
            best = ink
    if best is None:
        return None
    away = np.asarray(cv2.distanceTransform((~best).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    if not _stands_out(pixels, best, away):
        return None
    return np.asarray(away - _rim(pixels, away, WIDEST_RIM * height), np.float32)


def _stands_out(pixels: Pixels, ink: Mask, away: Floats) -> bool:
    """Whether letters are of one even colour, and can be read before all that is around them."""
    core = cv2.erode(ink.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    luma = pixels @ LUMA
    around = (away > BLUR) & (away <= BLUR + 1)
    even = not core.any() or pixels[core].std(axis=0).max() <= EVEN
    contrast = np.abs(luma[around] - np.median(luma[ink]))
    return bool(even and around.any() and np.percentile(contrast, NEARLY_ALL) >= CONTRAST)


def _ink(pixels: Pixels, colour: NDArray[np.float64], box: Box, height: float) -> Mask | None:
    """The letters in one colour; None where that is no caption's ink."""
    near = (np.abs(pixels - colour).max(axis=2) <= INK).astype(np.uint8)
    # What reaches the window's edge is a ground of the same colour.
    _, labels, stats, centres = cv2.connectedComponentsWithStats(near, connectivity=8)
    x, y, wide, high, area = stats.T
    kept = (
        (x > 0) & (y > 0) & (x + wide < pixels.shape[1]) & (y + high < pixels.shape[0])
        & (high <= TALLEST * height) & (area >= SPECK * height**2)
        & (centres[:, 1] > box.top) & (centres[:, 1] < box.bottom)
    )  # fmt: skip
    kept[0] = False
    if kept.sum() < LETTERS:
        return None
    reach = (x + wide)[kept].max() - x[kept].min()
    share = area[kept].sum() / max(1.0, box.area)
    if reach < REACH * box.width or not LEAST_INK <= share <= MOST_INK:
        return None
    return np.asarray(kept[labels], np.bool_)


def _rim(pixels: Pixels, away: Floats, widest: float) -> float:
    """How wide a rim of one colour is around letters, in pixels; 0: there is none."""
    first = (away > BLUR) & (away <= BLUR + 1)
    if not first.any():
        return 0.0
    colour = np.median(pixels[first], axis=0)
    alike = np.abs(pixels - colour).max(axis=2) <= RIM
    width = 0
    while width <= widest:
        ring = (away > width + BLUR) & (away <= width + BLUR + 1)
        if not ring.any() or alike[ring].mean() < RIM_SHARE:
            break
        width += 1
    return float(width) if 0 < width <= widest else 0.0  # what goes on for longer is an even ground
