"""What the sketch makes of a prompt: its things, and its actors in their places."""

from __future__ import annotations

import numpy as np

from engine.families.sketch.cast import cast
from engine.families.sketch.gaits import Gait
from engine.families.sketch.language.reading import read
from engine.families.sketch.light import light_of
from engine.families.sketch.pen import Pen
from engine.families.sketch.pose import Pose


def things(prompt):
    return [(subject.thing, subject.count) for subject in read(prompt).subjects]


def said(prompt):
    """The things of a prompt, each with what it does and what it is to another."""
    return [" ".join(filter(None, (one.thing, one.action, one.link))) for one in read(prompt).subjects]


def named(prompt):
    return [subject.thing for subject in read(prompt).subjects]


ASPECT = 1.5


def actors(prompt, *, aspect=ASPECT, seed=1):
    return cast(read(prompt), aspect, 1, np.random.default_rng(seed))


def pixels(prompt, size=192):
    (actor,) = actors(prompt)
    pen, light = Pen(np.full((size, size, 3), 120, np.uint8)), light_of(read("day"), 0.0)
    pose = Pose(
        x=size / 2, y=0.95 * size, size=0.9 * size, beat=0.0, heading=1, angle=0.0,
        colour=(0, 0, 0), shade=(0, 0, 0), light=(0, 0, 0),
    )  # fmt: skip
    actor.group.figure.draw(pen, pose, Gait(), light, actor.group.subject.colour, actor.group.clothes)
    return pen.canvas.astype(int)
