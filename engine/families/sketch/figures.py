"""The figures of the sketch: one way to ask for the size of a thing and to draw it, whoever drew it first."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from engine.families.sketch import bodies
from engine.families.sketch.creatures import CREATURES, sitting_bird
from engine.families.sketch.drawings import Drawing, drawing
from engine.families.sketch.gaits import Gait
from engine.families.sketch.habits import HEADS, UPRIGHT, is_bust
from engine.families.sketch.light import Light
from engine.families.sketch.pen import Pen
from engine.families.sketch.pose import Pose
from engine.families.sketch.puppet import BARE, Clothes, Look, put
from engine.families.sketch.things import THINGS
from engine.families.sketch.words import RGB, SHAPES, Shape

_OWN = {**CREATURES, **THINGS}
_OWN_BOX: dict[Shape, tuple[float, float, float]] = {
    Shape.BIRD: (1.0, 0.6, 0.3), Shape.BOAT: (1.0, 1.1, 0.1), Shape.BALLOON: (0.84, 1.3, 0.7),
    Shape.TREE: (0.9, 1.0, 0.0), Shape.FIRE: (0.7, 0.95, 0.1), Shape.FLAME: (0.6, 0.85, 0.0),
    Shape.STAR: (0.95, 0.95, 0.45),
    Shape.DRAGON: (1.95, 1.0, 0.35), Shape.HEART: (0.9, 0.85, 0.45), Shape.HOUSE: (1.05, 1.0, 0.0),
    Shape.LIGHTHOUSE: (1.0, 1.5, 0.06), Shape.ROCKET: (0.72, 1.5, 0.85), Shape.JELLYFISH: (0.75, 1.1, 0.75),
    Shape.FIREWORKS: (1.1, 1.0, 0.5), Shape.LANTERN: (0.55, 0.55, 0.27),
}  # fmt: skip
"""Width, height, and how far the lowest point is below the origin, of a figure of size 1."""
_BLACK: RGB = (44, 44, 56)
OWN_COLOURS: dict[str, RGB] = {"black-cat": _BLACK}
"""Drawings whose own colour is not that of their name: the black cat is lilac."""
_GLOWING = frozenset(
    {
        "star",
        "glowing-star",
        "fire",
        "flame",
        "candle",
        "fireworks",
        "sparkler",
        "sparkles",
        "collision",
        "comet",
    }
)


class Figure:
    """A thing that can be drawn at a size of 1: what stands has its feet at the origin."""

    def __init__(self, thing: str, *, busy: bool = False) -> None:
        """``busy``: it uses its hands, so an animal's head gets a body that stands upright.

        Raises:
            KeyError: there is neither an own figure nor a drawing of that name.
        """
        self.thing = thing
        own = SHAPES.get(thing)
        self.own = own if own in _OWN else None
        self.drawing: Drawing | None = None if self.own else drawing(thing)
        self.body: Callable[[Pen, Drawing, Pose, Gait, Look], None] | None = None
        if thing in HEADS:
            self.body = bodies.upright if busy or thing in UPRIGHT else bodies.four_legged
        elif is_bust(thing):
            self.body = bodies.person
        if self.own is not None:
            wide, high, self.below = _OWN_BOX[self.own]
            self.wide, self.high, self.below = wide / high, 1.0, self.below / high
            self._scale = 1 / high
        elif self.body is not None:
            self.wide, self.high = (1.15 if self.body is bodies.four_legged else 0.72), 1.0
        elif self.drawing is not None:
            self.wide, self.high = self.drawing.wide, self.drawing.high

    @property
    def head(self) -> tuple[float, float, float]:
        """Where the eyes are and the top of the head above them, of the figure facing left, and its scale."""
        if self.drawing is None:
            return -0.1, -0.75, -1.0
        x, y, top = self.drawing.head
        size, over, foot = self._head_at()
        return over + size * x, foot + size * y, foot + size * top

    @property
    def stands(self) -> bool:
        """Whether it has a body on two legs, and arms."""
        return self.body is bodies.upright or self.body is bodies.person

    @property
    def head_size(self) -> float:
        """How wide what is put on the head should be."""
        if self.drawing is None:
            return 0.3
        size = self._head_at()[0]
        return size * (0.62 if self.body is not None else 0.3)

    @property
    def head_wide(self) -> float:
        """How wide the head itself is."""
        if self.drawing is None or self.body is None:
            return 0.36
        return self._head_at()[0] * self.drawing.wide * (0.95 if self.body is not bodies.person else 0.85)

    def _head_at(self) -> tuple[float, float, float]:
        if self.body is bodies.upright:
            return bodies.HEAD
        if self.body is bodies.four_legged:
            return bodies.FRONT
        if self.body is bodies.person:
            return bodies.FACE if self.thing in bodies.FACES else bodies.BUST
        return 1.0, 0.0, 0.0

    def draw(
        self,
        pen: Pen,
        pose: Pose,
        gait: Gait,
        light: Light,
        colour: RGB | None,
        clothes: Clothes = BARE,
    ) -> None:
        """Draw it; ``pose.heading`` is 1 for right."""
        if self.own is not None:
            body, shade, bright = light.of(self.own, colour)
            raised = self.below * pose.size
            held = replace(
                pose, size=pose.size * self._scale, colour=body, shade=shade, light=bright,
                x=pose.x + raised * math.sin(pose.angle), y=pose.y - raised * math.cos(pose.angle),
            )  # fmt: skip
            sits = self.own is Shape.BIRD and not gait.flap
            (sitting_bird if sits else _OWN[self.own])(pen, held)
            return
        if self.drawing is None:
            return
        turned = replace(pose, heading=-pose.heading)
        colour = colour or OWN_COLOURS.get(self.thing)
        look = Look(light=light, colour=colour, glows=self.thing in _GLOWING, clothes=clothes)
        (self.body or put)(pen, self.drawing, turned, gait, look)
