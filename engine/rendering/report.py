"""A clip and its verdict in one picture.

Above, frames of the clip with their seconds; below, how much changes from frame to frame, with what the gate
found marked where it is worst. What has a place in the frame has a rectangle around it.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.clips.sheet import Mark, contact_sheet
from engine.gate.verdict import Verdict

Picture = NDArray[np.uint8]

STRIP = 150
"""Pixels of the lower part."""

MARGIN = 40
LINE = 20
"""Pixels of a line of text."""

GREY, RED, AMBER, WHITE = (90, 90, 90), (230, 80, 70), (235, 180, 60), (225, 225, 225)


def report(frames: NDArray[np.uint8], fps: float, verdict: Verdict, *, width: int = 1200) -> Picture:
    """Draw it.

    Args:
        frames: uint8 ``[T, H, W, 3]``, as they were judged.
        fps: frames per second.
        verdict: what the gate said of them.
        width: pixels of the picture.

    Returns:
        uint8 ``[H, width, 3]``.
    """
    above = contact_sheet(frames, fps, columns=4, rows=2, width=width, marks=_marks(verdict, fps))
    below = np.full((STRIP + LINE * (len(verdict.findings) + 2), width, 3), 24, np.uint8)
    _draw_curve(below, _changes(frames), fps)
    _mark(below, verdict, (len(frames) - 1) / fps)
    return np.concatenate([above, below])


def _marks(verdict: Verdict, fps: float) -> list[Mark]:
    return [
        Mark(
            frame=round(finding.second * fps),
            corners=(finding.box.left, finding.box.top, finding.box.right, finding.box.bottom),
            colour=RED if finding.rejects else AMBER,
        )
        for finding in verdict.findings
        if finding.box is not None and finding.second is not None
    ]


def _changes(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean absolute difference of luma between neighbours, levels of 8 bits; float32 ``[T-1]``."""
    luma = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32) for frame in frames]
    return np.array([np.abs(b - a).mean() for a, b in pairwise(luma)], np.float32)


def _draw_curve(canvas: Picture, changes: NDArray[np.float32], fps: float) -> None:
    top = max(1.0, float(changes.max(initial=0)))
    _write(canvas, f"change from frame to frame, up to {top:.1f} of 255 levels", (MARGIN, LINE), GREY)
    left, right, foot = MARGIN, canvas.shape[1] - MARGIN, STRIP
    cv2.line(canvas, (left, foot), (right, foot), GREY, 1)
    seconds = len(changes) / fps
    for second in range(int(seconds) + 1):
        x = left + round((right - left) * second / max(seconds, 1e-6))
        cv2.line(canvas, (x, foot), (x, foot + 5), GREY, 1)
    across = np.linspace(left, right, max(2, len(changes)))[: len(changes)]
    up = foot - changes / top * (STRIP - 2 * LINE)
    points = np.stack([across, up], axis=1).round().astype(np.int32)
    if len(points):
        cv2.polylines(canvas, [points], isClosed=False, color=WHITE, thickness=1, lineType=cv2.LINE_AA)


def _mark(canvas: Picture, verdict: Verdict, seconds: float) -> None:
    said = f"{verdict.outcome.value}, {verdict.score:.0f} of 100"
    _write(canvas, said, (MARGIN, STRIP + LINE), RED if verdict.rejected else WHITE)
    # Only the worst ones have words.
    for number, (finding, reason) in enumerate(zip(verdict.findings, verdict.reasons, strict=False)):
        colour = RED if finding.rejects else AMBER
        _write(canvas, reason, (MARGIN, STRIP + LINE * (number + 2)), colour)
        if finding.second is not None:
            x = MARGIN + round((canvas.shape[1] - 2 * MARGIN) * finding.second / max(seconds, 1e-6))
            cv2.line(canvas, (x, LINE + 8), (x, STRIP), colour, 1)


def _write(canvas: Picture, text: str, place: tuple[int, int], colour: tuple[int, int, int]) -> None:
    # OpenCV's font has no other letters.
    shown = text.encode("ascii", "replace").decode()
    cv2.putText(canvas, shown, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
