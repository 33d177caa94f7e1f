"""Three places that are not out on the land: the ground of the moon, above the clouds, and a room."""

from __future__ import annotations

import math

import numpy as np

from engine.families.sketch.pen import Points, mix
from engine.families.sketch.stage import BELOW, Stage, each, hills
from engine.families.sketch.words import Hour, Weather

_FLOOR = 0.74  # where a room's wall ends


def moon(stage: Stage, *, front: bool) -> None:
    """Grey hills with craters under a black sky, and the Earth above them."""
    pen, view, light, dice = stage.pen, stage.view, stage.light, stage.dice
    if front:
        return
    earth_x, earth_y = view.put(view.aspect * (0.16 + 0.12 * dice.at(1, 7)), 0.22, 0.05)[0]
    radius = view.unit * 0.1
    pen.glow(earth_x, earth_y, radius * 2.2, (90, 150, 240), 0.4)
    pen.disc(earth_x, earth_y, radius, (66, 124, 206))
    for land in range(4):
        round_ = 2.2 * land + 6 * dice.at(land, 8)
        spot = (earth_x + 0.5 * radius * math.cos(round_), earth_y + 0.5 * radius * math.sin(round_))
        pen.disc(*spot, radius * (0.2 + 0.18 * dice.at(land, 9)), (92, 168, 104))
    dust = mix(light.ground, (206, 206, 214), 0.35)
    for layer, (near, base) in enumerate(((0.15, 0.68), (0.4, 0.74), (0.8, 0.82))):
        pen.fill(hills(view, near, base, 0.05, dice, layer), mix((30, 30, 48), dust, 0.4 + 0.6 * near))
    for index in each(view, 0.8, 0.34, 0.2):
        middle, y = (index + 0.7 * dice.at(index, 61)) * 0.34, 0.87 + 0.09 * dice.at(index, 62)
        wide = 0.03 + 0.05 * dice.at(index, 63)
        turn = np.linspace(0, 2 * math.pi, 28, endpoint=False)
        for grown, colour in ((1.0, mix(dust, (40, 40, 60), 0.35)), (0.82, mix(dust, (24, 24, 44), 0.5))):
            across, down = grown * wide * np.cos(turn), 0.3 * grown * wide * np.sin(turn)
            pen.fill(view.put(middle + across, y + down, 0.8), colour)


def clouds(stage: Stage, *, front: bool) -> None:
    """Banks of cloud seen from above, one behind the other."""
    pen, view, light, dice = stage.pen, stage.view, stage.light, stage.dice
    rows = ((0.12, 0.8), (0.3, 0.87)) if not front else ((0.8, 1.0),)
    for row, (near, base) in enumerate(rows):
        colour = mix(light.sky[2], light.white, 0.35 + 0.5 * near)
        every = 0.16 + 0.1 * near
        for index in each(view, near, every, 0.3):
            x = (index + 0.5 * dice.at(index, row + 64)) * every
            size = (0.09 + 0.07 * dice.at(index, row + 66)) * (0.8 + 0.5 * near)
            spot = view.put(x, base + 0.03 * math.sin(view.seconds * 0.5 + index), near)[0]
            pen.disc(spot[0], spot[1], size * view.height * view.scale(near), colour)
        left, right = view.span(near, 0.05)
        pen.fill(view.put([left, right, right, left], [base, base, BELOW, BELOW], near), colour)


def room(stage: Stage, *, front: bool) -> None:
    """A wall with a window and a picture, a floor of boards, a carpet."""
    pen, view, light, dice = stage.pen, stage.view, stage.light, stage.dice
    if front:
        return
    walls = ((214, 186, 160), (166, 190, 186), (196, 176, 200), (206, 196, 150))
    tone, share = light.dim
    wall = mix(walls[int(dice.at(2, 68) * 4)], tone, share)
    floor = mix((158, 110, 78), tone, share)
    left, right = view.span(0.1, 0.3)
    pen.fill(view.put([left, right, right, left], [-0.6, -0.6, _FLOOR + 0.02, _FLOOR + 0.02], 0.1), wall)
    for index in each(view, 0.1, 0.16, 0.2):
        stripe = [index * 0.16, index * 0.16 + 0.07]
        pen.blend(
            view.put([*stripe, *stripe[::-1]], [-0.6, -0.6, _FLOOR, _FLOOR], 0.1), (255, 250, 240), 0.06
        )
    _window(stage, view.aspect * (0.2 if dice.at(4, 69) < 0.5 else 0.8))  # noqa: PLR2004 - a side by chance
    pen.fill(view.put([left, right, right, left], [_FLOOR, _FLOOR, BELOW, BELOW], 0.4), floor)
    skirting = view.put([left, right, right, left], [_FLOOR - 0.025, _FLOOR - 0.025, _FLOOR, _FLOOR], 0.12)
    pen.fill(skirting, mix(wall, (255, 250, 240), 0.35))
    for board in range(1, 5):
        y = _FLOOR + 0.26 * (board / 5) ** 1.4
        pen.line(view.put([left, right], [y, y], 0.4), view.height * 0.003, mix(floor, (40, 24, 24), 0.3))
    turn = np.linspace(0, 2 * math.pi, 60)
    for grown, colour in ((1.0, (150, 74, 84)), (0.88, (196, 112, 104)), (0.6, (160, 84, 92))):
        across, down = 0.46 * grown * np.cos(turn), 0.09 * grown * np.sin(turn)
        pen.fill(view.put(view.aspect / 2 + across, 0.87 + down, 0.7), mix(colour, tone, share))


def _window(stage: Stage, x: float) -> None:
    """A window that shows the sky of the hour, and what falls from it."""
    pen, view, vision, light = stage.pen, stage.view, stage.vision, stage.light
    frame = mix(light.white, *light.dim)

    def pane(half: float, top: float, low: float) -> Points:
        return view.put([x - half, x + half, x + half, x - half], [top, top, low, low], 0.1)

    pen.fill(pane(0.17, 0.14, 0.52), frame)
    pen.fill(pane(0.15, 0.16, 0.5), light.sky[1])
    if vision.hour is Hour.NIGHT:
        spot = view.put(x + 0.06, 0.24, 0.1)[0]
        pen.disc(spot[0], spot[1], view.unit * 0.03, (240, 240, 226))
    if vision.weather & {Weather.RAIN, Weather.STORM, Weather.SNOW}:
        snow = Weather.SNOW in vision.weather
        for drop in range(16):
            y = 0.17 + (stage.dice.at(drop, 70) + view.seconds * (0.12 if snow else 0.8)) % 1 * 0.31
            spot = view.put(x - 0.14 + 0.28 * stage.dice.at(drop, 71), y, 0.1)[0]
            if snow:
                pen.disc(spot[0], spot[1], view.unit * 0.005, light.white)
            else:
                pen.line([spot, spot + np.array([0, view.height * 0.025])], view.unit * 0.003, light.white)
    pen.fill(pane(0.006, 0.16, 0.5), frame)
    pen.fill(pane(0.15, 0.32, 0.332), frame)
    pen.fill(pane(0.19, 0.52, 0.545), mix(frame, (120, 90, 80), 0.2))
