"""How one frame becomes the next, and where each pixel of a moment in between was in both.

Everything is computed at the flow's own reduced size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from engine.smooth.arrival import arrival
from engine.smooth.flow import REDUCED, Middle, PairFlow
from engine.smooth.search import resized
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

_TOLD = 0.5
"""How far a frame is believed that alone shows a place."""

_SAME_PLACE = 1.0
"""Pixels of the frame."""

_MOST_ELSEWHERE = 0.01


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One gap between two frames; fields at reduced size, in pixels of that size.

    Attributes:
        there: flow of the earlier frame's pixels to the later one, float32 ``[h, w, 2]``.
        back: flow of the later frame's pixels to the earlier one.
        bend_a: acceleration at the earlier frame, pixels per gap squared; None where no gap before is known.
        bend_b: acceleration at the later frame.
        middle: a flow model's.
    """

    there: Floats
    back: Floats
    bend_a: Floats | None
    bend_b: Floats | None
    middle: Middle | None


@dataclass(frozen=True, kw_only=True)
class Sight:
    """Where to read a new frame: places in the earlier and in the later frame, float32 ``[H, W, 2]``."""

    in_a: Floats
    in_b: Floats


@dataclass(frozen=True, kw_only=True)
class Sights:
    """Where to read the frame of one moment.

    Attributes:
        forward: by the flow of the earlier frame's pixels.
        backward: by the flow of the later frame's pixels; None where both agree; ``forward`` is
            their mean then.
        only_a: how far a place is shown by the earlier frame and not by the later one, float32 ``[h, w]`` at
            reduced size, 0 … 1.
        only_b: the same the other way round.
        model: by the flow model; None without one.
        share: weight of the earlier frame in the model's version, float32 ``[H, W]``.
    """

    forward: Sight
    backward: Sight | None
    only_a: Floats
    only_b: Floats
    model: Sight | None
    share: Floats


def passage(flow: PairFlow, before: PairFlow | None, after: PairFlow | None) -> Passage:
    """Prepare one gap.

    Args:
        flow: of the gap.
        before: of the gap before it; None at the start, after a cut and after a frame shown twice.
        after: of the gap after it.
    """
    return Passage(
        there=flow.there,
        back=flow.back,
        bend_a=None if before is None else flow.there + before.back,
        bend_b=None if after is None else flow.back + after.there,
        middle=flow.middle,
    )


def sights(way: Passage, time: float, height: int, width: int) -> Sights:
    """Where each pixel of a moment in between was.

    Args:
        way: of the gap.
        time: share of the gap, 0 … 1, the ends excluded.
        height, width: of the frames.
    """
    places = _grid(*way.there.shape[:2])
    of_a, of_b = arrival(way.there, time, places), arrival(way.back, 1 - time, places)
    bent = _bend(way, time, places - time * of_a.flow, places - (1 - time) * of_b.flow)
    aim, off = places, np.zeros_like(places)
    there, back, in_a, in_b = of_a.flow, of_b.flow, of_a.count, of_b.count
    if bent is not None:
        aim, off = places - bent, -bent
        there, back, in_a, in_b = (read(field, aim) for field in (there, back, in_a, in_b))
    full = _grid(height, width)
    model, share = (None, full[..., 0]) if way.middle is None else _by_model(way.middle, time, aim, full)
    shown_a, shown_b = (np.clip(_blur(count) / _SHOWN, 0, 1) for count in (in_a, in_b))
    only_a, only_b = _TOLD * shown_a * (1 - shown_b), _TOLD * shown_b * (1 - shown_a)
    if _same(there, -back):
        mean = np.asarray((there - back) / 2, np.float32)
        forward, backward = _sight(full, off - time * mean, off + (1 - time) * mean), None
    else:
        forward = _sight(full, off - time * there, off + (1 - time) * there)
        backward = _sight(full, off + time * back, off - (1 - time) * back)
    return Sights(
        forward=forward,
        backward=backward,
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


def _by_model(middle: Middle, time: float, aim: Floats, full: Floats) -> tuple[Sight, Floats]:
    """Move what the model knows of the half-way frame to another time, along straight lines."""
    way = middle.to_b - middle.to_a
    source = aim
    for _ in range(_SHIFT_STEPS):
        source = aim - (time - 0.5) * read(way, source)
    step = read(way, source)
    centre = aim - _grid(*aim.shape[:2]) + read(middle.to_a, source) + step / 2
    known = np.clip(read(middle.share, source), 1e-4, 1 - 1e-4)
    odds = known / (1 - known) * ((1 - time) / time)
    share = cv2.resize(np.asarray(odds / (1 + odds), np.float32), full.shape[1::-1])
    return _sight(full, centre - time * step, centre + (1 - time) * step), np.asarray(share, np.float32)


def _bend(way: Passage, time: float, in_a: Floats, in_b: Floats) -> Floats | None:
    """How far the content at each place is from a straight line: motion neither starts nor stops at a frame.

    Acceleration changes linearly from one frame to the other; where the two disagree, it counts less.
    """
    if way.bend_a is None or way.bend_b is None:
        known, at = (way.bend_a, in_a) if way.bend_b is None else (way.bend_b, in_b)
        if known is None:
            return None
        bent = read(known, at)
        steady = _steady(read(way.there, in_a), _length(bent))
        return np.asarray(_ONE_SIDED_TRUST * time * (time - 1) / 2 * steady * bent, np.float32)
    one, other = read(way.bend_a, in_a), read(way.bend_b, in_b)
    # Lengths are compared in pixels of the whole frame.
    apart, sizes = REDUCED * _length(one - other), REDUCED * (_length(one) + _length(other))
    trust = np.exp(-apart / (0.3 * sizes + 0.5))
    raw = one * (-time * (time - 1) * (time - 2) / 6) + other * ((time + 1) * time * (time - 1) / 6)
    mean = np.asarray(sizes / (2 * REDUCED), np.float32)
    raw = np.asarray(raw * _steady(read(way.there, in_a), mean), np.float32)
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


def _sight(full: Floats, to_a: Floats, to_b: Floats) -> Sight:
    return Sight(in_a=_onto(full, to_a), in_b=_onto(full, to_b))


def _onto(full: Floats, offsets: Floats) -> Floats:
    return np.asarray(cv2.add(full, resized(offsets, *full.shape[:2])), np.float32)
