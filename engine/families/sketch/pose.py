"""How a figure of the sketch is placed on the canvas."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from engine.families.sketch.pen import Pen, Points
from engine.families.sketch.words import RGB


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Where and how a thing is drawn.

    Attributes:
        x, y: pixels.
        size: pixels of one unit.
        beat: radians; the thing's own movement (wings, flames, tails) repeats each 2π.
        heading: 1 faces right, -1 left.
        angle: radians, clockwise.
        colour, shade, light: the body, its darker and its lighter parts.
    """

    x: float
    y: float
    size: float
    beat: float
    heading: float
    angle: float
    colour: RGB
    shade: RGB
    light: RGB

    def at(self, points: ArrayLike) -> Points:
        """Put points of the thing, ``[N, 2]``, on the canvas."""
        local = np.asarray(points, np.float64) * (self.size * self.heading, self.size)
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        turned: Points = local @ np.array([[cos, sin], [-sin, cos]]) + (self.x, self.y)
        return turned

    def moved(self, x: float, y: float) -> Pose:
        """The same pose at a point of the thing."""
        (place,) = self.at([(x, y)])
        return replace(self, x=float(place[0]), y=float(place[1]))

    def disc(self, pen: Pen, x: float, y: float, radius: float, colour: RGB) -> None:
        """Fill a circle of the thing."""
        (place,) = self.at([(x, y)])
        pen.disc(place[0], place[1], radius * self.size, colour)

    def glow(
        self, pen: Pen, middle: tuple[float, float], radius: float, colour: RGB, strength: float
    ) -> None:
        """Add light around a point of the thing."""
        (place,) = self.at([middle])
        pen.glow(place[0], place[1], radius * self.size, colour, strength)

    def ellipse(self, x: float, y: float, wide: float, high: float) -> Points:
        """The outline of an ellipse of the thing with these half axes."""
        turn = np.linspace(0, 2 * math.pi, 36, endpoint=False)
        return self.at(np.stack([x + wide * np.cos(turn), y + high * np.sin(turn)], axis=1))


def curve(points: list[tuple[float, float]]) -> Points:
    """An open line rounded by cutting its corners twice (Chaikin, 1974); its ends stay."""
    line = np.asarray(points, np.float64)
    for _ in range(2):
        near, far = line[:-1] * 0.75 + line[1:] * 0.25, line[:-1] * 0.25 + line[1:] * 0.75
        line = np.concatenate([line[:1], np.stack([near, far], axis=1).reshape(-1, 2), line[-1:]])
    return line
