"""The places: layers of land and water, each farther one paler and slower."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from engine.families.sketch.inside import clouds, moon, room
from engine.families.sketch.pen import Pen, Points, mix
from engine.families.sketch.stage import BELOW, Dice, Stage, each, firs, grass, hills
from engine.families.sketch.view import View
from engine.families.sketch.words import RGB, Hour, Place, Weather

HORIZON: Mapping[Place, float] = {
    Place.FIELD: 0.6, Place.SEA: 0.56, Place.FOREST: 0.66, Place.CITY: 0.74, Place.MOUNTAIN: 0.7,
    Place.DESERT: 0.62, Place.SPACE: 1.0, Place.UNDERWATER: 1.0, Place.BEACH: 0.56, Place.MOON: 1.0,
    Place.SKY: 1.0, Place.ROOM: 0.74, Place.BRIDGE: 0.62, Place.LAKE: 0.6,
}  # fmt: skip
"""Where the sky ends, as a share of the height."""
_RIVER: RGB = (40, 104, 146)
_LEAF = 0.03  # how far a weed sways to either side
_DECK, _ARCH = 0.8, 0.62
"""How near a bridge is, and how far its arches are apart."""


def land(stage: Stage, *, front: bool) -> None:
    """Draw what lies behind the things, or with ``front`` what lies before them."""
    _LAND[stage.vision.place](stage, front=front)


class _Land(Protocol):
    def __call__(self, stage: Stage, *, front: bool) -> None: ...


def _field(stage: Stage, *, front: bool) -> None:
    pen, view, light, dice = stage.pen, stage.view, stage.light, stage.dice
    if not front:
        for layer, (near, base, rise) in enumerate(((0.12, 0.6, 0.1), (0.3, 0.68, 0.09), (0.55, 0.77, 0.07))):
            if layer == 2:  # noqa: PLR2004 - the nearest hill hides their feet
                firs(stage, light.depth(0.52), near=0.45, base=0.76, every=0.21, high=0.13, kind=3)
            pen.fill(hills(view, near, base, rise, dice, layer), light.depth(near + 0.1))
        return
    pen.fill(hills(view, 0.9, 0.9, 0.04, dice, 5), light.depth(1.0))
    grass(pen, view, mix(light.depth(1.0), (0, 0, 0), 0.18), dice, base=0.96)


def _forest(stage: Stage, *, front: bool) -> None:
    pen, view, light, dice = stage.pen, stage.view, stage.light, stage.dice
    layers = ((0.12, 0.66, 0.12, 0.36, 0.0), (0.3, 0.72, 0.17, 0.5, 0.25), (0.52, 0.8, 0.26, 0.62, 0.5))
    if not front:
        for layer, (near, base, every, high, tone) in enumerate(layers):
            colour = light.depth(tone)
            firs(stage, colour, near=near, base=base, every=every, high=high, kind=5 * layer)
            pen.fill(hills(view, near, base, 0.04, dice, layer), colour)
        pen.fill(hills(view, 0.75, 0.88, 0.04, dice, 8), light.depth(0.8))
        return
    firs(stage, light.depth(1.0), near=1.0, base=1.1, every=0.3, high=0.36, kind=21, front=True)
    grass(pen, view, light.depth(1.0), dice, base=0.98)


def _mountain(stage: Stage, *, front: bool) -> None:
    pen, view, light, dice = stage.pen, stage.view, stage.light, stage.dice
    if front:
        firs(stage, light.depth(1.0), near=0.95, base=0.97, every=0.13, high=0.14, kind=11, front=True)
        pen.fill(hills(view, 0.95, 0.96, 0.03, dice, 8), light.depth(1.0))
        return
    for layer, (near, base, rise, rough) in enumerate(
        ((0.08, 0.6, 0.1, 0.3), (0.22, 0.72, 0.1, 0.22), (0.45, 0.84, 0.08, 0.1))
    ):
        rock = light.depth(0.2 + near)
        ridge = hills(view, near, base, rise, dice, layer, rough)
        pen.fill(ridge, rock)
        if layer < 2:  # noqa: PLR2004 - the near ridge is too low for snow
            _snowcap(pen, ridge, base * view.height, view.height, mix(light.white, rock, 0.25 + 0.2 * layer))


def _snowcap(pen: Pen, ridge: Points, base: float, height: int, colour: RGB) -> None:
    """Snow lies on a ridge the deeper the higher it rises above ``base``, in pixels."""
    crest = ridge[:-2]
    depth = np.clip((base - 0.14 * height - crest[:, 1]) * 0.4, 0, 0.055 * height)
    ripple = 1 + 0.3 * np.sin(np.arange(len(crest)) * 1.9)
    pen.fill(
        np.concatenate([crest, np.stack([crest[:, 0], crest[:, 1] + depth * ripple], axis=1)[::-1]]), colour
    )


def _desert(stage: Stage, *, front: bool) -> None:
    pen, view, light, dice = stage.pen, stage.view, stage.light, stage.dice
    if front:
        pen.fill(hills(view, 0.95, 0.93, 0.05, dice, 5), light.depth(1.0))
        return
    for layer, (near, base, rise) in enumerate(((0.1, 0.62, 0.1), (0.28, 0.7, 0.13), (0.5, 0.79, 0.1))):
        dune = hills(view, near, base, rise, dice, layer + 2)
        pen.fill(dune, light.depth(near + 0.1))
        rim = dune[:-2]
        lit = np.concatenate([rim, rim[::-1] + np.array([0.03, 0.05]) * view.height])
        pen.blend(lit, light.lamp, 0.16)
    for index in each(view, 0.5, 0.7, 0.3):
        x, high = (index + 0.6 * dice.at(index, 4)) * 0.7, 0.13 + 0.08 * dice.at(index, 5)
        green = mix(light.depth(0.8), (40, 92, 70), 0.6)
        wide = 0.028 * view.height * view.scale(0.5)
        pen.line(view.put([x, x], [0.84, 0.8 - high], 0.5), wide, green)
        for side, lift in ((-1, 0.35), (1, 0.55)):
            arm = view.put(
                [x, x + 0.05 * side, x + 0.05 * side],
                [0.8 - high * lift, 0.8 - high * lift, 0.8 - high * (lift + 0.35)],
                0.5,
            )
            pen.line(arm, wide * 0.75, green)


def _sea(stage: Stage, *, front: bool) -> None:
    pen, view, vision, light, dice = stage.pen, stage.view, stage.vision, stage.light, stage.dice
    shore = vision.place is Place.BEACH
    rows = (0.04, 0.1, 0.18, 0.28, 0.4, 0.55) if not front else () if shore else (0.74, 0.92)
    if not front:
        pen.fill(hills(view, 0.05, 0.575, 0.05, dice, 1), light.depth(0.15))
        left, right = view.span(0.0, 0.05)
        pen.fill(view.put([left, right, right, left], [0.56, 0.56, BELOW, BELOW], 0.03), light.depth(0.1))
    for row in rows:
        left, right = view.span(row, 0.05)
        x = np.linspace(left, right, 120)
        swell = 0.006 + 0.03 * row
        turn = view.seconds * (0.7 + 0.5 * dice.at(round(row * 100), 3)) + 6 * dice.at(round(row * 100), 1)
        y = (
            0.565
            + 0.42 * row
            + swell
            * (np.sin(x * (14 - 9 * row) + turn) * 0.6 + np.sin(x * (23 - 14 * row) - turn * 1.3) * 0.3)
        )
        crest = view.put(x, y, row)
        corners = view.put([right, left], [BELOW, BELOW], row)
        pen.fill(np.concatenate([crest, corners]), light.depth(0.12 + 0.8 * row))
        pen.line(
            crest, view.height * (0.002 + 0.004 * row), mix(light.depth(0.12 + 0.8 * row), light.white, 0.45)
        )
    if shore and not front:
        sand = mix((226, 194, 146), *light.dim)
        beach = hills(view, 0.8, 0.83, 0.035, dice, 4)
        pen.line(beach[:-2], view.height * 0.014, mix(sand, light.white, 0.6))
        pen.fill(beach, sand)


def _lake(stage: Stage, *, front: bool) -> None:
    """Still water between two banks, as a lake's and a river's is."""
    pen, view, light, dice = stage.pen, stage.view, stage.light, stage.dice
    if front:
        grass(pen, view, mix(light.depth(1.0), (0, 0, 0), 0.18), dice, base=0.99)
        return
    for layer, (near, base, rise) in enumerate(((0.1, 0.56, 0.12), (0.22, 0.6, 0.06))):
        pen.fill(hills(view, near, base, rise, dice, layer), light.depth(near + 0.1))
    far = light.depth(0.42)
    firs(stage, far, near=0.3, base=0.625, every=0.09, high=0.12, kind=4)
    pen.fill(hills(view, 0.3, 0.62, 0.012, dice, 3), far)
    water = mix(mix(_RIVER, *light.dim), light.white, 0.62 if Weather.SNOW in stage.vision.weather else 0.06)
    ends = view.span(0.32, 0.05)
    pen.fill(view.put([*ends, *ends[::-1]], [0.635, 0.635, BELOW, BELOW], 0.32), water)
    pen.fill(view.put([*ends, *ends[::-1]], [0.635, 0.635, 0.655, 0.655], 0.32), mix(water, far, 0.55))
    _ripples(stage, mix(water, light.white, 0.4))
    bank = hills(view, 0.8, 0.835, 0.03, dice, 6)
    pen.line(bank[:-2], view.height * 0.012, mix(light.depth(0.9), (92, 70, 44), 0.45))
    pen.fill(bank, light.depth(0.9))


def _ripples(stage: Stage, colour: RGB) -> None:
    """Short bright lines that drift along the water, longer and farther apart the nearer they are."""
    pen, view, dice = stage.pen, stage.view, stage.dice
    for row in range(5):
        near, every = 0.36 + 0.07 * row, 0.22 + 0.06 * row
        y = 0.67 + 0.034 * row
        gone = view.seconds * (0.012 + 0.004 * row)
        for index in each(view, near, every, 0.6):
            half = every * (0.1 + 0.14 * dice.at(index, row))
            x = (index + 0.7 * dice.at(index, row + 6)) * every + gone
            half *= 0.75 + 0.25 * math.sin(view.seconds * 1.1 + index * 2.1 + row)
            shift = 0.012 * (dice.at(index, row + 12) - 0.5)
            pen.line(view.put([x - half, x + half], [y + shift] * 2, near), view.height * 0.0035, colour)


def _city(stage: Stage, *, front: bool) -> None:
    pen, view, vision, light, dice = stage.pen, stage.view, stage.vision, stage.light, stage.dice
    lit = 0.2 if vision.hour is Hour.DAY else 0.5
    if front:
        return
    for layer, (near, every, high, tone) in enumerate(
        ((0.1, 0.09, 0.5, 0.1), (0.25, 0.13, 0.42, 0.4), (0.5, 0.2, 0.3, 0.75))
    ):
        wall = light.depth(tone)
        walls, panes = [], []
        for index in each(view, near, every, 0.2):
            x, wide = index * every, every * (0.7 + 0.28 * dice.at(index, layer))
            top = 0.93 - high * (0.35 + 0.75 * dice.at(index, layer + 3))
            walls.append(view.put([x, x + wide, x + wide, x], [top, top, BELOW, BELOW], near))
            if dice.at(index, layer + 6) > 0.7:  # noqa: PLR2004 - three of ten have a mast
                walls.append(
                    view.put(
                        [x + wide / 2 - 0.003, x + wide / 2, x + wide / 2 + 0.003],
                        [top, top - 0.07, top],
                        near,
                    )
                )
            if layer:
                panes += _windows(view, near, (x, top, wide), 0.02 + 0.008 * layer, dice, index, lit)
        pen.fill_all(walls, wall)
        pen.fill_all(panes, mix(wall, (255, 214, 130), 0.35 + 0.25 * layer))
    _street(stage)


def _street(stage: Stage) -> None:
    """Behind the things, which stand and drive on it."""
    pen, view, light = stage.pen, stage.view, stage.light
    left, right = view.span(0.9, 0.05)
    street = mix(light.depth(1.0), (20, 20, 34), 0.35)
    pen.fill(view.put([left, right, right, left], [0.88, 0.88, BELOW, BELOW], 0.9), street)
    dashes = [
        view.put([i * 0.3, i * 0.3 + 0.14, i * 0.3 + 0.14, i * 0.3], [0.93, 0.93, 0.938, 0.938], 0.9)
        for i in each(view, 0.9, 0.3, 0.2)
    ]
    pen.fill_all(dashes, mix(street, light.lamp, 0.5))


def _windows(
    view: View, near: float, wall: tuple[float, float, float], step: float, dice: Dice, index: int, lit: float
) -> list[Points]:
    x, top, wide = wall
    columns, rows = int(wide / step) - 1, min(14, int((0.9 - top) / step / 1.4))
    gap = (wide - columns * step) / 2
    return [
        view.put(
            [left, left + step * 0.5, left + step * 0.5, left],
            [high, high, high + step * 0.75, high + step * 0.75],
            near,
        )
        for row in range(rows)
        for column in range(columns)
        if dice.at(index * 17 + row * 5, column + 40) < lit
        for left, high in [(x + gap + (column + 0.25) * step, top + (row + 0.6) * step * 1.4)]
    ]


def _space(stage: Stage, *, front: bool) -> None:
    pen, view, dice = stage.pen, stage.view, stage.dice
    if front:
        return
    for cloud in range(5):
        centre = view.put(view.aspect * dice.at(cloud, 1), 0.1 + 0.8 * dice.at(cloud, 2), 0.05)[0]
        colour = ((170, 60, 150), (60, 80, 190), (40, 140, 160))[cloud % 3]
        pen.glow(centre[0], centre[1], view.height * (0.4 + 0.3 * dice.at(cloud, 3)), colour, 0.4)
    x, y = view.put(view.aspect * (0.2 + 0.6 * dice.at(1, 7)), 0.24 + 0.5 * dice.at(1, 8), 0.3)[0]
    radius = view.unit * (0.12 + 0.06 * dice.at(1, 9)) * view.scale(0.3)
    body = ((214, 140, 96), (110, 150, 214), (186, 120, 190), (120, 180, 150))[int(dice.at(1, 10) * 4)]
    centre = np.array([x, y])
    pen.glow(x, y, radius * 2.2, body, 0.35)
    turn = np.linspace(0, 2 * math.pi, 90)
    ring = np.stack(
        [radius * 1.75 * np.cos(turn), radius * (0.34 * np.sin(turn) - 0.3 * np.cos(turn))], axis=1
    )
    dust = mix(body, (255, 244, 226), 0.5)
    pen.line(ring + centre, radius * 0.09, dust)
    pen.disc(x, y, radius, body)
    edge = np.linspace(-0.5 * math.pi, 0.5 * math.pi, 40)
    night = np.concatenate([
        np.stack([radius * np.cos(edge), radius * np.sin(edge)], axis=1),
        np.stack([0.45 * radius * np.cos(edge), radius * np.sin(edge)], axis=1)[::-1],
    ])  # fmt: skip
    pen.blend(night + centre, (14, 10, 34), 0.55)
    pen.line(ring[:45] + centre, radius * 0.09, dust)


def _underwater(stage: Stage, *, front: bool) -> None:
    pen, view, light, dice = stage.pen, stage.view, stage.light, stage.dice
    if not front:
        for ray in range(5):
            x = view.aspect * (ray + 0.2 + 0.6 * dice.at(ray, 1)) / 5 + 0.05 * math.sin(
                view.seconds * 0.5 + ray
            )
            wide = 0.04 + 0.05 * dice.at(ray, 2)
            beam = view.put([x, x + wide, x + wide * 3 + 0.3, x + 0.12], [-0.1, -0.1, 1.1, 1.1], 0.1)
            pen.blend(beam, (190, 240, 230), 0.1 + 0.03 * math.sin(view.seconds * 0.8 + ray * 2))
    layers = ((0.15, 0.86, 0.1), (0.4, 0.92, 0.09)) if not front else ((0.95, 1.0, 0.06),)
    for layer, (near, base, rise) in enumerate(layers):
        colour = mix(light.sky[1], light.ground, 0.25 + 0.75 * near)
        _weed(stage, mix(colour, (40, 150, 110), 0.3), near, base, front=front)
        pen.fill(hills(view, near, base, rise, dice, layer + 5 * front), colour)


def _weed(stage: Stage, colour: RGB, near: float, base: float, *, front: bool) -> None:
    """Tall leaves that sway from the root up; in ``front`` none is before a thing."""
    pen, view, dice = stage.pen, stage.view, stage.dice
    every = 0.11 + 0.1 * near
    along = np.linspace(0, 1, 10)
    for index in each(view, near, every, 0.2):
        x = (index + dice.at(index, 60)) * every
        if front and stage.hides(x, _LEAF):
            continue
        high = (0.12 + 0.2 * dice.at(index, 61)) * (0.7 + 0.6 * near)
        lean = 0.05 * along**1.3 * np.sin(view.seconds * 1.1 + index * 1.7 - along * 2.6)
        half = 0.016 * (0.6 + near) * (1 - along) ** 0.7
        y = base + 0.06 - (high + 0.06) * along
        pen.fill(
            view.put(
                np.concatenate([x + lean - half, (x + lean + half)[::-1]]), np.concatenate([y, y[::-1]]), near
            ),
            colour,
        )


def _bridge(stage: Stage, *, front: bool) -> None:
    """A road of stone over a river: things stand between its two walls."""
    pen, view, light, dice = stage.pen, stage.view, stage.light, stage.dice
    stone = light.depth(0.95)
    left, right = view.span(_DECK, 0.05)

    def course(top: float, low: float, colour: RGB) -> None:
        pen.fill(view.put([left, right, right, left], [top, top, low, low], _DECK), colour)

    if front:
        course(0.772, 0.8, mix(stone, light.white, 0.2))
        return
    pen.fill(hills(view, 0.08, 0.62, 0.12, dice, 1), light.depth(0.12))
    pen.fill(hills(view, 0.2, 0.69, 0.08, dice, 2), light.depth(0.3))
    river = mix(_RIVER, *light.dim)
    ends = view.span(0.35, 0.05)
    pen.fill(view.put([*ends, *ends[::-1]], [0.72, 0.72, BELOW, BELOW], 0.35), river)
    pen.fill_all(
        [view.put([x, x + 0.02, x + 0.02, x], [0.67, 0.67, 0.77, 0.77], _DECK) for x in _beside(view, 0.075)],
        mix(stone, light.white, 0.12),
    )
    course(0.655, 0.672, mix(stone, light.white, 0.3))
    course(0.735, BELOW, stone)
    turn = np.linspace(math.pi, 2 * math.pi, 24)
    arches = [
        view.put(
            [x, *(x + _ARCH * 0.4 * (1 + np.cos(turn))), x + _ARCH * 0.8],
            [BELOW, *(1.0 + 0.15 * np.sin(turn)), BELOW],
            _DECK,
        )
        for x in _beside(view, _ARCH)
    ]
    pen.fill_all(arches, mix(river, (10, 14, 40), 0.25))


def _beside(view: View, every: float) -> list[float]:
    """Where the posts and the arches of a bridge are that can be seen."""
    return [index * every for index in each(view, _DECK, every, 0.3)]


_LAND: Mapping[Place, _Land] = {
    Place.FIELD: _field, Place.SEA: _sea, Place.FOREST: _forest, Place.CITY: _city, Place.MOUNTAIN: _mountain,
    Place.DESERT: _desert, Place.SPACE: _space, Place.UNDERWATER: _underwater, Place.BEACH: _sea,
    Place.MOON: moon, Place.SKY: clouds, Place.ROOM: room, Place.BRIDGE: _bridge,
    Place.LAKE: _lake,
}  # fmt: skip
