"""How the parts of a drawing move: legs, wings, tails, stems, flames and eyes, as bends of its points.

All work on local points (see drawings.py), in place, and are smooth, so that no part comes apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.families.sketch.drawings import Drawing
from engine.families.sketch.habits import (
    FACING_FRONT,
    FISHLIKE,
    FLICKERING,
    FOUR_LEGGED,
    SWAYING,
    WINGED,
    is_alive,
    is_person,
)
from engine.families.sketch.pen import Points

_HIP = 0.36  # legs are below this height
_TRUNK = 0.35  # the share of an insect's width that is no wing
_BLINK_EVERY = 9.0  # radians of the beat
_BLINK_LONG = 0.55


@dataclass(frozen=True, kw_only=True)
class Gait:
    """What a figure does just now.

    Attributes:
        beat: radians of its own movement.
        stride: how far the legs swing, in local units; 0 stands.
        flap: how far the wings beat, 0 … 1.
        asleep: the eyes are closed.
        lifts: the arms are up.
        across, up: how much wider and higher it is than usual.
        lean: how far the top is shifted to its rear, in local units.
    """

    beat: float = 0.0
    stride: float = 0.0
    flap: float = 0.0
    asleep: bool = False
    lifts: bool = False
    across: float = 1.0
    up: float = 1.0
    lean: float = 0.0


def bent(shown: Drawing, gait: Gait) -> Points:
    """The drawing's points at this moment, float ``[N, 2]``, local."""
    points = shown.points.copy()
    if is_alive(shown.name):
        _blink(points, shown, gait)
    if gait.asleep and shown.name in FOUR_LEGGED:
        hip = -_HIP * shown.high  # the legs are folded under it
        points[:, 1] = np.where(points[:, 1] > hip, points[:, 1] * 0.3, points[:, 1] - 0.7 * hip)
    if gait.stride and (shown.name in FOUR_LEGGED or is_person(shown.name)):
        _legs(points, shown, gait)
    if gait.flap and shown.name in WINGED:
        _wings(points, shown, gait)
    if shown.name in FISHLIKE:
        rear = np.clip(points[:, 0] / shown.wide + 0.5, 0, 1)
        points[:, 1] += 0.06 * rear**1.6 * np.sin(gait.beat * 1.6 - 3.5 * rear)
    if shown.name in SWAYING:
        points[:, 0] += 0.07 * (-points[:, 1]) ** 1.6 * math.sin(gait.beat * 0.7)
    if shown.name in FLICKERING:
        height = -points[:, 1]
        points[:, 0] += 0.05 * np.clip(height - 0.4, 0, 1) ** 1.3 * np.sin(gait.beat * 2.2 - 5 * height)
    breath = 1 + (0.012 * math.sin(gait.beat * 0.8) if is_alive(shown.name) else 0.0)
    points *= (gait.across * (2 - breath), gait.up * breath)
    if gait.lean:
        points[:, 0] += gait.lean * -points[:, 1]
    return points


def _blink(points: Points, shown: Drawing, gait: Gait) -> None:
    since = (gait.beat + 4.0) % _BLINK_EVERY
    open_ = 0.14 if gait.asleep else 1.0
    if not gait.asleep and since < _BLINK_LONG:
        open_ = max(0.14, abs(1 - 2 * since / _BLINK_LONG))
    if open_ < 1:
        for eye in shown.eyes:
            middle = points[eye, 1].mean()
            points[eye, 1] = middle + (points[eye, 1] - middle) * open_


def _legs(points: Points, shown: Drawing, gait: Gait) -> None:
    """Front and hind legs swing against each other, and so do near and far ones."""
    swing = gait.stride * math.sin(gait.beat * 2)
    lift = gait.stride * 0.5 * math.cos(gait.beat * 2)
    hip = _HIP * shown.high
    for place, part in enumerate(shown.parts):
        some = points[part.points]
        far = -1.0 if place < shown.main and some[:, 1].min() > -0.62 * shown.high else 1.0
        below = np.clip(1 + some[:, 1] / hip, 0, 1)
        side = np.tanh(some[:, 0] / shown.wide * 14) * far
        points[part.points, 0] += swing * below * side
        points[part.points, 1] -= np.clip(lift * side, 0, None) * below


def _wings(points: Points, shown: Drawing, gait: Gait) -> None:
    if shown.name in FACING_FRONT:
        body = _TRUNK * shown.wide / 2  # it is as wide as ever
        wings = np.clip(np.abs(points[:, 0]) - body, 0, None)
        open_ = 1 - gait.flap * (0.28 + 0.28 * math.sin(gait.beat * 2))
        points[:, 0] = np.sign(points[:, 0]) * (np.minimum(np.abs(points[:, 0]), body) + wings * open_)
        return
    # The back and the wing above it go up and down; the belly stays.
    middle = -0.5 * shown.high
    above = np.clip((middle - points[:, 1]) / (0.5 * shown.high), 0, 1)
    behind = np.clip(points[:, 0] / shown.wide + 0.62, 0, 1)
    points[:, 1] += gait.flap * 0.22 * above * behind * math.sin(gait.beat * 2)
