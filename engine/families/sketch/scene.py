"""The scene of a sketch: its figures, where each of them is at a moment, and the picture of that moment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from engine.families.sketch.air import gleam, sky, weather
from engine.families.sketch.creatures import CREATURES
from engine.families.sketch.light import Light, light_of, sky_picture, vignette
from engine.families.sketch.pen import Canvas, Pen
from engine.families.sketch.places import HORIZON, land
from engine.families.sketch.pose import Pose
from engine.families.sketch.stage import Dice, Stage
from engine.families.sketch.things import THINGS
from engine.families.sketch.view import View
from engine.families.sketch.words import FOOTED, Action, Place, Shape, Subject, Vision

_TRAVELS = {
    Shape.BIRD: 0.16, Shape.FISH: 0.12, Shape.BOAT: 0.07, Shape.CAR: 0.22, Shape.DOG: 0.13,
    Shape.DRAGON: 0.13,
    Shape.BUTTERFLY: 0.07, Shape.PERSON: 0.07, Shape.BALLOON: 0.05, Shape.JELLYFISH: 0.02,
    Shape.LANTERN: 0.02,
}  # fmt: skip
_DRAW = {**CREATURES, **THINGS}  # sun and moon are the sky's
_ON_LAND = FOOTED | {Shape.LIGHTHOUSE}
_ROOTED = {Shape.TREE, Shape.HOUSE, Shape.FLOWER, Shape.LIGHTHOUSE}
_SIZE: Mapping[Shape, float] = {
    Shape.BIRD: 0.17, Shape.FISH: 0.24, Shape.BOAT: 0.4, Shape.CAR: 0.34, Shape.BALLOON: 0.38,
    Shape.FLOWER: 0.3,
    Shape.TREE: 0.5, Shape.FIRE: 0.26, Shape.STAR: 0.12, Shape.CAT: 0.36, Shape.DOG: 0.36, Shape.DRAGON: 0.5,
    Shape.HEART: 0.28, Shape.HOUSE: 0.4, Shape.LIGHTHOUSE: 0.29, Shape.ROCKET: 0.4, Shape.BUTTERFLY: 0.17,
    Shape.JELLYFISH: 0.34, Shape.PERSON: 0.38, Shape.LANTERN: 0.11,
}  # fmt: skip
_GROUND: Mapping[Place, float] = {
    Place.FIELD: 0.86, Place.SEA: 0.76, Place.FOREST: 0.87, Place.CITY: 0.9, Place.MOUNTAIN: 0.89,
    Place.DESERT: 0.86, Place.SPACE: 0.6, Place.UNDERWATER: 0.9,
}  # fmt: skip
_NEAR = 0.8  # of the things that matter
_MOST = 14


@dataclass(frozen=True, kw_only=True)
class Actor:
    """One thing in the scene.

    Attributes:
        x, y: where it starts, in heights.
        size: heights, for one unit of the thing.
        speed: heights per second, to where it faces; 0 for what stands.
        heading: 1 faces right, -1 left.
        phase: radians, so that no two beat as one.
    """

    subject: Subject
    x: float
    y: float
    size: float
    speed: float
    heading: float
    phase: float


class Scene:
    """Everything of a sketch that a seed decides, and the drawing of its moments."""

    def __init__(self, vision: Vision, *, width: int, height: int, seed: int) -> None:
        """``width`` and ``height`` are the canvas in pixels; equal arguments draw equal pictures."""
        random = np.random.default_rng([seed, vision.salt])
        self.side = int(random.choice((-1, 1)))
        self._vision = vision
        self._light: Light = light_of(vision, float(random.uniform(-0.025, 0.025)))
        self._dice = Dice(int(random.integers(2**32)))
        self._sky = sky_picture(self._light, width, height, HORIZON[vision.place])
        self._corners = vignette(width, height)
        self._actors = _cast(vision, width / height, self.side, random)

    def draw(self, view: View) -> Canvas:
        """The picture that a camera sees, uint8 ``[H, W, 3]``, RGB."""
        canvas = self._sky.copy()
        pen = Pen(canvas)
        stage = Stage(pen=pen, view=view, vision=self._vision, light=self._light, dice=self._dice)
        sky(stage)
        land(stage, front=False)
        for actor in self._actors:
            _DRAW[actor.subject.shape](pen, _pose(actor, self._vision, self._light, view))
        land(stage, front=True)
        weather(stage)
        brightness = (1 + gleam(view, self._vision)) / 255
        return np.asarray(cv2.multiply(canvas, self._corners, scale=brightness), np.uint8)


def _cast(vision: Vision, aspect: float, side: int, random: np.random.Generator) -> list[Actor]:
    """Give each thing a place: the first named in the middle, the others beside it, smaller ones behind."""
    kinds = [subject for subject in vision.subjects if subject.shape in _DRAW]
    crowd = [subject for subject in kinds for _ in range(subject.count)][:_MOST]
    fit = min(1.0, aspect)
    shares = [(place + 0.5 + random.uniform(-0.18, 0.18)) / max(1, len(crowd)) for place in range(len(crowd))]
    # From the middle outwards, so that the first things of the text stand in the middle.
    shares.sort(key=lambda share: abs(share - 0.5))
    actors = []
    for subject, share in zip(crowd, shares, strict=True):
        alone = 1.25 if len(crowd) == 1 else 0.72 if subject.count > 1 else 1.0
        size = _SIZE[subject.shape] * fit * alone * random.uniform(0.85, 1.12)
        speed = _TRAVELS.get(subject.shape, 0.0)
        actors.append(
            Actor(
                subject=subject,
                x=aspect * (0.12 + 0.76 * share) - side * speed,
                y=_level(subject.shape, vision, random),
                size=size,
                speed=speed * random.uniform(0.85, 1.15),
                heading=side,
                phase=random.uniform(0, 2 * math.pi),
            )
        )
    return sorted(actors, key=lambda actor: actor.size)  # the small ones look farther away


def _level(shape: Shape, vision: Vision, random: np.random.Generator) -> float:
    """The y at which a thing stands, swims or flies."""
    ground = _GROUND[vision.place] + random.uniform(-0.03, 0.02)
    aloft = vision.action in {Action.FLY, Action.FALL, Action.RISE}
    if (aloft or vision.place in {Place.SPACE, Place.UNDERWATER}) and shape not in _ROOTED:
        return float(random.uniform(0.34, 0.62))
    if shape in FOOTED and vision.place is Place.SEA:
        return float(ground + 0.12)  # on the beach
    if shape in _ON_LAND:
        return float(ground)
    if shape is Shape.BOAT:
        return float(_GROUND[vision.place] - 0.05)
    return float(random.uniform(0.3, 0.55))


def _pose(actor: Actor, vision: Vision, light: Light, view: View) -> Pose:
    """Where an actor is now, with what the text's verb adds to its own way of moving."""
    second, shape = view.seconds, actor.subject.shape
    beat = actor.phase + second * 3.0
    x = actor.x + actor.heading * actor.speed * second
    y, angle = actor.y, 0.0
    if shape not in _ON_LAND:
        y += (0.012 if shape is Shape.BOAT else 0.028) * math.sin(second * 1.4 + actor.phase)
        angle = 0.07 * math.sin(second * 1.1 + actor.phase)
    if shape is Shape.ROCKET:
        angle += 0.5 * actor.heading
        x += actor.heading * 0.06 * second
        y -= 0.08 * second
    match vision.action:
        case Action.SPIN if shape not in _ROOTED:
            angle += actor.heading * second * 1.8
        case Action.FALL if shape not in _ROOTED:
            y += 0.14 * second
        case Action.RISE if shape not in _ROOTED:
            y -= 0.1 * second
        case Action.DANCE if shape not in _ROOTED:
            y -= 0.05 * abs(math.sin(second * 3.2 + actor.phase))
            angle += 0.16 * math.sin(second * 3.2 + actor.phase)
        case _:
            pass
    near = _NEAR if shape in _ON_LAND or shape is Shape.BOAT else 0.45
    if actor.speed or vision.action in {Action.FALL, Action.RISE} or shape is Shape.ROCKET:
        left, right = view.span(near, actor.size)
        x = left + (x - left) % (right - left)
        y = (y + actor.size) % (1 + 2 * actor.size) - actor.size
    spot = view.put(x, y, near)[0]
    body, shade, bright = light.of(shape, actor.subject.colour)
    return Pose(
        x=float(spot[0]),
        y=float(spot[1]),
        size=actor.size * view.height * view.scale(near),
        beat=beat,
        heading=actor.heading,
        angle=angle,
        colour=body,
        shade=shade,
        light=bright,
    )
