"""Confetti: thrown up from both lower corners, then falling past, turning as paper does."""

from __future__ import annotations

import cv2
import numpy as np

from engine.effects.scene import Painter, Pixels, Scene

COLOURS = np.array(
    [(239, 71, 111), (255, 183, 3), (6, 214, 160), (58, 134, 255), (131, 56, 236), (255, 255, 255)],
    np.float64,
)
THROWN, FALLING = 130, 90
GRAVITY, DRAG = 0.55, 1.5
"""Heights a second squared; and how quickly the air takes the speed away, by the second."""
SUB = 4
"""Bits of a pixel that a corner may lie between, so that slow paper moves smoothly."""


def confetti(scene: Scene) -> Painter:
    """Pieces of paper over the picture, each with a way of its own."""
    wide, high = scene.size
    rng = scene.chance(1)
    count = round((THROWN + FALLING) * (0.3 + 0.7 * scene.amount))
    thrown = np.arange(count) < round(count * THROWN / (THROWN + FALLING))
    left = rng.random(count) < 0.5  # noqa: PLR2004 (a coin)
    begins = np.where(thrown, rng.uniform(0.0, 0.35, count) + 0.9 * (rng.random(count) < 0.35), 0)  # noqa: PLR2004 (the second throw)
    aspect = wide / high
    x0 = np.where(thrown, np.where(left, -0.04, aspect + 0.04), rng.uniform(-0.1, aspect + 0.1, count))
    y0 = np.where(thrown, rng.uniform(0.85, 1.05, count), rng.uniform(-1.6, -0.05, count))
    angle = rng.uniform(np.radians(48), np.radians(82), count)
    speed = rng.uniform(1.4, 3.3, count)
    vx = np.where(thrown, np.where(left, 1, -1) * np.cos(angle) * speed * np.sqrt(aspect), 0.0)
    vy = np.where(thrown, -np.sin(angle) * speed, 0.0)
    near = rng.uniform(0.6, 1.5, count)
    spin, tumble = rng.uniform(-5, 5, count), rng.uniform(3, 8, count)
    phase, swing = rng.uniform(0, 2 * np.pi, (2, count))
    colour = COLOURS[rng.integers(len(COLOURS), size=count)]
    order = np.argsort(near)

    def paint(frame: Pixels, index: int) -> Pixels:
        t = np.maximum(0.0, index / scene.fps - begins)
        slowed = (1 - np.exp(-DRAG * t)) / DRAG
        fallen = GRAVITY / DRAG * (t - slowed)
        down = np.where(thrown, fallen * 1.3, 0.42 * near * t)
        x = x0 + vx * slowed + 0.02 * np.sin(swing + 2.2 * t)
        y = y0 + vy * slowed + down
        seen = frame.copy()
        flutter = np.cos(phase + tumble * t)
        for at in order:
            if t[at] <= 0 or not (-0.05 < y[at] < 1.05):  # noqa: PLR2004 (a piece's size beyond the frame)
                continue
            size = 0.016 * near[at] * high
            turn = phase[at] + spin[at] * t[at]
            corners = _corners(x[at] * high, y[at] * high, size, turn, float(flutter[at]))
            lit = np.clip(colour[at] * (0.72 + 0.28 * abs(flutter[at])), 0, 255)
            cv2.fillConvexPoly(seen, corners, lit.tolist(), cv2.LINE_AA, SUB)
        return seen

    return paint


def _corners(x: float, y: float, size: float, turn: float, flutter: float) -> np.ndarray:
    """The corners of a piece that is seen at a slant, in parts of a pixel, int32 ``[4, 2]``."""
    shape = np.array([(-1, -0.55), (1, -0.55), (1, 0.55), (-1, 0.55)]) * size
    shape[:, 1] *= np.sign(flutter or 1.0) * max(0.12, abs(flutter))
    cos, sin = np.cos(turn), np.sin(turn)
    turned = shape @ np.array([(cos, sin), (-sin, cos)]) + (x, y)
    return np.asarray(np.round(turned * 2**SUB), np.int32)
