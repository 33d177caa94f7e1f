"""Letters at the end of a take that were not there at its beginning: a watermark, or invented words.

Lines are found in the last frame and looked for in earlier ones, where they are and where the scene around
them was. Letters that came in from outside the frame, or out from behind something, are no fault: what is
around them has to be seen where they are missing. It is compared with a frame soon after, in which they
stand: over the whole take, a scene that moves changes around them as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.fault import Fault
from engine.vision.box import Box
from engine.vision.likeness import correlation, detail
from engine.vision.optical_flow import Floats
from engine.vision.text_regions import TextLine

Origin = Callable[[Box, int], Floats]
"""How far what is in a box of the last frame has moved since an earlier frame, in pixels."""

_MOST_LINES = 4
_LONG = 2.0
"""Width over height, below which it may be an icon."""
_TALLEST = 0.15
"""Of a line, in the shorter side of the frame."""
_ROOM = 0.6
"""Of a line's height: how far around it its letters and what is around them are looked for."""
_SCALES = (0.8, 0.87, 0.94, 1.0, 1.07)
"""What a zoom makes of letters since the beginning."""
_AROUND = 0.6
"""Correlation of what is around the letters with itself in an earlier frame."""

_THERE = 0.6
"""Likeness, from which the letters stand in a frame already."""
_SOON = 0.35
"""Share of the take between two frames of which the earlier lacks letters that the later has."""

_GLANCE, _CELL, _NEAR = 320, 4, 3
"""Longer side of the picture at a first glance, pixels of a cell there, and cells within which old detail is
near."""
_FINE, _PATCH = 2.0, 9
"""Pixels: letters' detail is finer than the one, and is taken together over the other."""
_MORE, _PLAIN = 1.3, 2.0
"""How many times the old detail, and how many levels beyond it, is new detail."""
_ROW = 7
"""Cells with new detail side by side, from which they may be letters."""


def may_have_appeared(early: NDArray[np.uint8], late: Sequence[NDArray[np.uint8]]) -> bool:
    """Whether there is a row of new detail that stays; without one, no letters have to be looked for.

    Args:
        early: luma of a frame near the beginning, uint8 ``[H, W]``.
        late: of some near the end. What moves on between them is no new letters.
    """
    scale = min(1.0, _GLANCE / max(early.shape))
    now = np.min([_detail_of_cells(frame, scale) for frame in late], axis=0)
    known = cv2.dilate(_detail_of_cells(early, scale), np.ones((_NEAR, _NEAR), np.uint8))
    new = (now > _MORE * known + _PLAIN).astype(np.uint8)
    return bool(cv2.erode(new, np.ones((1, _ROW), np.uint8), borderValue=0).any())


def _detail_of_cells(frame: NDArray[np.uint8], scale: float) -> Floats:
    luma = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    fine = cv2.blur(np.abs(luma - cv2.GaussianBlur(luma, (0, 0), _FINE)), (_PATCH, _PATCH))
    return np.asarray(fine[::_CELL, ::_CELL], np.float32)


def find_appearing(
    earlier: Mapping[int, NDArray[np.uint8]],
    last: NDArray[np.uint8],
    number: int,
    known: Sequence[TextLine],
    lines: Sequence[TextLine],
    origin: Origin,
) -> Iterator[tuple[TextLine, Fault]]:
    """Find letters that were not there.

    Args:
        earlier: luma of some frames, uint8 ``[H, W]``, by their numbers in the clip.
        last: luma of the last frame.
        number: of the last frame.
        known: the lines in the first frame.
        lines: the lines in the last frame, the largest first.
        origin: see :data:`Origin`.

    Yields:
        Each line that can be judged, with how much of its shape is new, however little that is.
    """
    tallest = _TALLEST * min(last.shape)
    long = [line for line in lines if _LONG * line.height <= line.width and line.height <= tallest]
    for line in long[:_MOST_LINES]:
        box = line.box.within(last.shape[1], last.shape[0])
        if any(box.shared(old.box) > 0 for old in known):
            continue
        looks = [_Look(number, last, box, np.zeros(2, np.float32), 1.0)]
        looks += [
            _Look.at(then, frame, last, box, shift)
            for then, frame in sorted(earlier.items(), reverse=True)
            if _inside(before := _moved(box, -(shift := origin(box, then))), frame)
            and not any(before.shared(old.box) > 0 for old in known)
        ]
        values = [
            1 - one.likeness
            for one, later in ((one, later) for n, one in enumerate(looks) for later in looks[:n])
            if later.likeness >= _THERE
            and (later.number == number or later.number - one.number <= _SOON * number)
            and _same_around(one.frame, later.frame, later.place, one.shift - later.shift)
        ]
        if values:
            yield line, Fault(code="text_appears", value=max(values), frame=number, box=box)


@dataclass(frozen=True)
class _Look:
    """A line of the last frame in one frame.

    Attributes:
        number, frame: of the frame, and its luma.
        place: where its letters are seen best.
        shift: how far the scene there has moved until the last frame, pixels.
        likeness: of what is there to the letters, 0 … 1.
    """

    number: int
    frame: NDArray[np.uint8]
    place: Box
    shift: Floats
    likeness: float

    @classmethod
    def at(
        cls, number: int, frame: NDArray[np.uint8], last: NDArray[np.uint8], box: Box, shift: Floats
    ) -> _Look:
        """Look for the letters where they are in the last frame, and where the scene there was."""
        places = (box, _moved(box, -shift))
        found = [_likeness(frame, last, box, place) for place in places]
        best = int(np.argmax(found))
        return cls(number, frame, places[best], shift, found[best])


def _moved(box: Box, shift: Floats) -> Box:
    x, y = (float(value) for value in shift)
    return Box(left=box.left + x, top=box.top + y, width=box.width, height=box.height)


def _inside(box: Box, picture: NDArray[np.uint8]) -> bool:
    height, width = picture.shape
    return box.within(width, height).area >= 0.99 * box.area


def _cut(picture: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    height, width = picture.shape
    part = box.within(width, height)
    return picture[round(part.top) : round(part.bottom), round(part.left) : round(part.right)]


def _likeness(first: NDArray[np.uint8], last: NDArray[np.uint8], box: Box, place: Box) -> float:
    """How alike the letters and the best place near there in the first frame are, 0 … 1."""
    letters = detail(_cut(last, box).astype(np.float32))
    room = 2 * _ROOM * box.height
    around = Box(
        left=place.left - room / 2,
        top=place.top - room / 2,
        width=place.width + room,
        height=place.height + room,
    )
    there, best = detail(_cut(first, around).astype(np.float32)), 0.0
    for scale in _SCALES:
        tried = cv2.resize(letters, None, fx=scale, fy=scale)
        if all(small <= large for small, large in zip(tried.shape, there.shape, strict=True)):
            found = cv2.matchTemplate(there, tried, cv2.TM_CCORR_NORMED)
            best = max(best, float(found.max()))
    return best


def _same_around(first: NDArray[np.uint8], last: NDArray[np.uint8], box: Box, shift: Floats) -> bool:
    """Whether what is around the letters is the same, as far as it is in both frames."""
    room = 2 * box.height
    wide = Box(
        left=box.left - room / 2, top=box.top - room / 2, width=box.width + room, height=box.height + room
    )
    to_first = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    size = (last.shape[1], last.shape[0])
    was = cv2.warpAffine(first, to_first, size, borderMode=cv2.BORDER_CONSTANT)
    seen = cv2.warpAffine(np.ones_like(first), to_first, size, borderMode=cv2.BORDER_CONSTANT)
    ring = np.zeros(last.shape, np.uint8)
    for one, inside in ((wide, 1), (box, 0)):
        _cut(ring, one)[:] = inside
    around = (ring > 0) & (np.asarray(seen) > 0)
    if not around.any():
        return False
    a, b = last[around].astype(np.float32), np.asarray(was)[around].astype(np.float32)
    return correlation(a - a.mean(), b - b.mean()) >= _AROUND
