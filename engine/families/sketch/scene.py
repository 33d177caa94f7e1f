"""The scene of a sketch: its figures, and the picture of a moment."""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.families.sketch.acting import show
from engine.families.sketch.air import gleam, sky, weather
from engine.families.sketch.cast import NEAR, Actor, cast, follow, in_frame
from engine.families.sketch.light import Light, light_of, sky_picture, vignette
from engine.families.sketch.pen import Canvas, Pen
from engine.families.sketch.places import HORIZON, land
from engine.families.sketch.stage import Dice, Stage
from engine.families.sketch.view import View
from engine.families.sketch.words import Vision

_REACHED = 0.62  # how far up firs and weeds at our feet reach, in heights from the top
_PARALLAX = 0.06  # heights by which the camera shifts things against what is nearer


class Scene:
    """Everything of a sketch that a seed decides, and the drawing of its moments."""

    def __init__(self, vision: Vision, *, width: int, height: int, seed: int, length: float) -> None:
        """Equal arguments draw equal pictures.

        Args:
            width, height: of the canvas, in pixels.
            length: of the clip, in the scene's own seconds.
        """
        random = np.random.default_rng([seed, vision.salt])
        self.side = int(random.choice((-1, 1)))
        self._vision = vision
        self._length = length
        self._light: Light = light_of(vision, float(random.uniform(-0.025, 0.025)))
        self._dice = Dice(int(random.integers(2**32)))
        self._sky = sky_picture(self._light, width, height, HORIZON[vision.place])
        self._corners = vignette(width, height)
        self.actors = in_frame(cast(vision, width / height, self.side, random), width / height, length)
        self.follow = follow(self.actors)
        """How fast a camera without orders goes along with the things, to :attr:`side`."""
        self.kept = tuple(self._way(actor) for actor in self.actors if actor.box[3] > _REACHED)
        """Where nothing at our feet stands before the things; see :class:`.stage.Stage`."""

    def _way(self, actor: Actor) -> tuple[float, float]:
        """From where to where an actor is in the whole clip, as seen against what stands at our feet."""
        left, _, right, _ = actor.box
        far = (actor.speed + self.follow) * self._length / 2 + _PARALLAX
        return left - far, right + far

    def room(self, view: View) -> float:
        """How far a camera may go to either side before a thing leaves the frame: heights, at near = 1.

        Args:
            view: where the camera is nearest to the things.
        """
        rooms = [math.inf]
        for actor in self.actors:
            near, (left, _, right, _) = NEAR[actor.group.zone], actor.box
            reach = max(view.aspect / 2 - left, right - view.aspect / 2) + actor.speed * self._length / 2
            rooms.append((view.aspect / 2 / view.scale(near) - reach) / near)
        return max(0.0, min(rooms))

    def draw(self, view: View, drift: float = 0.0) -> Canvas:
        """The picture that a camera sees, uint8 ``[H, W, 3]``, RGB; ``drift``: see :func:`.acting.show`."""
        canvas = self._sky.copy()
        pen = Pen(canvas)
        stage = Stage(
            pen=pen, view=view, vision=self._vision, light=self._light, dice=self._dice, kept=self.kept
        )
        sky(stage)
        land(stage, front=False)
        for actor in self.actors:
            show(pen, actor, view, self._light, self._length, drift)
        land(stage, front=True)
        weather(stage)
        brightness = (1 + gleam(view, self._vision)) / 255
        return np.asarray(cv2.multiply(canvas, self._corners, scale=brightness), np.uint8)
