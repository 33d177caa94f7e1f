"""The ten clips of the golden table, drawn by this repository: 12 frames of about 192x112 pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.own_clips import PROMPTS, Own, camera, flat, lake, sketch, still
from tests.engine.smooth.moving_scenes import ball, pan, zoom

FRAMES = 12
SIZE = (192, 112)


@dataclass(frozen=True, kw_only=True)
class GoldenClip:
    """A clip, and what the gate is told of it.

    Attributes:
        frames: uint8 ``[12, H, W, 3]``, RGB.
        reference: the input picture, uint8 ``[H, W, 3]``, or None.
        fps: native frames per second.
        travels: the camera was asked to move.
    """

    frames: np.ndarray
    reference: np.ndarray | None
    fps: float
    travels: bool


def _own(own: Own, *, travels: bool = False) -> GoldenClip:
    frames = own.frames[:FRAMES]
    if frames.shape[2] > SIZE[0]:
        frames = np.stack([cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA) for frame in frames])
    return GoldenClip(frames=frames, reference=own.reference, fps=12, travels=travels)


def _scene(frames: np.ndarray, *, travels: bool = False) -> GoldenClip:
    return GoldenClip(frames=frames[:FRAMES], reference=frames[0], fps=8, travels=travels)


FROM_ENGINES: dict[str, Callable[[], GoldenClip]] = {
    "camera over a lake": lambda: _own(camera(1, lake(), size=SIZE), travels=True),
    "camera into a lake": lambda: _own(camera(5, lake(), size=SIZE), travels=True),
    "sketch of a balloon": lambda: _own(sketch(0, PROMPTS[0], size=SIZE)),
    "sketch of a taxi": lambda: _own(sketch(3, PROMPTS[3], size=SIZE)),
    "sketch of a rocket": lambda: _own(sketch(4, PROMPTS[4], size=SIZE)),
}
"""Clips of the engines that need no weights; the sketches have no input picture."""

SCENES: dict[str, Callable[[], GoldenClip]] = {
    "pan": lambda: _scene(pan()),
    "zoom": lambda: _scene(zoom(), travels=True),
    "ball": lambda: _scene(ball()),
    "flat drawing": lambda: _own(flat(0, 120)),
    "grainy wall": lambda: _own(still(2.0)),
}
"""Plain moving scenes; each has its first frame as input picture."""
