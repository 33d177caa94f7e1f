"""People and animals, as flat paper-cut figures.

Their own coordinates have y down and one unit for the figure's size; those that stand have their feet at y
= 0, the others their middle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from engine.families.sketch.pen import Pen
from engine.families.sketch.pose import Pose, curve
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


def _fish(pen: Pen, pose: Pose) -> None:
    wag = math.sin(pose.beat * 2) * 0.12
    pen.fill(pose.at([(-0.3, 0), (-0.58, -0.2 + wag), (-0.5, wag * 0.7), (-0.58, 0.2 + wag)]), pose.shade)
    pen.fill(pose.at([(-0.1, -0.16), (0.02, -0.36), (0.2, -0.16)]), pose.shade)
    pen.fill(pose.ellipse(0, 0, 0.42, 0.21), pose.colour)
    pen.fill(pose.ellipse(0.02, 0.08, 0.3, 0.09), pose.light)
    pen.fill(pose.at([(0.02, 0.02), (-0.16, 0.16 + wag * 0.6), (-0.04, 0.0)]), pose.shade)
    pose.disc(pen, 0.26, -0.04, 0.05, (250, 250, 246))
    pose.disc(pen, 0.275, -0.04, 0.026, (24, 26, 36))


def _cat(pen: Pen, pose: Pose) -> None:
    tip = 0.1 * math.sin(pose.beat)
    pen.line(
        pose.at(curve([(-0.2, -0.05), (-0.46, -0.06), (-0.5 + tip, -0.4), (-0.4 + tip, -0.56)])),
        pose.size * 0.07,
        pose.shade,
    )
    body = [(-0.24, 0), (-0.28, -0.2), (-0.16, -0.45), (0.02, -0.6), (0.2, -0.55), (0.22, -0.3), (0.24, 0)]
    pen.fill(pose.at(curve(body)), pose.colour)
    for side in (-1, 1):
        ear = 0.11 + 0.13 * side
        pen.fill(pose.at([(ear - 0.09, -0.78), (ear + 0.03 * side, -0.98), (ear + 0.09, -0.76)]), pose.colour)
    pen.fill(pose.ellipse(0.11, -0.7, 0.23, 0.19), pose.colour)
    pen.fill(pose.ellipse(0.1, -0.2, 0.1, 0.18), pose.light)
    for side in (-1, 1):
        pose.disc(pen, 0.12 + 0.09 * side, -0.71, 0.035, (250, 226, 120))
        pose.disc(pen, 0.125 + 0.09 * side, -0.71, 0.018, (24, 24, 30))
    pen.fill(pose.at([(0.1, -0.65), (0.15, -0.65), (0.125, -0.62)]), (232, 140, 140))


def _dog(pen: Pen, pose: Pose) -> None:
    wag, step = 0.1 * math.sin(pose.beat * 2), 0.1 * math.sin(pose.beat)
    pen.line(
        pose.at(curve([(-0.34, -0.42), (-0.48, -0.5), (-0.54 + wag * 0.4, -0.72 + wag * 0.3)])),
        pose.size * 0.07,
        pose.shade,
    )
    for x, swing, colour in (
        (-0.22, -step, pose.shade),
        (0.22, step, pose.shade),
        (-0.3, step, pose.colour),
        (0.3, -step, pose.colour),
    ):
        pen.line(pose.at([(x, -0.3), (x + swing, -0.02)]), pose.size * 0.1, colour)
    pen.fill(pose.ellipse(0, -0.38, 0.4, 0.15), pose.colour)
    pen.fill(pose.at([(0.22, -0.46), (0.34, -0.72), (0.5, -0.6), (0.38, -0.34)]), pose.colour)
    pen.fill(pose.ellipse(0.46, -0.66, 0.17, 0.12), pose.colour)
    pen.fill(pose.ellipse(0.58, -0.62, 0.1, 0.07), pose.light)
    pose.disc(pen, 0.67, -0.64, 0.03, (30, 28, 34))
    pose.disc(pen, 0.5, -0.7, 0.022, (30, 28, 34))
    pen.fill(pose.at([(0.36, -0.76), (0.28, -0.54 + wag * 0.3), (0.42, -0.6)]), pose.shade)


def _dragon(pen: Pen, pose: Pose) -> None:
    along = np.linspace(0, 1, 26)
    x = 0.75 - 1.7 * along
    y = 0.13 * np.sin(pose.beat * 1.2 - along * 7) * (0.3 + along)
    flap = 0.3 * math.sin(pose.beat)
    x0, y0 = float(x[8]), float(y[8])
    for reach, colour in ((0.8, pose.shade), (1.0, pose.light)):
        tip_x, tip_y = x0 - 0.12 * reach, y0 - (0.5 + flap) * reach
        wing = [
            (x0 + 0.16, y0), (x0 + 0.14, (y0 + tip_y) / 2 - 0.06), (tip_x, tip_y), (tip_x - 0.2,
            tip_y + 0.26),
            (tip_x - 0.1, (y0 + tip_y) / 2 + 0.02), (tip_x - 0.3, y0 - 0.1 - flap * 0.3), (x0 - 0.12, y0),
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


def _butterfly(pen: Pen, pose: Pose) -> None:
    open_ = 0.35 + 0.65 * abs(math.cos(pose.beat))
    for side in (-1, 1):
        across = side * open_
        pen.fill(
            pose.at(
                curve(
                    [
                        (0, -0.05),
                        (0.2 * across, -0.42),
                        (0.5 * across, -0.4),
                        (0.42 * across, -0.06),
                        (0, 0.02),
                    ]
                )
            ),
            pose.colour,
        )
        pen.fill(
            pose.at(
                curve([(0, 0), (0.36 * across, 0.04), (0.34 * across, 0.34), (0.12 * across, 0.3), (0, 0.08)])
            ),
            pose.light,
        )
        pose.disc(pen, 0.32 * across, -0.27, 0.06 * open_, pose.light)
    pen.line(pose.at([(0, -0.2), (0, 0.2)]), pose.size * 0.06, (52, 44, 52))


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


def _person(pen: Pen, pose: Pose) -> None:
    step, cape = 0.12 * math.sin(pose.beat), 0.05 * math.sin(pose.beat * 1.3)
    for swing in (-step, step):
        pen.line(pose.at([(0, -0.34), (swing, 0)]), pose.size * 0.08, pose.shade)
    pen.fill(
        pose.at(
            curve(
                [
                    (-0.08, -0.72),
                    (-0.2 + cape, -0.4),
                    (-0.26 + cape * 2, -0.16),
                    (0.14, -0.2),
                    (0.12, -0.5),
                    (0.08, -0.72),
                ]
            )
        ),
        pose.colour,
    )
    pen.line(pose.at([(0.03, -0.64), (0.12 - step, -0.42)]), pose.size * 0.06, pose.light)
    pose.disc(pen, 0.01, -0.83, 0.115, (240, 200, 168))
    hair = [(-0.12, -0.8), (-0.11, -0.94), (0.04, -0.97), (0.12, -0.88), (0.0, -0.88), (-0.06, -0.78)]
    pen.fill(pose.at(curve(hair)), pose.shade)


CREATURES: Mapping[Shape, Callable[[Pen, Pose], None]] = {
    Shape.BIRD: _bird,
    Shape.FISH: _fish,
    Shape.CAT: _cat,
    Shape.DOG: _dog,
    Shape.DRAGON: _dragon,
    Shape.BUTTERFLY: _butterfly,
    Shape.JELLYFISH: _jellyfish,
    Shape.PERSON: _person,
}
