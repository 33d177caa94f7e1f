"""Things and plants, as flat paper-cut figures.

Their own coordinates have y down and one unit for the figure's size; those that stand have their feet at y
= 0, the others their middle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np

from engine.families.sketch.pen import Pen, mix
from engine.families.sketch.pose import Pose
from engine.families.sketch.words import Shape


def _boat(pen: Pen, pose: Pose) -> None:
    pen.line(pose.at([(0, -0.1), (0, -1.0)]), pose.size * 0.03, pose.shade)
    billow = 0.05 + 0.04 * math.sin(pose.beat)
    pen.fill(
        pose.at([(0.03, -0.95), (0.2 + billow, -0.62), (0.4 + billow, -0.26), (0.03, -0.22)]), pose.light
    )
    pen.fill(
        pose.at([(-0.03, -0.82), (-0.16 + billow, -0.55), (-0.32, -0.26), (-0.03, -0.22)]),
        mix(pose.light, pose.shade, 0.25),
    )
    pen.fill(pose.at([(-0.46, -0.16), (0.54, -0.18), (0.36, 0.1), (-0.32, 0.1)]), pose.colour)
    pen.fill(pose.at([(-0.46, -0.16), (0.54, -0.18), (0.51, -0.12), (-0.44, -0.1)]), pose.shade)
    flag = 0.03 * math.sin(pose.beat * 3)
    pen.fill(pose.at([(0, -1.0), (-0.2, -0.95 + flag), (0, -0.9)]), (226, 84, 70))


def _balloon(pen: Pen, pose: Pose) -> None:
    sway = 0.03 * math.sin(pose.beat)
    for side in (-0.12, 0.12):
        pen.line(pose.at([(side * 2.2, 0.18), (side + sway, 0.55)]), pose.size * 0.012, pose.shade)
    turn = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    high = np.where(np.sin(turn) > 0, 0.5 - 0.1 * np.abs(np.cos(turn)), 0.42)
    for wide, colour in ((0.4, pose.colour), (0.26, pose.light), (0.11, pose.colour)):
        pen.fill(pose.at(np.stack([wide * np.cos(turn), -0.16 + high * np.sin(turn)], axis=1)), colour)
    basket = [(-0.12 + sway, 0.54), (0.12 + sway, 0.54), (0.09 + sway, 0.7), (-0.09 + sway, 0.7)]
    pen.fill(pose.at(basket), (132, 92, 60))


def _tree(pen: Pen, pose: Pose) -> None:
    sway = 0.035 * math.sin(pose.beat)
    pen.fill(pose.at([(-0.06, 0), (-0.03, -0.5), (0.04, -0.5), (0.07, 0)]), (96, 70, 56))
    for x, y, radius, colour in (
        (-0.2, -0.55, 0.21, pose.shade), (0.2, -0.56, 0.2, pose.shade), (0, -0.62, 0.27, pose.colour),
        (-0.1, -0.8, 0.19, pose.colour), (0.12, -0.78, 0.17, pose.colour), (-0.08, -0.83, 0.1, pose.light),
    ):  # fmt: skip
        pose.disc(pen, x + sway * -y * 2, y, radius, colour)


def _fire(pen: Pen, pose: Pose) -> None:
    for side in (-1, 1):
        pen.line(pose.at([(-0.3 * side, 0.02), (0.3 * side, -0.1)]), pose.size * 0.08, (92, 62, 48))
    _flame(pen, pose)


def _flame(pen: Pen, pose: Pose) -> None:
    pose.glow(pen, (0, -0.3), 1.25 + 0.06 * math.sin(pose.beat), (255, 130, 40), 0.55)
    for scale, colour in ((1.0, (232, 84, 40)), (0.7, (248, 150, 50)), (0.4, (255, 222, 120))):
        height = np.linspace(0, 1, 14)
        wide = 0.3 * np.sin(np.pi * height**0.62) ** 0.9 * (1 - 0.25 * height) * scale
        lean = 0.1 * height**1.5 * np.sin(pose.beat * 1.5 - 3 * height)
        left, right = (
            np.stack([lean - wide, -0.85 * scale * height], 1),
            np.stack([lean + wide, -0.85 * scale * height], 1),
        )
        pen.fill(pose.at(np.concatenate([left, right[::-1]])), colour)


def _star(pen: Pen, pose: Pose) -> None:
    pose.glow(pen, (0, 0), 1.1, pose.colour, 0.4 + 0.06 * math.sin(pose.beat))
    turn = np.arange(10) * math.pi / 5 - math.pi / 2
    reach = np.where(np.arange(10) % 2 == 0, 0.46, 0.2)
    pen.fill(pose.at(np.stack([reach * np.cos(turn), reach * np.sin(turn)], axis=1)), pose.light)


def _heart(pen: Pen, pose: Pose) -> None:
    turn = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    beat = 1 + 0.06 * math.sin(pose.beat * 2)
    x = 16 * np.sin(turn) ** 3
    y = -(13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn))
    pose.glow(pen, (0, 0), 0.9, pose.colour, 0.3)
    pen.fill(pose.at(np.stack([x, y], axis=1) * (beat / 36)), pose.colour)
    pen.fill(pose.ellipse(-0.2 * beat, -0.17 * beat, 0.09, 0.07), pose.light)


def _house(pen: Pen, pose: Pose) -> None:
    for puff in range(4):
        age = (pose.beat / 6 + puff / 4) % 1
        pose.disc(
            pen,
            0.24 + 0.22 * age + 0.04 * math.sin(age * 9),
            -0.95 - 0.5 * age,
            0.04 + 0.06 * age * (1 - age) * 4,
            mix(pose.light, (236, 236, 240), 0.5),
        )
    pen.fill(pose.at([(0.18, -0.5), (0.18, -0.92), (0.3, -0.92), (0.3, -0.5)]), pose.shade)
    pen.fill(pose.at([(-0.4, 0), (-0.4, -0.5), (0.4, -0.5), (0.4, 0)]), pose.light)
    pen.fill(pose.at([(-0.52, -0.46), (0, -0.92), (0.52, -0.46)]), pose.colour)
    pen.fill(pose.at([(-0.1, 0), (-0.1, -0.28), (0.1, -0.28), (0.1, 0)]), pose.shade)
    for x in (-0.25, 0.25):
        pen.fill(
            pose.at([(x - 0.08, -0.2), (x - 0.08, -0.38), (x + 0.08, -0.38), (x + 0.08, -0.2)]),
            (255, 222, 130),
        )
        pose.glow(pen, (x, -0.29), 0.3, (255, 190, 90), 0.35)


def _lighthouse(pen: Pen, pose: Pose) -> None:
    pen.fill(pose.at([(-0.5, 0.06), (-0.36, -0.1), (0.3, -0.12), (0.52, 0.06)]), pose.shade)
    edges = np.linspace(-1.1, -0.08, 6)
    for stripe, (top, low) in enumerate(pairwise(edges)):
        over, under = 0.17 + 0.09 * (top + 1.1), 0.17 + 0.09 * (low + 1.1)
        outline = [(-over, top), (over, top), (under, low), (-under, low)]
        pen.fill(pose.at(outline), pose.light if stripe % 2 else pose.colour)
    sweep = math.cos(pose.beat * 0.35)
    for wide in (0.5, 1.0):
        far = [(9 * sweep, -1.2 - 1.5 * wide * abs(sweep)), (9 * sweep, -1.2 + wide * abs(sweep))]
        pen.blend(pose.at([(0, -1.23), *far, (0, -1.17)]), (255, 240, 190), 0.1 * abs(sweep))
    pen.fill(pose.at([(-0.11, -1.1), (-0.11, -1.3), (0.11, -1.3), (0.11, -1.1)]), (255, 240, 190))
    pen.fill(pose.at([(-0.16, -1.3), (0, -1.46), (0.16, -1.3)]), pose.colour)
    pen.fill(pose.at([(-0.22, -1.06), (-0.22, -1.12), (0.22, -1.12), (0.22, -1.06)]), pose.shade)
    pose.glow(pen, (0, -1.2), 0.5, (255, 226, 150), 0.6)


def _rocket(pen: Pen, pose: Pose) -> None:
    long = 0.42 + 0.08 * math.sin(pose.beat * 3)
    pose.glow(pen, (0, 0.6), 0.7, (255, 150, 60), 0.6)
    for scale, colour in ((1.0, (250, 140, 50)), (0.55, (255, 226, 140))):
        pen.fill(pose.at([(-0.12 * scale, 0.42), (0, 0.42 + long * scale), (0.12 * scale, 0.42)]), colour)
    for side in (-1, 1):
        pen.fill(
            pose.at([(0.15 * side, 0.12), (0.36 * side, 0.42), (0.34 * side, 0.52), (0.12 * side, 0.4)]),
            pose.colour,
        )
    hull = [
        (0, -0.62),
        (0.12, -0.4),
        (0.18, -0.1),
        (0.18, 0.2),
        (0.12, 0.42),
        (-0.12, 0.42),
        (-0.18, 0.2),
        (-0.18, -0.1),
        (-0.12, -0.4),
    ]
    pen.fill(pose.at(hull), pose.light)
    pen.fill(pose.at([(0, -0.62), (0.12, -0.4), (0.145, -0.28), (-0.145, -0.28), (-0.12, -0.4)]), pose.colour)
    pose.disc(pen, 0, -0.08, 0.1, pose.shade)
    pose.disc(pen, 0, -0.08, 0.07, (150, 214, 240))


def _lantern(pen: Pen, pose: Pose) -> None:
    pose.glow(pen, (0, 0), 1.5, pose.colour, 0.5 + 0.05 * math.sin(pose.beat))
    pose.disc(pen, 0, 0, 0.26, pose.colour)
    pose.disc(pen, 0, 0.02, 0.2, mix(pose.colour, pose.light, 0.5))
    pose.disc(pen, 0, 0.05, 0.12, pose.light)


def _fireworks(pen: Pen, pose: Pose) -> None:
    """Three bursts that open, droop and fade, one after the other."""
    colours = (pose.colour, (120, 200, 250), (250, 210, 110))
    for burst, (x, y) in enumerate(((0.0, -0.1), (-0.34, 0.14), (0.34, 0.1))):
        age = (pose.beat / 7 + burst / 3) % 1
        colour, bright = colours[burst], math.sin(math.pi * age) ** 0.7
        reach = 0.34 * age**0.45
        pose.glow(pen, (x, y), 0.5, colour, 0.3 * bright)
        for spark in range(18):
            turn = spark * math.pi / 9 + burst
            far = reach * (1.0 if spark % 2 else 0.62)
            tip = (x + far * math.cos(turn), y + far * math.sin(turn) + 0.1 * age * age)
            start = (x + 0.72 * far * math.cos(turn), y + 0.72 * far * math.sin(turn) + 0.06 * age * age)
            pen.line(pose.at([start, tip]), pose.size * 0.012, mix((40, 30, 60), colour, bright))
            pose.disc(pen, *tip, 0.016 * bright, mix(colour, (255, 255, 240), 0.5))


THINGS: Mapping[Shape, Callable[[Pen, Pose], None]] = {
    Shape.BOAT: _boat,
    Shape.BALLOON: _balloon,
    Shape.TREE: _tree,
    Shape.FIRE: _fire,
    Shape.FLAME: _flame,
    Shape.STAR: _star,
    Shape.HEART: _heart,
    Shape.HOUSE: _house,
    Shape.LIGHTHOUSE: _lighthouse,
    Shape.ROCKET: _rocket,
    Shape.FIREWORKS: _fireworks,
    Shape.LANTERN: _lantern,
}
