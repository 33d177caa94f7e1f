"""Bodies for drawings that show a head alone, or a head and shoulders.

Local coordinates as in drawings.py: 1 high, feet at y = 0, facing left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from engine.families.sketch.drawings import Drawing
from engine.families.sketch.gaits import Gait
from engine.families.sketch.pen import Pen, mix
from engine.families.sketch.pose import Pose, curve
from engine.families.sketch.puppet import Look, colours, put
from engine.families.sketch.words import RGB

HEAD = (0.58, 0.0, -0.4)
"""An upright animal's head: its size, and where its own foot is."""
BUST = (0.68, 0.0, -0.3)
"""A person's head and shoulders, likewise."""
FACE = (0.5, 0.0, -0.46)
"""A person's face alone, likewise."""
FRONT = (0.56, -0.25, -0.3)
"""The head of an animal on four legs, likewise."""

FACES = frozenset({
    "person", "man", "woman", "boy", "girl", "child", "baby", "old-man", "old-woman", "older-person",
    "santa-claus", "mrs-claus", "mx-claus", "clown-face", "ogre", "goblin", "man-beard", "person-beard",
    "woman-beard", "cowboy-hat-face", "man-bald", "person-bald", "woman-bald", "man-blonde-hair",
    "woman-blonde-hair", "person-blonde-hair", "man-curly-hair", "woman-curly-hair", "man-red-hair",
    "woman-red-hair", "man-white-hair", "woman-white-hair", "man-wearing-turban", "person-red-hair",
    "person-wearing-turban", "woman-wearing-turban", "person-curly-hair", "person-white-hair",
})  # fmt: skip
"""Drawings of people that end at the chin."""

_SHIRTS: Mapping[str, RGB] = {
    "girl": (158, 104, 200), "woman": (226, 96, 116), "boy": (72, 134, 214), "man": (66, 118, 190),
    "child": (94, 176, 120), "old-woman": (146, 120, 176), "old-man": (112, 130, 120),
    "baby": (150, 206, 236), "santa-claus": (206, 52, 56), "mrs-claus": (206, 52, 56), "ogre": (96, 84, 120),
}  # fmt: skip
_SHIRT: RGB = (238, 128, 66)
_TROUSERS: RGB = (66, 62, 104)
_SHOES: RGB = (52, 42, 56)
_SKIN: RGB = (255, 200, 61)
_LOWER_EDGE, _SHOULDERS = -0.05, -0.5
"""Heights in a bust: what reaches below the first is clothed, if it begins below the second."""
_DARK: RGB = (54, 44, 72)
_OVERLAP = 0.04
"""How far a torso reaches up behind the head: more than a nod or a tilt lifts the head."""


def upright(pen: Pen, head: Drawing, pose: Pose, gait: Gait, look: Look) -> None:
    """An animal's head on a body with two arms and two legs."""
    fur, worn = colours(head, look.colour)[head.main], look.clothes
    limbs = _DARK if head.name == "panda" else mix(fur, (24, 20, 40), 0.16)
    step, swing = _steps(gait)
    for side in (-1, 1):
        foot = (0.1 * side + step * side, -0.03)
        _limb(pen, pose, [(0.09 * side, -0.16), foot], 0.13, look.of(worn.legs or limbs), gait)
        _shoe(pen, pose, foot, 0.12, look, gait)
    pen.fill(_egg(pose, gait, (0, -0.27), 0.21, 0.2), look.of(worn.top or fur))
    if worn.top is None:
        pen.fill(_egg(pose, gait, (-0.02, -0.24), 0.13, 0.14), look.of(mix(fur, (255, 250, 236), 0.45)))
    _skirt(pen, pose, 0.19, look, gait)
    _put_head(pen, head, pose, gait, look, HEAD)
    for side in (-1, 1):
        arm = [
            (0.16 * side, -0.36),
            (0.26 * side, -0.27 - swing * side),
            (0.25 * side, -0.2 - 1.7 * swing * side),
        ]
        if gait.lifts:
            arm[1:] = [(0.34 * side, -0.6), (0.3 * side, -0.98)]
        _limb(pen, pose, arm, 0.085, look.of(_sleeve(look) or limbs), gait)
        if worn.hands or _sleeve(look):
            _limb(
                pen, pose, [arm[2], (arm[2][0], arm[2][1] + 0.01)], 0.09, look.of(worn.hands or limbs), gait
            )


def four_legged(pen: Pen, head: Drawing, pose: Pose, gait: Gait, look: Look) -> None:
    """An animal's head at the front of a body on four legs, with a tail."""
    fur = colours(head, look.colour)[head.main]
    dark = mix(fur, (24, 20, 40), 0.22)
    step, _ = _steps(gait)
    wag = 0.05 * math.sin(gait.beat * 1.4)
    tail = curve([(0.38, -0.34), (0.55, -0.4 + wag), (0.6 + wag, -0.62)])
    pen.line(pose.at(_shaped(tail, gait)), pose.size * 0.1, look.of(dark))
    for x, swing, colour in (
        (-0.16, -step, dark),
        (0.34, step, dark),
        (-0.24, step, fur),
        (0.26, -step, fur),
    ):
        _limb(pen, pose, [(x, -0.26), (x + swing, -0.03)], 0.12, look.of(mix(colour, dark, 0.3)), gait)
    pen.fill(_egg(pose, gait, (0.08, -0.36), 0.36, 0.19), look.of(fur))
    pen.fill(_egg(pose, gait, (0.06, -0.28), 0.26, 0.09), look.of(mix(fur, (255, 250, 236), 0.3)))
    _put_head(pen, head, pose, gait, look, FRONT)


def person(pen: Pen, bust: Drawing, pose: Pose, gait: Gait, look: Look) -> None:
    """A person's head and shoulders, or face, on a body with legs."""
    face, worn = bust.name in FACES, look.clothes
    size, _, foot = FACE if face else BUST
    shirt = worn.top or look.colour or (_SHIRTS.get(bust.name, _SHIRT) if face else _cloth(bust))
    half = 0.16 if face else min(0.26, 0.42 * size * bust.wide)
    step, swing = _steps(gait)
    for side in (-1, 1):
        foot_at = (0.08 * side + step * side, -0.02)
        _limb(pen, pose, [(0.07 * side, -0.2), foot_at], 0.1, look.of(worn.legs or _TROUSERS), gait)
        _limb(pen, pose, [foot_at, (foot_at[0] - 0.04, -0.02)], 0.07, look.of(_SHOES), gait)
        _shoe(pen, pose, foot_at, 0.09, look, gait)
    if face:
        sleeve = mix(_sleeve(look) or (shirt if worn.top is None else _SKIN), (24, 20, 40), 0.15)
        for side in (-1, 1):
            hand = (0.3 * side, -0.98) if gait.lifts else (0.24 * side, -0.24 - 1.6 * swing * side)
            _limb(pen, pose, [(0.13 * side, -0.42), hand], 0.08, look.of(sleeve), gait)
            _limb(pen, pose, [hand, (hand[0], hand[1] + 0.01)], 0.075, look.of(worn.hands or _SKIN), gait)
    top = foot - _OVERLAP
    torso = [(-half, top), (half, top), (half * 0.86, -0.17), (-half * 0.86, -0.17)]
    pen.fill(pose.at(_shaped(np.array(torso), gait)), look.of(shirt))
    _skirt(pen, pose, half * 0.9, look, gait)
    if face:
        _put_head(pen, bust, pose, gait, replace(look, colour=None), FACE)
    else:
        _put_head(pen, bust, pose, gait, look, BUST, _dressed(bust, worn.top) if worn.top else None)


def _sleeve(look: Look) -> RGB | None:
    return look.clothes.top if look.clothes.sleeves else None


def _skirt(pen: Pen, pose: Pose, half: float, look: Look, gait: Gait) -> None:
    """What of the top is below the waist."""
    worn = look.clothes
    if worn.top is None or not worn.hem:
        return
    below = [(-half, -0.32), (half, -0.32), (half * worn.flare, -worn.hem), (-half * worn.flare, -worn.hem)]
    pen.fill(pose.at(_shaped(np.array(below), gait)), look.of(mix(worn.top, (24, 20, 40), 0.08)))


def _shoe(pen: Pen, pose: Pose, foot: tuple[float, float], thick: float, look: Look, gait: Gait) -> None:
    x, y = foot
    if look.clothes.shoes is not None:
        _limb(pen, pose, [(x, y - 0.06), (x, y), (x - 0.05, y)], thick, look.of(look.clothes.shoes), gait)


def _put_head(
    pen: Pen,
    head: Drawing,
    pose: Pose,
    gait: Gait,
    look: Look,
    where: tuple[float, float, float],
    paints: list[RGB] | None = None,
) -> None:
    """The head nods a little with the beat; ``paints``: see :func:`.puppet.put`."""
    size, x, foot = where
    nod = 0.012 * math.sin(gait.beat)
    ((neck_x, neck_y),) = _shaped(np.array([(x, foot + nod)]), gait)
    tilt = 0.03 * math.sin(gait.beat * 0.9)
    held = replace(pose.moved(neck_x, neck_y), size=pose.size * size, angle=pose.angle + tilt)
    put(pen, head, held, replace(gait, stride=0.0, lean=0.0), look, paints)


def _steps(gait: Gait) -> tuple[float, float]:
    """How far a foot is ahead, and a hand up."""
    return gait.stride * math.sin(gait.beat * 2), 0.02 * math.sin(gait.beat) + 0.6 * gait.stride * math.sin(
        gait.beat * 2
    )


def _dressed(bust: Drawing, top: RGB) -> list[RGB]:
    """The colours of a bust's parts when its shoulders are covered; hair hangs down from above them."""
    cloth = _cloth(bust)
    return [
        top
        if height.max() > _LOWER_EDGE and (height.min() > _SHOULDERS or part.colour == cloth)
        else part.colour
        for part in bust.parts
        for height in [bust.points[part.points, 1]]
    ]


def _cloth(bust: Drawing) -> RGB:
    """The colour of the largest part that reaches the lower edge."""
    low = [part for part in bust.parts if bust.points[part.points, 1].max() > _LOWER_EDGE]
    return max(low, key=lambda part: part.area).colour if low else _SHIRT


def _shaped(points: np.ndarray, gait: Gait) -> np.ndarray:
    shaped = points * (gait.across, gait.up)
    shaped[:, 0] += gait.lean * -shaped[:, 1]
    return shaped


def _egg(pose: Pose, gait: Gait, middle: tuple[float, float], wide: float, high: float) -> np.ndarray:
    turn = np.linspace(0, 2 * math.pi, 36, endpoint=False)
    points = np.stack([middle[0] + wide * np.cos(turn), middle[1] + high * np.sin(turn)], axis=1)
    return pose.at(_shaped(points, gait))


def _limb(
    pen: Pen, pose: Pose, points: list[tuple[float, float]], thick: float, colour: RGB, gait: Gait
) -> None:
    pen.line(pose.at(_shaped(np.array(points), gait)), pose.size * thick, colour)
