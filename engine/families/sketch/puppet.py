"""Draws a drawing as one of the sketch's figures: in its light, bent by its gait, on its shadow."""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.families.sketch.drawings import Drawing
from engine.families.sketch.gaits import Gait, bent
from engine.families.sketch.habits import ROLLERS
from engine.families.sketch.light import Light
from engine.families.sketch.pen import Pen, mix
from engine.families.sketch.pose import Pose
from engine.families.sketch.words import RGB

_NEAR_HUE = 0.09  # turns
_GREYISH = 0.22  # saturation
_PAPER = (0.10, 0.05)  # how much of the scene's haze and of its lamp lies on every colour
_DARK_FUR = 80  # levels: a dark eye cannot be seen in it
_EYE_IN_THE_DARK: RGB = (240, 214, 120)
_EYE_TO_NOSE = 0.02  # heights


@dataclass(frozen=True, kw_only=True)
class Clothes:
    """What a body has on, in which colours; None leaves a part as it is.

    Attributes:
        sleeves: the top covers the arms.
        hem: how far above the feet the top ends, in the body's heights; 0: at the waist.
        flare: how much wider its hem is than its waist.
    """

    top: RGB | None = None
    sleeves: bool = True
    hem: float = 0.0
    flare: float = 1.0
    legs: RGB | None = None
    shoes: RGB | None = None
    hands: RGB | None = None


BARE = Clothes()


@dataclass(frozen=True, kw_only=True)
class Look:
    """What changes the colours of a figure: the light, the colour that a word asks for, and its clothes."""

    light: Light
    colour: RGB | None = None
    glows: bool = False
    clothes: Clothes = BARE

    def of(self, colour: RGB) -> RGB:
        """A colour in this light."""
        tone, share = self.light.dim
        if not self.glows:
            colour = mix(colour, tone, share * 0.5)
        return mix(mix(colour, self.light.haze, _PAPER[0]), self.light.lamp, _PAPER[1])


def put(
    pen: Pen, shown: Drawing, pose: Pose, gait: Gait, look: Look, paints: list[RGB] | None = None
) -> None:
    """Draw a drawing; ``pose`` says where its feet are, ``paints`` what else the colour of each part is."""
    placed = pose.at(bent(shown, gait))
    for part, colour in zip(shown.parts, paints or colours(shown, look.colour), strict=True):
        pen.fill_rings([placed[ring] for ring in part.rings], look.of(colour), part.opacity / 255)
    if look.colour is not None and max(look.colour) < _DARK_FUR:
        for eye in _eyes(shown):
            pen.fill_rings([placed[eye]], look.of(_EYE_IN_THE_DARK), 1.0)
    if shown.name in ROLLERS:
        for x, y, radius in shown.wheels:
            for spoke in range(3):
                turn = gait.beat * 2.5 + spoke * 2 * math.pi / 3
                at = (x + 0.55 * radius * math.cos(turn), y + 0.55 * radius * math.sin(turn))
                pose.disc(pen, *at, radius * 0.13, look.of((176, 178, 190)))


def shadow(pen: Pen, x: float, y: float, wide: float, *, share: float) -> None:
    """Lay a soft shadow on the ground; all in pixels."""
    turn = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    for grown in (1.0, 0.7):
        outline = np.stack([x + grown * wide * np.cos(turn), y + 0.16 * grown * wide * np.sin(turn)], axis=1)
        pen.blend(outline, (14, 16, 34), share)


@lru_cache(maxsize=256)
def _recoloured(colour: RGB, main: RGB, wanted: RGB) -> RGB:
    """The wanted colour in place of the main one, as light against it as this colour was."""
    hue, light, full = colorsys.rgb_to_hls(*(value / 255 for value in colour))
    main_hue, main_light, main_full = colorsys.rgb_to_hls(*(value / 255 for value in main))
    apart = abs(hue - main_hue)
    grey, main_grey = full < _GREYISH or light > 0.93, main_full < _GREYISH or main_light > 0.93  # noqa: PLR2004
    alike = grey == main_grey and (grey or min(apart, 1 - apart) < _NEAR_HUE)
    if not alike or light < 0.16 or (grey and abs(light - main_light) > 0.4):  # noqa: PLR2004 - eyes, and their whites
        return colour
    towards: RGB = (255, 252, 244) if light > main_light else (24, 20, 40)
    return mix(wanted, towards, min(0.6, abs(light - main_light) * 1.3))


def colours(shown: Drawing, wanted: RGB | None) -> list[RGB]:
    """The colour of each part; with a colour of its own, the main part takes it and its kin follow."""
    if wanted is None:
        return [part.colour for part in shown.parts]
    main = shown.parts[shown.seen].colour
    return [_recoloured(part.colour, main, wanted) for part in shown.parts]


def _eyes(shown: Drawing) -> list[slice]:
    """What looks like an eye and is as high as one; a nose is lower."""
    heights = [float(shown.points[eye, 1].mean()) for eye in shown.eyes]
    return [eye for eye, y in zip(shown.eyes, heights, strict=True) if y < min(heights) + _EYE_TO_NOSE]
