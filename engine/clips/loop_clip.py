"""Closing a finished clip into a loop: it can be played again and again without a visible beginning.

Where two frames of the clip match, the part between them is kept and the small gap from its last frame to its
first is filled with made frames. Where none do (a camera that only goes forward never comes back), it is
played there and back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.core.cancel import CancelToken
from engine.core.family import Frames
from engine.core.sentence import Sentence
from engine.smooth import smooth
from engine.smooth.cuts import PairKind, classify_pairs
from engine.smooth.flow import FlowModel
from engine.smooth.loop import Seam, find_loop

SHORTEST_SECONDS = 1.0
SHORTEST_SHARE = 0.5
"""A loop has at least this share of the clip."""

FARTHEST = 6.0
"""Steps of the clip's own from the last frame to the first that made frames can fill."""

THERE_AND_BACK = Sentence(
    "plays forwards, then backwards: its end is too different from its start to join them"
)


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A loop.

    Attributes:
        frames: uint8 ``[T, H, W, 3]``.
        told: what a member should know of how it was made; "" for nothing.
        start: the clip's frame at which it begins.
    """

    frames: Frames
    told: str = ""
    start: int = 0


def close_loop(
    frames: Frames,
    fps: float,
    *,
    most: int,
    progress: Callable[[float], None],
    cancel: CancelToken,
    flow: FlowModel | None = None,
) -> Loop:
    """Close a clip into a loop.

    Args:
        frames: uint8 ``[T, H, W, 3]``, T of 2 or more.
        fps: frames per second.
        most: frames that the loop may have, 2 or more.
        progress: told the share that is done, 0 … 1.
        cancel: looked at for each made frame.
        flow: a learned flow; None: optical flow alone.

    Raises:
        Cancelled: a stop was asked for.
    """
    cancel.check()
    least = max(SHORTEST_SECONDS * fps, SHORTEST_SHARE * len(frames))
    seam = find_loop(frames, shortest=min(len(frames), max(2, math.ceil(least))))
    part = frames[seam.start : seam.stop]
    made = max(1, round(seam.jump))
    if len(part) + made - 1 <= most and _can_be_filled(part, seam):
        ring = _filled(part, made, progress=progress, cancel=cancel, flow=flow)
        return Loop(frames=ring, start=seam.start)
    there = frames[: most // 2 + 1]
    told = THERE_AND_BACK
    if len(there) < len(frames):
        told = Sentence(
            "plays forwards, then backwards, and shows only the first {seconds:.2g} s of the clip: its end "
            "is too different from its start to join them, and all of it there and back would be too long",
            seconds=len(there) / fps,
        )
    return Loop(frames=np.concatenate([there, there[-2:0:-1]]), told=told)


def _can_be_filled(part: Frames, seam: Seam) -> bool:
    """Whether the gap is small, and no cut."""
    if seam.jump > FARTHEST:
        return False
    around = np.concatenate([part[-3:], part[:3]])
    return PairKind.CUT not in classify_pairs(around)


def _filled(
    part: Frames,
    made: int,
    *,
    progress: Callable[[float], None],
    cancel: CancelToken,
    flow: FlowModel | None,
) -> Frames:
    """The part, and ``made - 1`` frames from its last to its first: each step is one of the clip's own."""
    if made == 1:
        progress(1.0)
        return np.ascontiguousarray(part)
    # The neighbours are there so that a bent motion goes on bent; only the middle gap is used.
    around = np.concatenate([part[-2:], part[:2]])
    filled = smooth(around, made, progress=progress, cancel=cancel, flow=flow)
    return np.concatenate([part, filled[made + 1 : 2 * made]])
