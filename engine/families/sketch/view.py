"""Where the sketch's camera is, and what it makes of a point of the world.

The world is measured in heights of the frame: x from 0 to the frame's aspect, y from 0 (top) to 1 (bottom).
Each point has a *near*, 0 for the sky to 1 for what is at our feet, that says how much the camera moves it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from engine.core.recipe import Camera, Motion
from engine.families.sketch.pen import Canvas, Points

PACE = {Motion.GENTLE: 0.6, Motion.NORMAL: 1.0, Motion.WILD: 1.6}
_PAN = 0.085  # heights per second at our feet
_TILT_AT_MOST = 0.2
_PUSH = 0.05  # natural logarithm of the zoom, per second
_PUSH_AT_MOST = 0.45
_ROLL = 0.06  # radians per second
_ROLL_AT_MOST = 0.16


@dataclass(frozen=True, kw_only=True)
class View:
    """The camera at one moment.

    Attributes:
        width, height: of the canvas, in pixels.
        seconds: the scene's own time, which runs faster in a fast scene.
        x, y: how far the camera has gone, in heights, as seen at near = 1.
        zoom: at near = 1.
        roll: radians by which the whole picture is turned, clockwise.
    """

    width: int
    height: int
    seconds: float
    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0
    roll: float = 0.0

    @property
    def aspect(self) -> float:
        """Width of the frame in heights."""
        return self.width / self.height

    @property
    def unit(self) -> float:
        """What a size of 1 is in pixels: the shorter side, so that things fit tall frames too."""
        return min(self.width, self.height)

    def scale(self, near: float) -> float:
        """How much larger things at ``near`` are by the zoom."""
        return 1 + (self.zoom - 1) * (0.25 + 0.75 * near)

    def put(self, x: ArrayLike, y: ArrayLike, near: float) -> Points:
        """World → canvas, float ``[N, 2]``, pixels."""
        scale = self.scale(near)
        across = (np.asarray(x, np.float64) - self.x * near - self.aspect / 2) * scale + self.aspect / 2
        down = (np.asarray(y, np.float64) - self.y * near - 0.5) * scale + 0.5
        return np.stack(np.broadcast_arrays(across, down), axis=-1).reshape(-1, 2) * self.height

    def span(self, near: float, margin: float = 0.0) -> tuple[float, float]:
        """The world's x that can be seen at ``near``, with a margin in heights on both sides."""
        half = self.aspect / 2 / self.scale(near) + margin
        middle = self.aspect / 2 + self.x * near
        return middle - half, middle + half


def view_at(
    second: float, length: float, *, size: tuple[int, int], camera: Camera, pace: float, side: int
) -> View:
    """The camera after ``second`` of ``length`` seconds.

    Args:
        size: width and height of the canvas, in pixels.
        pace: a factor on every speed.
        side: 1 or -1: where a camera without orders goes.
    """
    # Mostly even, a little slower at both ends, and never at rest.
    share = second / length
    eased = length * pace * (0.7 * share + 0.3 * share * share * (3 - 2 * share))
    total = length * pace
    tilt = _TILT_AT_MOST * math.tanh(total * _PAN / _TILT_AT_MOST) * eased / total
    push = _PUSH_AT_MOST * math.tanh(total * _PUSH / _PUSH_AT_MOST) / total
    rolled = _ROLL_AT_MOST * math.tanh(total * _ROLL / _ROLL_AT_MOST) * eased / total
    swing = side * 0.22 * math.sin(0.6 * eased)
    gone: dict[Camera, dict[str, float]] = {
        Camera.AUTO: {"x": side * _PAN * 0.7 * eased, "zoom": math.exp(0.4 * push * eased)},
        Camera.STILL: {},
        Camera.PAN_LEFT: {"x": -_PAN * eased},
        Camera.PAN_RIGHT: {"x": _PAN * eased},
        Camera.TILT_UP: {"y": -tilt},
        Camera.TILT_DOWN: {"y": tilt},
        Camera.ROLL_LEFT: {"roll": -rolled},
        Camera.ROLL_RIGHT: {"roll": rolled},
        Camera.PUSH_IN: {"zoom": math.exp(push * eased)},
        Camera.PULL_OUT: {"zoom": math.exp(push * (total - eased))},
        Camera.ORBIT: {"x": swing, "zoom": 1.06 - 0.06 * math.cos(0.6 * eased)},
    }
    return View(width=size[0], height=size[1], seconds=second * pace, **gone[camera])


def turned(canvas: Canvas, roll: float) -> Canvas:
    """Turn a drawn frame about its middle, and enlarge it until no corner is empty.

    Args:
        canvas: uint8 ``[H, W, 3]``.
        roll: radians, clockwise.
    """
    if roll == 0:
        return canvas
    height, width = canvas.shape[:2]
    grown = math.cos(roll) + max(width / height, height / width) * abs(math.sin(roll))
    middle = ((width - 1) / 2, (height - 1) / 2)
    turn = cv2.getRotationMatrix2D(middle, -math.degrees(roll), grown)
    return np.asarray(
        cv2.warpAffine(canvas, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
