"""A contact sheet: a few frames of a clip on one picture."""

from __future__ import annotations

import cv2
import numpy as np

from engine.core.family import Frames, Picture

GAP = 8
"""Pixels between two frames, and around them."""

BACKGROUND = 24
"""Grey level of the gaps."""

LABEL_HEIGHT = 22


def contact_sheet(
    frames: Frames, fps: float, *, columns: int = 3, rows: int = 2, width: int = 1200
) -> Picture:
    """Lay evenly spaced frames out in rows, each with its second.

    Args:
        frames: uint8 ``[T, H, W, 3]``.
        fps: frames per second, for the labels.
        columns, rows: how many frames are shown; a shorter clip shows each of its frames once.
        width: pixels of the sheet.

    Returns:
        uint8 ``[H, width, 3]``.
    """
    count = min(columns * rows, len(frames))
    picked = np.linspace(0, len(frames) - 1, count).round().astype(int)
    cell = (width - GAP * (columns + 1)) // columns
    tall = round(frames.shape[1] * cell / frames.shape[2])
    lines = -(-count // columns)
    sheet = np.full((lines * (tall + LABEL_HEIGHT + GAP) + GAP, width, 3), BACKGROUND, np.uint8)
    for place, index in enumerate(picked):
        top = GAP + (place // columns) * (tall + LABEL_HEIGHT + GAP)
        left = GAP + (place % columns) * (cell + GAP)
        shrunk = cv2.resize(frames[index], (cell, tall), interpolation=cv2.INTER_AREA)
        sheet[top : top + tall, left : left + cell] = shrunk
        label = (left + 2, top + tall + LABEL_HEIGHT - 6)
        face = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(sheet, f"{index / fps:.1f} s", label, face, 0.45, (200, 200, 200), 1, cv2.LINE_AA)
    return sheet
