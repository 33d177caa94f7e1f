"""The colours of a sketch: sky, haze and ground by the hour, the place and the weather."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.sketch.pen import mix
from engine.families.sketch.words import RGB, Hour, Place, Shape, Vision, Weather

_SKIES: Mapping[Hour, tuple[RGB, RGB, RGB]] = {
    Hour.DAY: ((74, 142, 214), (142, 196, 232), (226, 238, 236)),
    Hour.DAWN: ((104, 122, 186), (226, 166, 186), (252, 220, 188)),
    Hour.SUNSET: ((58, 52, 112), (206, 92, 108), (252, 184, 104)),
    Hour.NIGHT: ((12, 18, 46), (28, 42, 88), (64, 84, 132)),
}
_DIMNESS: Mapping[Hour, tuple[RGB, float]] = {  # the colour that the hour lays over the ground, and how much
    Hour.DAY: ((255, 250, 230), 0.0),
    Hour.DAWN: ((150, 100, 130), 0.3),
    Hour.SUNSET: ((70, 30, 64), 0.48),
    Hour.NIGHT: ((12, 18, 44), 0.68),
}
_GROUNDS: Mapping[Place, RGB] = {
    Place.FIELD: (98, 158, 84), Place.SEA: (30, 92, 140), Place.FOREST: (38, 92, 74),
    Place.CITY: (64, 66, 98), Place.MOUNTAIN: (82, 96, 120), Place.DESERT: (208, 138, 84),
    Place.SPACE: (26, 20, 52), Place.UNDERWATER: (12, 70, 96), Place.BEACH: (30, 92, 140),
    Place.MOON: (150, 152, 166), Place.SKY: (150, 190, 222), Place.ROOM: (176, 128, 92),
    Place.BRIDGE: (142, 132, 126), Place.LAKE: (98, 158, 84),
}  # fmt: skip
_WITH_LEAVES = frozenset({Place.FIELD, Place.FOREST, Place.MOUNTAIN, Place.CITY, Place.BRIDGE, Place.LAKE})
_RUST: RGB = (198, 104, 40)
"""What autumn lays over the ground and the firs."""
_USUAL: Mapping[Shape, RGB] = {
    Shape.BIRD: (236, 238, 242), Shape.BOAT: (176, 78, 62), Shape.BALLOON: (226, 86, 74),
    Shape.TREE: (84, 150, 92), Shape.FIRE: (240, 120, 50), Shape.FLAME: (240, 120, 50),
    Shape.STAR: (255, 222, 130),
    Shape.DRAGON: (72, 150, 110), Shape.HEART: (228, 66, 92), Shape.HOUSE: (172, 78, 70),
    Shape.LIGHTHOUSE: (210, 66, 62), Shape.ROCKET: (222, 78, 72), Shape.JELLYFISH: (206, 132, 214),
    Shape.FIREWORKS: (250, 110, 130), Shape.LANTERN: (255, 178, 90),
}  # fmt: skip
_GLOWING = {Shape.FIREWORKS, Shape.LANTERN, Shape.FIRE, Shape.FLAME, Shape.STAR, Shape.HEART, Shape.JELLYFISH}


@dataclass(frozen=True, kw_only=True)
class Light:
    """The palette of one scene.

    Attributes:
        sky: top, middle and horizon.
        haze: what far things fade into.
        ground: what near things are made of.
        lamp: sun, moon and windows.
        white: snow, foam and clouds.
        dim: how much the hour takes from a thing's own colour, 0 … 1, and towards which colour.
    """

    sky: tuple[RGB, RGB, RGB]
    haze: RGB
    ground: RGB
    lamp: RGB
    white: RGB
    dim: tuple[RGB, float]

    def depth(self, near: float) -> RGB:
        """The colour of the ground at ``near``, 0 (the horizon) … 1 (at our feet)."""
        return mix(self.haze, self.ground, 0.18 + 0.82 * near)

    def of(self, shape: Shape, colour: RGB | None) -> tuple[RGB, RGB, RGB]:
        """Body, shade and light of a thing in this light."""
        body = colour or _USUAL.get(shape, (230, 120, 90))
        tone, share = self.dim
        if shape not in _GLOWING:
            body = mix(body, tone, share * 0.62)
        return body, mix(body, (24, 22, 44), 0.38), mix(body, (255, 250, 236), 0.5)


def light_of(vision: Vision, hue_shift: float) -> Light:
    """Mix the palette of a vision; ``hue_shift``, in turns, tells the seeds apart."""
    sky = _SKIES[vision.hour]
    ground = _GROUNDS[vision.place]
    if vision.place in {Place.SPACE, Place.MOON}:
        sky = ((8, 8, 26), (30, 20, 62), (70, 40, 96))
    elif vision.place is Place.UNDERWATER:
        sky = ((92, 196, 206), (26, 118, 156), (8, 52, 92))
        if vision.hour is Hour.NIGHT:
            sky = ((30, 84, 124), (14, 52, 92), (8, 26, 56))
    tone, share = _DIMNESS[vision.hour]
    if vision.place in {Place.SPACE, Place.UNDERWATER, Place.MOON}:
        share *= 0.35
    elif vision.place is Place.ROOM:
        share *= 0.6  # there is a lamp
    white: RGB = (250, 248, 244)
    if vision.weather & {Weather.STORM, Weather.RAIN, Weather.FOG} and vision.place is not Place.SPACE:
        grey: RGB = (92, 102, 122) if Weather.STORM in vision.weather else (150, 160, 174)
        grey = mix(grey, tone, share * 0.8)
        heavy = 0.55 if Weather.STORM in vision.weather else 0.38
        sky = (mix(sky[0], grey, heavy), mix(sky[1], grey, heavy), mix(sky[2], grey, heavy * 0.8))
    if Weather.SNOW in vision.weather and vision.place not in {
        Place.SEA,
        Place.BEACH,
        Place.MOON,
        Place.ROOM,
        Place.SKY,
    }:
        ground = mix(ground, (226, 234, 244), 0.72)
    if Weather.AUTUMN in vision.weather and vision.place in _WITH_LEAVES:
        ground = mix(ground, _RUST, 0.75)
    snowy = Weather.SNOW in vision.weather  # which is light even at night
    ground = mix(ground, tone, share * (0.55 if snowy else 1.0))
    if vision.tint is not None:
        sky = (mix(sky[0], vision.tint, 0.2), mix(sky[1], vision.tint, 0.2), mix(sky[2], vision.tint, 0.12))
        ground = mix(ground, vision.tint, 0.25)
    top, middle, horizon, ground = (_turned(colour, hue_shift) for colour in (*sky, ground))
    lamp: RGB = (255, 244, 214) if vision.hour in {Hour.NIGHT, Hour.DAY} else (255, 216, 150)
    return Light(
        sky=(top, middle, horizon),
        haze=mix(horizon, middle, 0.35),
        ground=ground,
        lamp=lamp,
        white=mix(white, mix(horizon, tone, share * 0.5), 0.25 + share * 0.6),
        dim=(tone, share),
    )


def sky_picture(light: Light, width: int, height: int, horizon: float) -> NDArray[np.uint8]:
    """The empty sky, uint8 ``[height, width, 3]``; ``horizon`` is a share of the height."""
    rows = (np.arange(height) + 0.5) / height
    stops = (0.0, horizon * 0.55, horizon)
    column = np.stack([np.interp(rows, stops, [sky[c] for sky in light.sky]) for c in range(3)], axis=1)
    return np.ascontiguousarray(np.broadcast_to(column[:, None] + 0.5, (height, width, 3)).astype(np.uint8))


def vignette(width: int, height: int) -> NDArray[np.uint8]:
    """A soft darkening of the corners to multiply by, uint8 ``[height, width, 3]``, 255 is none."""
    across = np.linspace(-1, 1, width)[None, :] ** 2
    down = np.linspace(-1, 1, height)[:, None] ** 2
    shade = np.asarray(255 * (1 - 0.2 * np.clip((across + down) / 2, 0, 1) ** 1.5), np.uint8)
    return np.asarray(cv2.merge([shade, shade, shade]), np.uint8)


def _turned(colour: RGB, turns: float) -> RGB:
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    red, green, blue = (
        round(255 * part) for part in colorsys.hls_to_rgb((hue + turns) % 1, light, saturation)
    )
    return red, green, blue
