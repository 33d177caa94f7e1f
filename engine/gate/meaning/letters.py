"""Lines of text that do not keep the shape of their letters.

Letters are found once, in the first frame or the input picture. From there each line is followed, with its
motion, zoom and turn, and compared window by window with what it was. The letters are not read: a line in any
script has to keep its shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.fault import Fault
from engine.vision.box import Box
from engine.vision.likeness import detail
from engine.vision.optical_flow import Floats
from engine.vision.text_regions import TextLine

SIDE = 384
"""Longer side of the picture in which letters are looked for; a caption's letters are 8 pixels tall there."""

_TALL, _WIDEST = 28, 420
"""Pixels of a line, made upright."""
_LOWEST = 8.0
"""Pixels of a line's height, below which its letters cannot be compared."""
_LONG = 2.0
"""Width over height, below which it may be an icon."""
_MOST_LINES = 6
Shift = Callable[[Box, int, int], Floats]

Transform = NDArray[np.floating]
"""From a frame to an upright line, ``[2, 3]``."""

_SCALES = (0.94, 0.97, 1.0, 1.03, 1.06)
"""By how much a line may grow or shrink from one look to the next."""
_FINE = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 1e-3)
_INSIDE = 0.97
"""Share of a line that must be in the frame."""
_PLAIN = 8.0
"""Standard deviation of a window, in levels, below which no letter is in it."""
_TONES, _BINS = 0.6, 16
"""Share of the tones that letters keep, whatever becomes of their shape; counted in so many steps."""
_CONTRAST = 0.7
"""Share of the contrast that letters keep as long as they are there."""
_MOST, _STROKES = 0.6, 0.5
"""Share of the windows with letters in which as much of their contrast is left. A mark that wipes itself away
leaves most of them plain, however bright what wipes it is."""
_WORST = 30
"""Percentile: a third of the letters broken is a broken line."""
_KNOWN = 0.5
"""Loss, below which it is surely this line: once it is seen to leave the frame, what stands there later is
something else."""
_LATEST = 2
_TALLEST = 0.25
"""Of a line, in the shorter side of the frame; what is larger is seldom letters."""


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A line of text through the clip.

    Attributes:
        line: as it was found.
        fault: where its letters lost most of their shape, however little that is.
        there: the line in that frame.
    """

    line: TextLine
    fault: Fault
    there: TextLine


def follow_lines(
    frames: Sequence[NDArray[np.uint8]],
    base: NDArray[np.uint8],
    numbers: Sequence[int],
    lines: Sequence[TextLine],
    shift: Shift,
) -> Iterator[Followed]:
    """Follow lines of text and compare their letters with what they were.

    Args:
        frames: luma of the frames to look at, uint8 ``[H, W]``, in order.
        base: luma of the picture in which the lines were found, of the same size.
        numbers: of these frames in the clip.
        lines: as they were found in ``base``, the largest first.
        shift: how the scene moves in a box from one frame to a later one, in pixels; frame 0 is ``base``.
    """
    most = _TALLEST * min(base.shape)
    long = [line for line in lines if line.width >= _LONG * line.height]
    for line in [line for line in long if _LOWEST <= line.height <= most][:_MOST_LINES]:
        looks = list(_follow(frames, base, numbers, line, shift))
        known = [(n, loss) for n, (loss, _) in enumerate(looks) if loss is not None]
        if len(known) < _LATEST:
            continue
        # Two looks one after the other: something that passes in front of the letters is no fault.
        value, at = max((min(one, two), later) for (_, one), (later, two) in pairwise(known))
        there = replace(line, corners=looks[at][1], words=None)
        fault = Fault(code="text_garbled", value=value, frame=numbers[at], box=there.box)
        yield Followed(line=line, fault=fault, there=there)


def _follow(
    frames: Sequence[NDArray[np.uint8]],
    base: NDArray[np.uint8],
    numbers: Sequence[int],
    line: TextLine,
    shift: Shift,
) -> Iterator[tuple[float | None, Floats]]:
    """For each frame how much of its shape the line lost, and its corners there.

    None from where part of it is outside, and where something else is seen: it was covered, or is gone.
    """
    width = int(np.clip(round(line.width / line.height * _TALL), _TALL, _WIDEST))
    size = (width, _TALL)
    upright = np.array([[0, 0], [width, 0], [0, _TALL]], np.float32)
    there = np.asarray(cv2.getAffineTransform(line.corners[[0, 1, 3]], upright), np.float32)
    origin, first = there, _cut(base, there, size)
    box, before, left = line.box, 0, False
    for number, frame in zip(numbers, frames, strict=True):
        along = there.copy()
        along[:, 2] -= there[:, :2] @ shift(box, before, number)
        before = number
        # A caption stays where it is, and letters in the scene move along with it.
        found = [_found(first, frame, start, size) for start in (origin, there, along)]
        there, now = max(found, key=lambda one: _alike(detail(first), detail(one[1])))
        inside = _cut(np.ones_like(frame), there, size, border=cv2.BORDER_CONSTANT).mean()
        back = cv2.invertAffineTransform(there)
        corners = np.array([[0, 0], [width, 0], [width, _TALL], [0, _TALL]], np.float32)
        corners = np.asarray(corners @ back[:, :2].T + back[:, 2], np.float32)
        loss, outside = _loss(first, now), inside <= _INSIDE
        left = left or (outside and loss is not None and loss < _KNOWN)
        seen = not (left or outside) and _same_tones(first, now) > _TONES
        there_still = now.std() > _CONTRAST * first.std() and _still_there(first, now) >= _MOST
        yield (loss if seen and there_still else None), corners


def _found(
    first: Floats, frame: NDArray[np.uint8], there: Transform, size: tuple[int, int]
) -> tuple[Transform, Floats]:
    """Where the line is now, starting from where it was: the transform to its upright form, and that."""
    room = _TALL // 2
    wide = there.copy()
    wide[:, 2] += room
    around = _cut(frame, wide, (size[0] + 2 * room, size[1] + 2 * room))
    best, scale, place = -2.0, 1.0, (room, room)
    for turn in _SCALES:
        tried = cv2.resize(first, None, fx=turn, fy=turn)
        _, value, _, at = cv2.minMaxLoc(cv2.matchTemplate(around, tried, cv2.TM_CCOEFF_NORMED))
        if value > best:
            best, scale, place = value, turn, (int(at[0]), int(at[1]))
    coarse = np.hstack([wide[:, :2], (wide[:, 2] - place)[:, None]]) / np.float32(scale)
    now = _cut(frame, coarse, size)
    try:
        unmoved = np.eye(2, 3, dtype=np.float32)
        _, fine = cv2.findTransformECC(first, now, unmoved, cv2.MOTION_AFFINE, _FINE)
    except cv2.error:  # it does not converge where the letters are gone; the coarse place is what there is
        return coarse, now
    back = np.asarray(cv2.invertAffineTransform(fine), np.float32)
    better = np.hstack([back[:, :2] @ coarse[:, :2], (back[:, :2] @ coarse[:, 2] + back[:, 2])[:, None]])
    refined = _cut(frame, better, size)
    return (better, refined) if _alike(first, refined) > _alike(first, now) else (coarse, now)


def _cut(
    picture: NDArray[np.uint8], there: Transform, size: tuple[int, int], *, border: int = cv2.BORDER_REPLICATE
) -> Floats:
    cut = cv2.warpAffine(picture, there, size, flags=cv2.INTER_AREA, borderMode=border)
    return np.asarray(cut, np.float32)


def _same_tones(one: Floats, other: Floats) -> float:
    """Intersection of two histograms of luma, 0 … 1: letters that bend keep their tones."""
    shares = []
    for luma in (one, other):
        counts = np.histogram(luma, bins=_BINS, range=(0, 256))[0] / luma.size
        shares.append(cv2.GaussianBlur(counts.astype(np.float32)[None], (0, 0), 1.0))
    return float(np.minimum(*shares).sum())


def _windows(first: Floats) -> list[slice]:
    """The columns of an upright line, a letter or two at a time, where it has letters."""
    edges = np.linspace(0, first.shape[1], max(2, round(first.shape[1] / _TALL)) + 1).astype(int)
    return [slice(left, right) for left, right in pairwise(edges) if first[:, left:right].std() >= _PLAIN]


def _loss(first: Floats, now: Floats) -> float | None:
    """1 minus the likeness of the worse letters; None where there is too little to compare."""
    was, is_now = detail(first), detail(now)  # without what moves behind the letters, as far as that goes
    alike = [_alike(was[:, window], is_now[:, window]) for window in _windows(first)]
    return 1 - float(np.percentile(alike, _WORST)) if len(alike) > 1 else None


def _still_there(first: Floats, now: Floats) -> float:
    """Share of the windows with letters in which there still are some, whatever their shape is."""
    was, is_now = detail(first), detail(now)
    left = [is_now[:, window].std() >= _STROKES * was[:, window].std() for window in _windows(first)]
    return float(np.mean(left)) if left else 0.0


def _alike(one: Floats, other: Floats) -> float:
    """Normalised cross-correlation, -1 … 1, with the noise of four levels taken off."""
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).mean() / np.sqrt(((a * a).mean() + 16) * ((b * b).mean() + 16)))
