"""Frames that are broken, empty, or do not move."""

from __future__ import annotations

import numpy as np

from engine.core.sentence import Sentence
from engine.gate.clip import Clip
from engine.gate.measure import Reading, measure

_STILL = 1.6
_STILL_IN_A_FILE = 3.2
"""An encoder draws a repeated frame a little differently."""

_STUTTER = 0.2
_FEWEST_REPEATS = 3


@measure(unit="frames", words=Sentence("the picture contains invalid numbers"), warn=0.5, reject=0.5)
def not_finite(clip: Clip) -> Reading:
    """Number of frames with NaN or infinity: a decoder overflowed."""
    return Reading(len(clip.broken_frames), min(clip.broken_frames, default=None))


@measure(unit="1/level", words=Sentence("a frame is empty"), usual=0.021, warn=0.2, reject=0.4)
def blank(clip: Clip) -> Reading:
    """Reciprocal of the smallest standard deviation of a frame's luma: 0.4 means 2.5 levels."""
    frame = int(clip.contrast.argmin())
    return Reading(1 / (float(clip.contrast[frame]) + 0.01), frame)


@measure(unit="share", words=Sentence("nothing moves"), usual=0.11, warn=0.25, reject=0.34, frames=2)
def frozen(clip: Clip) -> Reading:
    """The longest run of transitions in which nothing changes, as a share of all.

    Nothing changes below 1.6 levels of ``Clip.changes``. That is a percentile, not a mean, so that a static
    camera with a small moving object does not count as frozen. A camera that starts or ends gently stands
    still for a step or two: up to that no points are lost.
    """
    longest, run, end = 0, 0, None
    for t, change in enumerate(clip.changes):
        run = run + 1 if change < _STILL else 0
        if run > longest:
            longest, end = run, t
    if end is None:
        return Reading(0.0)
    return Reading(longest / len(clip.changes), end - longest + 1)


@measure(unit="share", words=Sentence("frames are repeated"), warn=0.17, reject=0.24, frames=4)
def stutter(clip: Clip) -> Reading:
    """Share of transitions that stand still while the clip around them moves.

    Still is what it is for :func:`frozen`, and below a fifth of the upper quartile of the transitions that do
    change: where each frame is shown four times, those are few. There must be at least three.
    """
    moves = clip.changes >= (_STILL_IN_A_FILE if clip.encoded else _STILL)
    if not moves.any():
        return Reading(0.0)
    still = ~moves & (clip.changes < _STUTTER * np.percentile(clip.changes[moves], 75))
    if still.sum() < _FEWEST_REPEATS:
        return Reading(0.0)
    return Reading(float(still.mean()), int(still.argmax()) + 1)


@measure(unit="share", frames=5)
def motion_halts(clip: Clip) -> Reading:
    """Share of transitions that change less than a third of both their neighbours."""
    before, now, after = clip.changes[:-2], clip.changes[1:-1], clip.changes[2:]
    halts = now + 0.3 < np.minimum(before, after) / 3
    return Reading(float(halts.mean()), int(halts.argmax()) + 2 if halts.any() else None)
