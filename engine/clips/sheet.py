"""A contact sheet: a few frames of a clip on one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.family import Frames, Picture

GAP = 8
"""Pixels between two frames, and around them."""

BACKGROUND = 24
"""Grey level of the gaps."""

LABEL_HEIGHT = 22

LINE_WIDTH = 2
"""Of a mark, in pixels of the sheet."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A rectangle on one frame.

    Attributes:
        frame: its number; this frame is then shown in place of the nearest one.
        corners: left, top, right and bottom, in pixels of the frame; parts may lie outside.
        colour: RGB.
    """

    frame: int
    corners: tuple[float, float, float, float]
    colour: tuple[int, int, int]


def contact_sheet(
    frames: Frames,
    fps: float,
    *,
    columns: int = 3,
    rows: int = 2,
    width: int = 1200,
    marks: Sequence[Mark] = (),
) -> Picture:
    """Lay evenly spaced frames out in rows, each with its second.

    Args:
        frames: uint8 ``[T, H, W, 3]``.
        fps: frames per second, for the labels.
        columns, rows: how many frames are shown; a shorter clip shows each of its frames once.
        width: pixels of the sheet.
        marks: rectangles to draw; they never change ``frames``.

    Returns:
        uint8 ``[H, width, 3]``.
    """
    count = min(columns * rows, len(frames))
    picked = _picked(len(frames), count, marks)
    cell = (width - GAP * (columns + 1)) // columns
    tall = round(frames.shape[1] * cell / frames.shape[2])
    lines = -(-count // columns)
    sheet = np.full((lines * (tall + LABEL_HEIGHT + GAP) + GAP, width, 3), BACKGROUND, np.uint8)
    for place, index in enumerate(picked):
        top = GAP + (place // columns) * (tall + LABEL_HEIGHT + GAP)
        left = GAP + (place % columns) * (cell + GAP)
        shrunk = cv2.resize(frames[index], (cell, tall), interpolation=cv2.INTER_AREA)
        scale = (cell / frames.shape[2], tall / frames.shape[1])
        for mark in marks:
            if mark.frame == index:
                _draw(shrunk, mark, scale)
        sheet[top : top + tall, left : left + cell] = shrunk
        label = (left + 2, top + tall + LABEL_HEIGHT - 6)
        face = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(sheet, f"{index / fps:.1f} s", label, face, 0.45, (200, 200, 200), 1, cv2.LINE_AA)
    return sheet


def _picked(length: int, count: int, marks: Sequence[Mark]) -> list[int]:
    """Evenly spaced frames; those nearest to marked ones give way to them, the first marks first."""
    picked = [int(index) for index in np.linspace(0, length - 1, count).round()]
    taken: set[int] = set()
    for mark in marks:
        if mark.frame in picked:
            taken.add(picked.index(mark.frame))
            continue
        free = [place for place in range(count) if place not in taken]
        if free and 0 <= mark.frame < length:
            nearest = min(free, key=lambda place: abs(picked[place] - mark.frame))
            picked[nearest] = mark.frame
            taken.add(nearest)
    return sorted(picked)


def _draw(picture: NDArray[np.uint8], mark: Mark, scale: tuple[float, float]) -> None:
    """Draw a mark on a shrunk frame; what lies outside is drawn at the edge."""
    height, width = picture.shape[:2]
    left, top, right, bottom = (corner * scale[n % 2] for n, corner in enumerate(mark.corners))
    far = LINE_WIDTH // 2
    start = (round(max(left, far)), round(max(top, far)))
    end = (round(min(right, width - 1 - far)), round(min(bottom, height - 1 - far)))
    cv2.rectangle(picture, start, end, mark.colour, LINE_WIDTH)
