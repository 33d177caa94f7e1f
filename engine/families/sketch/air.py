"""What is in the air: sun, moon, stars, clouds, and all that falls or drifts."""

from __future__ import annotations

import math

import numpy as np

from engine.families.sketch.light import Light
from engine.families.sketch.pen import Pen, mix
from engine.families.sketch.places import HORIZON
from engine.families.sketch.stage import Dice, Stage
from engine.families.sketch.view import View
from engine.families.sketch.words import RGB, Hour, Place, Shape, Vision, Weather

_CLEAR = 0.35  # the share of a fair sky without clouds
_AIRLESS = frozenset({Place.SPACE, Place.MOON})
_RAINBOW: tuple[RGB, ...] = (
    (232, 78, 74), (246, 146, 62), (250, 214, 92), (106, 190, 104), (86, 164, 226), (96, 108, 200),
    (152, 104, 196),
)  # fmt: skip
_FALLEN_LEAVES: tuple[RGB, ...] = ((226, 140, 70), (206, 92, 64), (236, 186, 88))


def sky(stage: Stage) -> None:
    """Draw what stands or sails in the sky, behind all land."""
    pen, view, vision, light, dice = stage.pen, stage.view, stage.vision, stage.light, stage.dice
    if vision.place in {Place.UNDERWATER, Place.ROOM}:
        return
    shapes = {subject.shape for subject in vision.subjects if subject.shape is not None}
    if vision.hour is Hour.NIGHT or vision.place in _AIRLESS or Shape.STAR in shapes:
        _stars(pen, view, dice)
    if vision.place not in _AIRLESS or shapes & {Shape.SUN, Shape.MOON}:
        _sun_or_moon(pen, view, vision, light, dice, moon=_has_moon(vision, shapes))
    if Weather.AURORA in vision.weather:
        _aurora(pen, view, dice)
    if vision.place not in _AIRLESS:
        _clouds(pen, view, vision, light, dice)
    if any(subject.thing == "rainbow" for subject in vision.subjects):
        _rainbow(pen, view, light)


def _aurora(pen: Pen, view: View, dice: Dice) -> None:
    """Three curtains of light that wave, brighter at their lower edge."""
    left, right = view.span(0.03, 0.1)
    x = np.linspace(left, right, 90)
    for curtain, colour in enumerate(((92, 232, 160), (70, 200, 190), (170, 110, 220))):
        turn = view.seconds * (0.35 + 0.1 * curtain) + 6 * dice.at(curtain, 17)
        low = 0.4 - 0.09 * curtain + 0.05 * np.sin(2.4 * x + turn) + 0.02 * np.sin(6.1 * x - 1.7 * turn)
        for high, share in ((0.07, 0.24), (0.15, 0.18), (0.26, 0.12)):
            top = low - high * (1 + 0.3 * np.sin(9 * x + 2 * turn))
            outline = view.put(np.concatenate([x, x[::-1]]), np.concatenate([low, top[::-1]]), 0.03)
            pen.blend(outline, colour, share)


def _rainbow(pen: Pen, view: View, light: Light) -> None:
    """Seven bands of a wide arc, half clear, before the sky and behind the land."""
    turn = np.linspace(math.pi, 2 * math.pi, 80)
    arc = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    for band, colour in enumerate(_RAINBOW):
        outer, inner = (0.58 - 0.028 * (band + edge) for edge in (0, 1))
        ring = np.concatenate([arc * outer, arc[::-1] * inner]) * (1.12, 1.0) + (view.aspect / 2, 0.72)
        pen.blend(view.put(ring[:, 0], ring[:, 1], 0.06), mix(colour, light.haze, 0.12), 0.62)


def _has_moon(vision: Vision, shapes: set[Shape]) -> bool:
    if Shape.MOON in shapes:
        return True
    return vision.hour is Hour.NIGHT and Shape.SUN not in shapes


def _stars(pen: Pen, view: View, dice: Dice) -> None:
    for star in range(90):
        near = 0.02 + 0.1 * dice.at(star, 4)
        x = (dice.at(star, 1) * 1.4 - 0.2) * view.aspect - 0.01 * view.seconds
        spot = view.put(x, dice.at(star, 2) ** 1.3, near)[0]
        twinkle = 0.55 + 0.35 * math.sin(view.seconds * (0.8 + dice.at(star, 5)) + 9 * dice.at(star, 6))
        radius = view.unit * (0.0012 + 0.0032 * dice.at(star, 3) ** 3) * (0.7 + 0.4 * twinkle)
        pen.disc(spot[0], spot[1], radius, mix((90, 104, 160), (255, 250, 235), twinkle))


def _sun_or_moon(pen: Pen, view: View, vision: Vision, light: Light, dice: Dice, *, moon: bool) -> None:
    low = vision.hour in {Hour.SUNSET, Hour.DAWN} and not moon
    height = HORIZON[vision.place] * (0.72 if low else 0.3) - 0.012 * view.seconds * (-1 if low else 1)
    x, y = view.put(view.aspect * (0.22 + 0.56 * dice.at(3, 90)), height, 0.04)[0]
    radius = view.unit * (0.085 if low else 0.062)
    hidden = 0.45 if vision.weather & {Weather.STORM, Weather.RAIN, Weather.FOG} else 1.0
    pen.glow(x, y, radius * 6.5, mix(light.sky[2], light.lamp, 0.6), (0.2 if moon else 0.4) * hidden)
    pen.glow(x, y, radius * 2.4, light.lamp, 0.35 * hidden)
    face: RGB = (240, 240, 226) if moon else (255, 226, 150) if low else (255, 246, 214)
    face = mix(light.sky[1], face, 0.35 + 0.65 * hidden)
    pen.disc(x, y, radius, face)
    if moon:
        for crater in range(3):
            turn = 2 * math.pi * dice.at(crater, 91)
            reach = radius * (0.25 + 0.35 * dice.at(crater, 92))
            spot = (x + reach * math.cos(turn), y + reach * math.sin(turn))
            pen.disc(*spot, radius * (0.1 + 0.1 * dice.at(crater, 93)), mix(face, light.sky[1], 0.18))


def _clouds(pen: Pen, view: View, vision: Vision, light: Light, dice: Dice) -> None:
    heavy = bool(vision.weather & {Weather.STORM, Weather.RAIN, Weather.SNOW})
    speed = 0.03 * (3 if vision.weather & {Weather.WIND, Weather.STORM} else 1)
    every = 0.34 if heavy else 0.62
    for row, near in enumerate((0.05, 0.16)):
        shift = view.seconds * speed * (0.6 + row)
        left, right = view.span(near, 0.4)
        for index in range(math.floor((left - shift) / every), math.ceil((right - shift) / every) + 1):
            if not heavy and dice.at(index, row + 70) < _CLEAR:
                continue
            x = (index + 0.6 * dice.at(index, row + 71)) * every + shift
            y = HORIZON[vision.place] * (0.16 + 0.32 * row + 0.2 * dice.at(index, row + 72))
            size = (0.05 + 0.04 * dice.at(index, row + 73)) * (1.4 if heavy else 1.0) * (0.8 + 0.3 * row)
            colour = mix(light.sky[1], light.white, 0.3 + 0.15 * row)
            _cloud(pen, view, (x, y, size), near, colour, dice, index)


def _cloud(
    pen: Pen, view: View, place: tuple[float, float, float], near: float, colour: RGB, dice: Dice, index: int
) -> None:
    """A row of puffs on a flat foot."""
    x, y, size = place
    scale = view.height * view.scale(near)
    for puff in range(5):
        along = (puff - 2) / 2
        radius = size * (0.95 - 0.5 * abs(along)) * (0.75 + 0.4 * dice.at(index, puff + 80))
        spot = view.put(x + along * size * 1.9, y - radius * 0.6, near)[0]
        pen.disc(spot[0], spot[1], radius * scale, colour)
    ends = view.put([x - size * 2.2, x + size * 2.2], [y - size * 0.16, y - size * 0.16], near)
    pen.line(ends, size * 0.36 * scale, colour)


def weather(stage: Stage) -> None:
    """Draw what falls or drifts before everything else."""
    pen, view, vision, light, dice = stage.pen, stage.view, stage.vision, stage.light, stage.dice
    falls = vision.weather
    if vision.place in _AIRLESS | {Place.ROOM}:
        return
    if vision.place is Place.UNDERWATER:
        bubbles = (mix(light.sky[0], (240, 255, 255), 0.5),)
        _drift(pen, view, dice, rise=0.14, count=36, colours=bubbles, ring=True)
        return
    if Weather.FOG in falls:
        _fog(pen, view, light)
    if falls & {Weather.RAIN, Weather.STORM}:
        _rain(pen, view, light, dice, slant=0.22 if Weather.STORM in falls else 0.08)
    if Weather.SNOW in falls:
        flakes = (mix(light.sky[1], (250, 252, 255), 0.8), mix(light.sky[1], (250, 252, 255), 0.55))
        _drift(pen, view, dice, rise=-0.17, count=110, colours=flakes)
    if falls & {Weather.WIND, Weather.AUTUMN}:
        _leaves(pen, view, light, dice)
    if not falls:
        _fair(stage)


def _fair(stage: Stage) -> None:
    """Fireflies in a warm night, else a little dust in the light: the air is never dead."""
    pen, view, vision, light, dice = stage.pen, stage.view, stage.vision, stage.light, stage.dice
    if vision.hour is Hour.NIGHT and vision.place in {Place.FIELD, Place.FOREST}:
        _fireflies(pen, view, dice)
    else:
        _drift(pen, view, dice, rise=0.03, count=16, colours=(mix(light.sky[2], (255, 250, 230), 0.6),))


def _fog(pen: Pen, view: View, light: Light) -> None:
    turn = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    for bank in range(4):
        x = _wrapped(0.35 * bank + 0.1 * view.seconds * (0.5 + 0.3 * bank), view.aspect, 1.0)
        for wide in (1.0, 0.8, 0.6):
            band = 0.5 + 0.11 * bank + 0.09 * wide * np.sin(turn)
            pen.blend(view.put(x + 0.9 * wide * np.cos(turn), band, 0.3), light.haze, 0.14)


def gleam(view: View, vision: Vision) -> float:
    """How much brighter far lightning makes the sky just now, 0 … 0.06: a slow swell, never a flash."""
    if Weather.STORM not in vision.weather:
        return 0.0
    return 0.06 * math.sin(math.pi * view.seconds / 4) ** 4


def _rain(pen: Pen, view: View, light: Light, dice: Dice, slant: float) -> None:
    colour = mix(light.haze, (232, 240, 250), 0.5)
    for drop in range(120):
        near = 0.35 + 0.65 * dice.at(drop, 1)
        fallen = (dice.at(drop, 2) + view.seconds * (0.7 + 0.5 * near)) % 1.3 - 0.15
        x = _wrapped(
            dice.at(drop, 3) * (view.aspect + 0.4) + slant * fallen - view.x * near, view.aspect, 0.2
        )
        long = 0.03 + 0.05 * near
        top = (x * view.height, fallen * view.height)
        foot = ((x + slant * long) * view.height, (fallen + long) * view.height)
        pen.line([top, foot], view.unit * 0.0028 * near, mix(light.haze, colour, near))


def _drift(
    pen: Pen, view: View, dice: Dice, *, rise: float, count: int, colours: tuple[RGB, ...], ring: bool = False
) -> None:
    """Round things that float up, or with a negative ``rise`` (heights per second) sink."""
    for one in range(count):
        near = 0.25 + 0.75 * dice.at(one, 11) ** 1.5
        y = (dice.at(one, 12) - view.seconds * rise * (0.5 + 0.7 * near)) % 1.2 - 0.1
        sway = 0.03 * math.sin(view.seconds * (0.7 + dice.at(one, 13)) + one)
        x = _wrapped(dice.at(one, 14) * (view.aspect + 0.2) + sway - view.x * near, view.aspect, 0.1)
        radius = view.unit * (0.0025 + 0.0085 * near * dice.at(one, 15))
        colour = colours[one % len(colours)]
        pen.disc(x * view.height, y * view.height, radius, colour)
        if ring:
            spot = (x * view.height + radius * 0.25, y * view.height - radius * 0.25)
            pen.disc(*spot, radius * 0.45, mix(colour, (255, 255, 255), 0.6))


def _leaves(pen: Pen, view: View, light: Light, dice: Dice) -> None:
    for leaf in range(34):
        near = 0.4 + 0.6 * dice.at(leaf, 21)
        turn = view.seconds * (1.2 + dice.at(leaf, 22)) + 6 * dice.at(leaf, 23)
        y = (dice.at(leaf, 24) + 0.06 * view.seconds * near + 0.03 * math.sin(turn)) % 1.1 - 0.05
        x = _wrapped(
            dice.at(leaf, 25) * (view.aspect + 0.2) + (0.28 * near * view.seconds) - view.x * near,
            view.aspect,
            0.1,
        )
        long, wide = view.unit * 0.017 * near, view.unit * 0.007 * near * (0.3 + abs(math.cos(turn)))
        axis = np.array([math.cos(turn), math.sin(turn)])
        side = np.array([-axis[1], axis[0]])
        spot = np.array([x * view.height, y * view.height])
        points = [spot - long * axis, spot + wide * side, spot + long * axis, spot - wide * side]
        pen.fill(points, mix(_FALLEN_LEAVES[leaf % 3], light.dim[0], light.dim[1] * 0.5))


def _fireflies(pen: Pen, view: View, dice: Dice) -> None:
    for fly in range(18):
        near = 0.4 + 0.6 * dice.at(fly, 31)
        turn = view.seconds * (0.5 + 0.4 * dice.at(fly, 32)) + 6 * dice.at(fly, 33)
        x = _wrapped(
            dice.at(fly, 34) * (view.aspect + 0.2) + 0.1 * math.cos(turn) - view.x * near, view.aspect, 0.1
        )
        y = 0.58 + 0.36 * dice.at(fly, 35) + 0.05 * math.sin(turn * 1.7)
        bright = 0.5 + 0.35 * math.sin(turn * 2)
        spot = (x * view.height, y * view.height)
        pen.glow(*spot, view.unit * 0.05 * near, (220, 240, 110), round(0.6 * bright * 16) / 16)
        pen.disc(*spot, view.unit * 0.004 * near, (246, 250, 180))


def _wrapped(x: float, aspect: float, margin: float) -> float:
    """Let what leaves the frame on one side come back on the other, unseen."""
    return (x + margin) % (aspect + 2 * margin) - margin
