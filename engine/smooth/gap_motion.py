"""How one frame becomes the next, and where each pixel of a moment in between was in both.

Everything is computed at the flow's own reduced size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from engine.smooth.flow import REDUCED, IntermediateFlow, PairFlow
from engine.smooth.search import resized
from engine.smooth.splat import splat
from engine.vision.optical_flow import Floats, grid, read

_SPREAD = 1.5
"""Width over which a bend is smoothed, in pixels at reduced size."""

_TRUST = 1.0
_ONE_SIDED_TRUST = 0.55
_COMMON = 0.2
"""How much the clip's common bend counts against the local one."""

_STEADY, _SLOWEST = 5.0, 0.25
"""How many times its speed a pixel's acceleration is for half of it to be believed; the least speed that is
compared with, pixels at reduced size."""

_SHIFT_STEPS = 2

_SHOWN = 0.6
"""Pixels of a frame that arrive at a place, from which on the frame shows it."""

_ONE_SIDED_SHARE = 0.5
"""How far a frame is believed that alone shows a place."""

_SAME_PLACE = 1.0
"""Pixels of the frame."""

_MOST_ELSEWHERE = 0.01


@dataclass(frozen=True, kw_only=True)
class GapMotion:
    """One gap between two frames; fields at reduced size, in pixels of that size.

    Attributes:
        forward: flow of the earlier frame's pixels to the later one, float32 ``[h, w, 2]``.
        backward: flow of the later frame's pixels to the earlier one.
        acceleration_a: at the earlier frame, pixels per gap squared; None where no gap before is known.
        acceleration_b: at the later frame.
        intermediate: a flow model's.
    """

    forward: Floats
    backward: Floats
    acceleration_a: Floats | None
    acceleration_b: Floats | None
    intermediate: IntermediateFlow | None


@dataclass(frozen=True, kw_only=True)
class SamplePositions:
    """Where to read a new frame: places in the earlier and in the later frame, float32 ``[H, W, 2]``."""

    in_a: Floats
    in_b: Floats


@dataclass(frozen=True, kw_only=True)
class FrameSampling:
    """Where to read the frame of one moment.

    Attributes:
        by_forward: by the flow of the earlier frame's pixels.
        by_backward: by the flow of the later frame's pixels; None where both agree; ``by_forward`` is
            their mean then.
        only_a: how far a place is shown by the earlier frame and not by the later one, float32 ``[h, w]`` at
            reduced size, 0 … 1.
        only_b: the same the other way round.
        model: by the flow model; None without one.
        share: weight of the earlier frame in the model's version, float32 ``[H, W]``.
    """

    by_forward: SamplePositions
    by_backward: SamplePositions | None
    only_a: Floats
    only_b: Floats
    model: SamplePositions | None
    share: Floats


def gap_motion(flow: PairFlow, before: PairFlow | None, after: PairFlow | None) -> GapMotion:
    """Prepare one gap.

    Args:
        flow: of the gap.
        before: of the gap before it; None at the start, after a cut and after a frame shown twice.
        after: of the gap after it.
    """
    return GapMotion(
        forward=flow.forward,
        backward=flow.backward,
        acceleration_a=None if before is None else flow.forward + before.backward,
        acceleration_b=None if after is None else flow.backward + after.forward,
        intermediate=flow.intermediate,
    )


def sample_positions(motion: GapMotion, time: float, height: int, width: int) -> FrameSampling:
    """Where each pixel of a moment in between was.

    Args:
        motion: of the gap.
        time: share of the gap, 0 … 1, the ends excluded.
        height, width: of the frames.
    """
    places = _grid(*motion.forward.shape[:2])
    of_a, of_b = splat(motion.forward, time, places), splat(motion.backward, 1 - time, places)
    bent = _bend(motion, time, places - time * of_a.flow, places - (1 - time) * of_b.flow)
    aim, off = places, np.zeros_like(places)
    forward, backward, in_a, in_b = of_a.flow, of_b.flow, of_a.count, of_b.count
    if bent is not None:
        aim, off = places - bent, -bent
        forward, backward, in_a, in_b = (read(field, aim) for field in (forward, backward, in_a, in_b))
    full = _grid(height, width)
    model, share = _by_model(motion.intermediate, time, aim, full)
    shown_a, shown_b = (np.clip(_blur(count) / _SHOWN, 0, 1) for count in (in_a, in_b))
    only_a, only_b = _ONE_SIDED_SHARE * shown_a * (1 - shown_b), _ONE_SIDED_SHARE * shown_b * (1 - shown_a)
    if _same(forward, -backward):
        mean = np.asarray((forward - backward) / 2, np.float32)
        by_forward, by_backward = _positions(full, off - time * mean, off + (1 - time) * mean), None
    else:
        by_forward = _positions(full, off - time * forward, off + (1 - time) * forward)
        by_backward = _positions(full, off + time * backward, off - (1 - time) * backward)
    return FrameSampling(
        by_forward=by_forward,
        by_backward=by_backward,
        only_a=np.asarray(only_a, np.float32),
        only_b=np.asarray(only_b, np.float32),
        model=model,
        share=share,
    )


def _blur(count: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(count, (0, 0), 1.0), np.float32)


def _same(one: Floats, other: Floats) -> bool:
    """Whether two flows agree nearly everywhere: nothing is hidden then."""
    apart = np.abs(one - other).max(axis=2) * REDUCED > _SAME_PLACE
    return float(apart.mean()) < _MOST_ELSEWHERE


def _by_model(
    intermediate: IntermediateFlow | None, time: float, aim: Floats, full: Floats
) -> tuple[SamplePositions | None, Floats]:
    """Move what the model knows of the half-way frame to another time, along straight lines."""
    if intermediate is None:
        return None, full[..., 0]
    motion = intermediate.to_b - intermediate.to_a
    source = aim
    for _ in range(_SHIFT_STEPS):
        source = aim - (time - 0.5) * read(motion, source)
    step = read(motion, source)
    centre = aim - _grid(*aim.shape[:2]) + read(intermediate.to_a, source) + step / 2
    known = np.clip(read(intermediate.share, source), 1e-4, 1 - 1e-4)
    odds = known / (1 - known) * ((1 - time) / time)
    share = cv2.resize(np.asarray(odds / (1 + odds), np.float32), full.shape[1::-1])
    return _positions(full, centre - time * step, centre + (1 - time) * step), np.asarray(share, np.float32)


def _bend(motion: GapMotion, time: float, in_a: Floats, in_b: Floats) -> Floats | None:
    """How far the content at each place is from a straight line: motion neither starts nor stops at a frame.

    Acceleration changes linearly from one frame to the other; where the two disagree, it counts less.
    """
    if motion.acceleration_a is None or motion.acceleration_b is None:
        known, at = motion.acceleration_a, in_a
        if known is None:
            known, at = motion.acceleration_b, in_b
        if known is None:
            return None
        bent = read(known, at)
        steady = _steady(read(motion.forward, in_a), _length(bent))
        return np.asarray(_ONE_SIDED_TRUST * time * (time - 1) / 2 * steady * bent, np.float32)
    one, other = read(motion.acceleration_a, in_a), read(motion.acceleration_b, in_b)
    # Lengths are compared in pixels of the whole frame.
    apart, sizes = REDUCED * _length(one - other), REDUCED * (_length(one) + _length(other))
    trust = np.exp(-apart / (0.3 * sizes + 0.5))
    raw = one * (-time * (time - 1) * (time - 2) / 6) + other * ((time + 1) * time * (time - 1) / 6)
    mean = np.asarray(sizes / (2 * REDUCED), np.float32)
    raw = np.asarray(raw * _steady(read(motion.forward, in_a), mean), np.float32)
    common = np.median(raw.reshape(-1, 2), axis=0)
    local = cv2.GaussianBlur(trust[..., None] * raw, (0, 0), _SPREAD) + _COMMON * common
    weight = cv2.GaussianBlur(trust, (0, 0), _SPREAD) + _COMMON
    return np.asarray(_TRUST * local / weight[..., None], np.float32)


def _steady(speed: Floats, acceleration: Floats) -> Floats:
    """How far an acceleration is believed, float32 ``[h, w, 1]``, 0 … 1.

    What shakes or talks speeds up by many times its own speed, and goes along no curve.
    """
    usual = _STEADY * (_length(speed) + _SLOWEST)
    return np.asarray(1 / (1 + (acceleration / usual) ** 2), np.float32)[..., None]


def _length(field: Floats) -> Floats:
    return cv2.magnitude(field[..., 0], field[..., 1]).astype(np.float32)


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> Floats:
    places = grid(height, width)
    places.flags.writeable = False
    return places


def _positions(full: Floats, to_a: Floats, to_b: Floats) -> SamplePositions:
    return SamplePositions(in_a=_onto(full, to_a), in_b=_onto(full, to_b))


def _onto(full: Floats, offsets: Floats) -> Floats:
    return np.asarray(cv2.add(full, resized(offsets, *full.shape[:2])), np.float32)
