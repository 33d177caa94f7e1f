"""Looks that are of the lens: what opens, what comes near at once, what beats."""

from __future__ import annotations

import numpy as np

from engine.effects.scene import Painter, Pixels, Scene, blurred, bytes_of, ease, mixed, smooth, zoomed

OPEN_SECONDS = 2.2
"""How long the picture takes to open, at most; it is never more than two thirds of the clip."""
WIDE = 0.6
"""The light opens from no more than this, in shorter sides; where more is to be seen, it gets lighter too."""
LEAD_SECONDS, PUNCH_SECONDS = 0.7, 0.4
"""Of a meme zoom: how long nothing happens, and how long it takes to come near."""
NEAREST, FILLS = 1.9, 0.82
"""A meme zoom enlarges so many times at most, and what is kept fills this share of the frame at most."""
BEAT, SECOND_BEAT = 0.055, 0.6
"""By how much a heart's first beat enlarges, and how strong the second one is beside it."""


def reveal(scene: Scene) -> Painter:
    """A soft light opens from what the picture is about; around it the picture is dark and out of focus."""
    x, y = scene.grid
    about = scene.centre
    away = np.hypot(x - about[0], y - about[1]) / scene.unit
    farthest = float(away.max())
    opens = min(OPEN_SECONDS, scene.seconds * 2 / 3)
    begins = 0.42 if scene.keep is None else max(0.42, _half_diagonal(scene))
    dim = 0.62 if scene.is_page or begins > WIDE else 1.0

    def paint(frame: Pixels, index: int) -> Pixels:
        gone = ease(index / scene.fps / opens)
        if gone >= 1:
            return frame
        edge = begins + (farthest + 0.3 - begins) * gone
        closed = smooth((away - edge + 0.3) / 0.3)[..., None] * scene.amount
        dark = blurred(frame, scene.unit * 0.022 * (1 - gone)) * (0.34 + 0.66 * gone)
        lit = np.asarray(frame, np.float32) * (dim + (1 - dim) * gone)
        return mixed(lit, dark, closed)

    return paint


def _half_diagonal(scene: Scene) -> float:
    left, top, right, bottom = scene.keep or (0.0, 0.0, 0.0, 0.0)
    return min(WIDE + 0.01, 0.3 + float(np.hypot(right - left, bottom - top)) / 2 / scene.unit)


def meme_zoom(scene: Scene) -> Painter:
    """Nothing happens; then the camera is at the face at once, trembles, and stays."""
    nearest = 1 + (_nearest(scene) - 1) * scene.amount
    about = _fixed_point(scene, nearest)
    drift = 0.0 if scene.is_page else 0.012
    sway = scene.chance(1).uniform(0, 2 * np.pi, 2)
    lead = min(LEAD_SECONDS, scene.seconds / 4)

    def paint(frame: Pixels, index: int) -> Pixels:
        after = index / scene.fps - lead
        if after < 0:
            return frame
        gone = ease(after / PUNCH_SECONDS)
        # It goes a little further than it stays, and comes back.
        over = 0.05 * np.exp(-4 * max(0.0, after - PUNCH_SECONDS)) * gone
        shaken = 0.0 if scene.is_page else np.exp(-5 * max(0.0, after - PUNCH_SECONDS)) * gone
        scale = nearest ** (gone * (1 + over)) * (1 + drift * max(0.0, after - PUNCH_SECONDS))
        off = scene.unit * 0.012 * shaken * np.sin(2 * np.pi * 9 * after + sway)
        seen = zoomed(frame, float(scale), (about[0] + float(off[0]), about[1] + float(off[1])))
        strong = (np.asarray(seen, np.float32) - 128) * (1 + 0.12 * gone * scene.amount) + 128
        return bytes_of(strong * (1 - 0.3 * gone * scene.amount * scene.vignette))

    return paint


def _nearest(scene: Scene) -> float:
    """How far a zoom may enlarge before what must stay whole no longer fits."""
    if scene.keep is None:
        return 1.55
    left, top, right, bottom = scene.keep
    share = max((right - left) / scene.size[0], (bottom - top) / scene.size[1])
    fills, least = (1.0, 1.0) if scene.is_page else (FILLS, 1.03)
    return float(np.clip(fills / max(share, 1e-6), least, NEAREST))


def _fixed_point(scene: Scene, scale: float) -> tuple[float, float]:
    """The point that stays, so that the middle of what is kept comes to the frame's middle, as far as it can.

    The zoom must not look past the picture's edge, so the point lies within the frame.
    """
    points = []
    for middle, side in zip(scene.centre, scene.size, strict=True):
        wanted = (scale * middle - side / 2) / (scale - 1) if scale > 1 else middle
        points.append(float(np.clip(wanted, 0.0, side)))
    return points[0], points[1]


def heartbeat(scene: Scene) -> Painter:
    """Two beats every second, the first one stronger, with a warm edge; a clip has a whole number of them."""
    beats = max(1, round(scene.seconds))
    x, y = scene.size
    red = np.array([150.0, 10.0, 30.0], np.float32)

    def paint(frame: Pixels, index: int) -> Pixels:
        phase = (scene.share(index) * beats) % 1.0
        beat = _pulse(phase, 0.16) + SECOND_BEAT * _pulse(phase, 0.44)
        about = (scene.centre[0] * 0.5 + x * 0.25, scene.centre[1] * 0.5 + y * 0.25)
        seen = zoomed(frame, 1 + BEAT * beat * scene.amount, about)
        glow = scene.vignette * (0.16 + 0.4 * beat) * scene.amount
        return mixed(seen, red, np.asarray(glow, np.float32))

    return paint


def _pulse(phase: float, at: float) -> float:
    """One beat: up in a moment, down in three; 0 … 1."""
    after = phase - at
    rise, fall = 0.09, 0.26
    if -rise < after <= 0:
        return ease(1 + after / rise)
    return ease(1 - after / fall) if 0 < after < fall else 0.0
