"""Animals, as flat paper-cut figures.

Their own coordinates have y down and one unit for the figure's size; those that stand have their feet at y
= 0, the others their middle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from engine.families.sketch.pen import Pen
from engine.families.sketch.pose import Pose
from engine.families.sketch.words import Shape


def _bird(pen: Pen, pose: Pose) -> None:
    lift = math.sin(pose.beat * 2) * 0.34
    pen.fill(pose.at([(-0.02, 0), (-0.24, -lift - 0.12), (-0.42, -lift * 0.7), (-0.12, 0.08)]), pose.shade)
    body = [
        (-0.5, 0.02),
        (-0.25, -0.03),
        (0.1, -0.08),
        (0.3, -0.1),
        (0.42, -0.04),
        (0.3, 0.02),
        (0, 0.1),
        (-0.3, 0.08),
    ]
    pen.fill(pose.at(body), pose.colour)
    pen.fill(pose.at([(0.12, -0.03), (0.0, -lift - 0.24), (-0.32, -lift * 1.25), (-0.14, 0.04)]), pose.light)
    pen.fill(pose.at([(0.4, -0.07), (0.52, -0.02), (0.4, 0.0)]), (244, 176, 70))


def sitting_bird(pen: Pen, pose: Pose) -> None:
    """The bird with folded wings on two legs, in the box of the one that flies."""
    nod = 0.02 * math.sin(pose.beat)
    for x in (-0.04, 0.06):
        pen.line(pose.at([(x, 0.12), (x, 0.29), (x + 0.05, 0.29)]), pose.size * 0.02, (226, 150, 60))
    pen.fill(pose.at([(-0.2, 0.0), (-0.52, 0.12), (-0.5, 0.17), (-0.14, 0.12)]), pose.shade)
    pen.fill(pose.ellipse(-0.02, 0.03, 0.26, 0.15), pose.colour)
    pose.disc(pen, 0.2, -0.14 + nod, 0.12, pose.colour)
    pen.fill(pose.at([(0.08, -0.14 + nod), (0.32, -0.14 + nod), (0.24, 0.06), (0.1, 0.1)]), pose.colour)
    wing = [(0.14, -0.04), (0.1, 0.07), (-0.1, 0.11), (-0.4, 0.1), (-0.16, -0.06)]
    pen.fill(pose.at(wing), pose.light)
    pen.fill(pose.at([(0.3, -0.18 + nod), (0.45, -0.12 + nod), (0.3, -0.08 + nod)]), (244, 176, 70))
    pose.disc(pen, 0.23, -0.17 + nod, 0.022, (30, 30, 40))


def _dragon(pen: Pen, pose: Pose) -> None:
    along = np.linspace(0, 1, 26)
    x = 0.75 - 1.7 * along
    y = 0.13 * np.sin(pose.beat * 1.2 - along * 7) * (0.3 + along)
    flap = 0.3 * math.sin(pose.beat)
    x0, y0 = float(x[8]), float(y[8])
    for reach, colour in ((0.8, pose.shade), (1.0, pose.light)):
        tip_x, tip_y = x0 - 0.12 * reach, y0 - (0.5 + flap) * reach
        wing = [
            (x0 + 0.16, y0), (x0 + 0.14, (y0 + tip_y) / 2 - 0.06), (tip_x, tip_y),
            (tip_x - 0.2, tip_y + 0.26), (tip_x - 0.1, (y0 + tip_y) / 2 + 0.02),
            (tip_x - 0.3, y0 - 0.1 - flap * 0.3), (x0 - 0.12, y0),
        ]  # fmt: skip
        pen.fill(pose.at(wing), colour)
    for step in range(25, 0, -1):
        radius = 0.02 + 0.1 * (1 - along[step]) ** 0.7 * min(1.0, 0.5 + along[step] * 3)
        pose.disc(pen, float(x[step]), float(y[step]), radius, pose.colour)
        if step % 3 == 0:
            pen.fill(
                pose.at(
                    [
                        (x[step] + 0.04, y[step] - radius * 0.8),
                        (x[step] - 0.03, y[step] - radius - 0.06),
                        (x[step] - 0.05, y[step] - radius * 0.7),
                    ]
                ),
                pose.shade,
            )
    nose = float(y[0])
    pen.fill(
        pose.at(
            [
                (0.6, nose - 0.07),
                (0.72, nose - 0.12),
                (0.98, nose - 0.02),
                (0.97, nose + 0.03),
                (0.7, nose + 0.09),
            ]
        ),
        pose.colour,
    )
    pen.fill(pose.at([(0.72, nose - 0.1), (0.58, nose - 0.24), (0.66, nose - 0.06)]), pose.light)
    pose.disc(pen, 0.76, nose - 0.05, 0.025, (255, 232, 140))


def _jellyfish(pen: Pen, pose: Pose) -> None:
    pulse = math.sin(pose.beat)
    wide, high = 0.34 + 0.05 * pulse, 0.34 - 0.05 * pulse
    down = np.linspace(0, 1, 12)
    for arm in range(5):
        x = (arm - 2) * 0.13 + 0.07 * np.sin(pose.beat - down * 5 + arm) * down
        pen.line(
            pose.at(np.stack([x, down * (0.75 - 0.08 * abs(arm - 2))], axis=1)),
            pose.size * 0.03,
            pose.light if arm % 2 else pose.shade,
        )
    pose.glow(pen, (0, 0), 0.8, pose.colour, 0.35)
    turn = np.linspace(math.pi, 2 * math.pi, 24)
    hem = np.stack([np.linspace(wide, -wide, 16), 0.03 * np.cos(np.linspace(0, 8 * math.pi, 16))], axis=1)
    dome = np.stack([wide * np.cos(turn), high * np.sin(turn)], axis=1)
    pen.fill(pose.at(np.concatenate([dome, hem])), pose.colour)
    pen.fill(pose.ellipse(-0.1, -0.18, 0.11, 0.07), pose.light)


CREATURES: Mapping[Shape, Callable[[Pen, Pose], None]] = {
    Shape.BIRD: _bird,
    Shape.DRAGON: _dragon,
    Shape.JELLYFISH: _jellyfish,
}
