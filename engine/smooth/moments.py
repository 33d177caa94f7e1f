"""The times of a smoothed clip's frames: which gap between two given frames, and how far into it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One frame of the smoothed clip.

    Attributes:
        gap: the number of the given frame at or before it.
        share: how far it is towards the next one, 0 … 1, the end excluded; 0 is the given frame itself.
    """

    gap: int
    share: Fraction


def by_factor(count: int, factor: int, *, loop: bool) -> list[Moment]:
    """``factor - 1`` moments in each gap, and those of the given frames.

    Args:
        count: the number of given frames.
        factor: 1 or more.
        loop: whether the last frame leads back to the first; otherwise the last given frame ends the clip.

    Raises:
        ValueError: ``factor`` is below 1.
    """
    if factor < 1:
        raise ValueError(f"factor must be 1 or more, not {factor}")
    last = count * factor if loop else (count - 1) * factor + 1
    return [_moment(Fraction(step, factor)) for step in range(last)]


def by_rate(count: int, native_fps: float, fps: float, *, loop: bool) -> list[Moment]:
    """Moments at a constant rate; a given frame comes back only where one of them hits it.

    A loop keeps its length to the nearest frame, and its moments are spread evenly over it.

    Args:
        count: the number of given frames.
        native_fps: their rate.
        fps: the wanted rate; may be lower.
        loop: whether the last frame leads back to the first.

    Raises:
        ValueError: a rate is not above 0.
    """
    if min(native_fps, fps) <= 0:
        raise ValueError(f"rates must be above 0, not {native_fps} and {fps}")
    step = Fraction(native_fps) / Fraction(fps)
    if loop:
        wanted = max(1, round(count / step))
        return [_moment(Fraction(count, wanted) * number) for number in range(wanted)]
    return [_moment(step * number) for number in range(int((count - 1) / step) + 1)]


def _moment(place: Fraction) -> Moment:
    gap = int(place)
    return Moment(gap=gap, share=place - gap)
