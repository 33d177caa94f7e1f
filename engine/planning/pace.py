"""How many frames are drawn, and at which rate, for a clip of given seconds and frames per second."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from engine.core.family_spec import FamilySpec

LEAST_FRAMES = 2
"""Of a clip; one is a picture."""

LEAST_PACE = 0.9
"""A family drawn at nine tenths of its slowest rate moves a tenth too slowly, which is not seen."""

DIGITS = 10_000
"""Parts of a frame a second that a rate is rounded to."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """A clip's frames.

    Attributes:
        frames: that are drawn.
        native_fps: that are drawn for each second.
        length: of the finished clip.
    """

    frames: int
    native_fps: float
    length: int


def pace_of(seconds: float, fps: float, spec: FamilySpec) -> Pace:
    """Share a clip out between drawing and smoothing.

    Where it can be, each drawn frame stands for a whole number of finished ones, so that the drawn ones come
    through bit for bit. Where a family would have to be drawn too slowly for that, it keeps to its own rate,
    and the smoothing goes by time. So it does where a frame or two more would take a second go.

    Args:
        seconds: length of the finished clip.
        fps: its frames per second.
        spec: the family that draws it.
    """
    length = max(LEAST_FRAMES, round(seconds * fps))
    factor = _factor(length - 1, fps, spec)
    native = fps / factor
    frames = math.ceil((length - 1) / factor) + 1
    if native < LEAST_PACE * spec.min_native_fps:
        native = min(spec.max_native_fps, max(spec.min_native_fps, fps))
        frames = math.ceil((length - 1) * Fraction(native) / Fraction(fps)) + 1
    if spec.count(frames) > spec.chunk > 1:
        whole = (spec.chunk - 1) * fps / (length - 1)
        if whole >= LEAST_PACE * spec.min_native_fps:
            # Rounded down, or the last frame could come a hair too early.
            native, frames = math.floor(whole * DIGITS) / DIGITS, spec.chunk
    return Pace(frames=spec.count(max(2, frames)), native_fps=native, length=length)


def _factor(last: int, fps: float, spec: FamilySpec) -> int:
    """How many frames one drawn frame stands for: just enough for the family to need few goes."""
    least = max(1, math.ceil(fps / spec.max_native_fps))
    most = max(least, math.floor(fps / spec.min_native_fps))
    if not spec.chunk:
        return least
    # Each go after the first begins with the last frame of the one before.
    return min(
        range(least, most + 1),
        key=lambda factor: max(1, math.ceil(math.ceil(last / factor) / max(1, spec.chunk - 1))),
    )
