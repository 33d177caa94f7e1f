"""Looks that are of light: the day goes, and a picture made of light stands in the dark."""

from __future__ import annotations

import numpy as np

from engine.effects.scene import Painter, Pixels, Plane, Scene, blurred, bytes_of, ease, mixed

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
DUSK, NIGHT = np.array([1.06, 0.8, 0.6], np.float32), np.array([0.2, 0.3, 0.54], np.float32)
"""What is left of red, green and blue in the evening light, and at night."""
GLOWS = 175.0
"""Levels from which a place is bright enough to be lit at night."""


def day_to_night(scene: Scene) -> Painter:
    """The light gets warm, then blue and dark; what is bright and warm goes on glowing. A loop comes back."""

    def paint(frame: Pixels, index: int) -> Pixels:
        share = scene.share(index)
        gone = ease(1 - abs(2 * share - 1)) if scene.loops else ease((share - 0.08) / 0.8)
        gone *= scene.amount
        dusk, night = ease(gone / 0.45) * (1 - ease((gone - 0.4) / 0.5)), ease((gone - 0.3) / 0.7)
        seen = np.asarray(frame, np.float32) / 255
        light = (seen @ LUMA)[..., None]
        tint = 1 + (DUSK - 1) * dusk
        day = np.clip(seen * tint, 0, 1) * (1 - 0.12 * dusk)
        dark = np.power(0.35 * seen + 0.65 * light, 1.25) * NIGHT
        mix = day + (dark - day) * night
        if night > 0:
            mix = mix + _lamps(frame, seen) * night
        return bytes_of(mix * 255 * (1 - 0.35 * night * scene.vignette))

    return paint


def _lamps(frame: Pixels, seen: Plane) -> Plane:
    """The glow of what is bright and warm, such as windows and lamps; 0 … 1, nothing where all is bright."""
    red, blue = seen[..., :1], seen[..., 2:]
    light = (seen @ LUMA)[..., None]
    warm = np.clip((light * 255 - GLOWS) / 60, 0, 1) * np.clip((red - blue) * 5, 0, 1)
    few = float(np.clip(1 - 6 * warm.mean(), 0, 1))
    core = warm * seen * np.array([0.85, 0.62, 0.3], np.float32) * few
    halo = blurred(core, min(frame.shape[:2]) * 0.02).reshape(core.shape)
    return np.asarray(core * 0.6 + halo, np.float32)


def hologram(scene: Scene) -> Painter:
    """The picture as cyan light with fine lines, on the dark; a bright line runs up it again and again."""
    wide, high = scene.size
    x, y = scene.grid
    edge = np.minimum(np.minimum(x, wide - 1 - x) / wide, np.minimum(y, high - 1 - y) / high)
    fade = np.clip(edge / 0.07, 0, 1)[..., None]
    pitch = max(3, round(scene.unit / 110))
    lines = (0.82 + 0.18 * np.cos(2 * np.pi * y / pitch))[..., None]
    ground = _ground(scene)
    runs = max(1, round(scene.seconds / 2))
    # A bright picture would be a bright pane: its middle tones go down until it is made of light again.
    deeper = float(np.clip(1 + 2.2 * (np.asarray(scene.first, np.float32).mean() / 255 - 0.3), 1.0, 2.2))
    colour = np.array([0.42, 1.0, 1.08], np.float32)

    def paint(frame: Pixels, index: int) -> Pixels:
        share = scene.share(index)
        turn = 2 * np.pi * share
        light = np.power(np.asarray(frame, np.float32) @ LUMA / 255, deeper) * 255
        apart = max(1, round(scene.unit / 260))
        glow = blurred(light, scene.unit * 0.012)
        body = 0.92 * light + 0.28 * glow
        shown = np.stack([np.roll(body, apart, axis=1), body, np.roll(body, -apart, axis=1)], axis=2)
        tinted = 0.16 * np.asarray(frame, np.float32) + 0.86 * shown * colour
        height = high * (1 - (share * runs) % 1.0 * 1.3 + 0.15)
        beam = np.exp(-(((y - height) / (scene.unit * 0.03)) ** 2))[..., None] * fade
        breathing = 0.95 + 0.05 * np.sin(turn * runs * 2)
        made = ground * (1 - 0.85 * fade) + tinted * lines * fade * breathing + beam * (26, 70, 74)
        return mixed(frame, made, scene.amount)

    return paint


def _ground(scene: Scene) -> Plane:
    """The dark that it stands in: blue, a little lighter below."""
    _, y = scene.grid
    down = (y / scene.size[1])[..., None]
    return np.asarray(np.array([4.0, 12.0, 24.0]) + down * np.array([2.0, 22.0, 30.0]), np.float32)
