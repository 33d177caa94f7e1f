"""Looks of old and faulty pictures: a film of a hundred years, and a signal that is disturbed for moments."""

from __future__ import annotations

import cv2
import numpy as np

from engine.effects.scene import Painter, Pixels, Plane, Scene, blurred, bytes_of, ease, mixed

STEPS = 12.0
"""Pictures a second of the film: grain, dust and the gate change so often, and the picture too."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
SEPIA_DARK, SEPIA_LIGHT = np.array([26.0, 17.0, 10.0]), np.array([250.0, 231.0, 196.0])
FLICKER = 0.035
"""How much the lamp's light changes, as a share: far below what counts as a flash."""


def old_film(scene: Scene) -> Painter:
    """Brown, grainy and scratched; it weaves a little in the gate, and its lamp is not quite steady."""
    wide, high = scene.size
    rounded = _gate(scene)
    scratches = _Scratches(scene)
    held: dict[int, Pixels] = {}

    def paint(frame: Pixels, index: int) -> Pixels:
        step = int(index / scene.fps * STEPS)
        if step not in held:
            held.clear()
            held[step] = frame.copy()
        rng = scene.chance(1, step)
        weave = rng.normal(0, 0.0011 * scene.unit, 2)
        moved = np.array([[1.0, 0, weave[0]], [0, 1.0, weave[1]]])
        still = cv2.warpAffine(held[step], moved, (wide, high), borderMode=cv2.BORDER_REFLECT_101)
        light = np.asarray(still, np.float32) @ LUMA / 255
        light = np.clip((blurred(light, 0.7) - 0.5) * 1.12 + 0.5, 0, 1)
        light = light * (1 + FLICKER * rng.uniform(-1, 1))
        light = light + _grain(rng, (high, wide), scene.unit)
        tone = SEPIA_DARK + np.clip(light, 0, 1)[..., None] * (SEPIA_LIGHT - SEPIA_DARK)
        tone = scratches.over(np.asarray(tone, np.float32), rng, index)
        tone = tone * (1 - 0.55 * scene.vignette) * rounded
        return mixed(frame, tone, scene.amount)

    return paint


def _grain(rng: np.random.Generator, size: tuple[int, int], unit: float) -> Plane:
    """Grain, about as large as a film's: shares of the light, float32 ``[H, W]``."""
    shrink = max(1.0, unit / 420)
    small = (max(2, round(size[0] / shrink)), max(2, round(size[1] / shrink)))
    noise = rng.standard_normal(small, dtype=np.float32)
    grown = cv2.resize(noise, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(0.045 * grown, np.float32)


def _gate(scene: Scene) -> Plane:
    """The opening that the film is shown through: round corners, soft edge; 0 … 1."""
    wide, high = scene.size
    x, y = scene.grid
    corner = 0.07 * scene.unit
    inset = 0.012 * scene.unit
    dx = np.abs(x - (wide - 1) / 2) - (wide / 2 - corner - inset)
    dy = np.abs(y - (high - 1) / 2) - (high / 2 - corner - inset)
    away = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) - corner
    return np.asarray(np.clip(0.5 - away / (0.006 * scene.unit), 0, 1), np.float32)[..., None]


class _Scratches:
    """Upright scratches that wander and go, and specks of dust that are there for one picture."""

    def __init__(self, scene: Scene) -> None:
        rng = scene.chance(2)
        self._scene = scene
        count = 3
        self._x = rng.uniform(0.06, 0.94, count)
        self._phase = rng.uniform(0, 2 * np.pi, count)
        self._from = rng.uniform(0, 0.8, count)
        self._lasts = rng.uniform(0.2, 0.5, count)

    def over(self, tone: Plane, rng: np.random.Generator, index: int) -> Plane:
        """The film with its damage, levels."""
        scene = self._scene
        wide, high = scene.size
        share = index / max(1, scene.count)
        damage = np.zeros((high, wide), np.float32)
        for x, phase, begins, lasts in zip(self._x, self._phase, self._from, self._lasts, strict=True):
            seen = ease((share - begins) / 0.05) * ease((begins + lasts - share) / 0.05)
            at = (x + 0.004 * np.sin(9 * share + phase)) * wide
            columns = np.arange(wide, dtype=np.float32)
            damage += 0.22 * seen * np.exp(-(((columns - at) / max(0.7, scene.unit / 900)) ** 2))
        specks = np.zeros((high, wide), np.uint8)
        for _ in range(int(rng.poisson(4))):
            centre = (int(rng.integers(wide)), int(rng.integers(high)))
            axes = (1 + int(rng.integers(1 + wide // 300)), 1 + int(rng.integers(1 + wide // 500)))
            cv2.ellipse(specks, centre, axes, float(rng.uniform(0, 180)), 0, 360, 200, -1, cv2.LINE_AA)
        dark = np.asarray(specks, np.float32)[..., None] / 255
        bright = tone + (235 - tone) * damage[..., None]
        return np.asarray(bright * (1 - 0.75 * dark), np.float32)


BURST_SECONDS = 0.24
"""How long the signal is disturbed each time; once a second or so."""


def glitch(scene: Scene) -> Painter:
    """A clean picture whose signal is disturbed for a moment, again and again; never brighter or darker."""
    high = scene.size[1]
    bursts = max(1, round(scene.seconds))
    rng = scene.chance(1)
    starts = (np.arange(bursts) + rng.uniform(0.25, 0.6, bursts)) / bursts * scene.seconds
    lines = (1 - 0.05 * (np.arange(high) % 3 == 0)).astype(np.float32)[:, None, None]

    def paint(frame: Pixels, index: int) -> Pixels:
        now = scene.share(index) * scene.seconds
        after = now - starts
        which = np.flatnonzero((after >= 0) & (after < BURST_SECONDS))
        strength = 0.0
        if which.size:
            strength = float(np.sin(np.pi * after[which[0]] / BURST_SECONDS)) * scene.amount
        apart = round(scene.unit * (0.0022 + 0.014 * strength))
        seen = frame.copy()
        seen[..., 0] = np.roll(frame[..., 0], apart, axis=1)
        seen[..., 2] = np.roll(frame[..., 2], -apart, axis=1)
        if strength > 0.2:  # noqa: PLR2004 (weaker, it would only be a shiver)
            # A slip holds for two frames or so: what jumps at each frame is noise, not a signal.
            _slip(seen, scene.chance(2, int(now * 14)), strength, scene.unit)
        return bytes_of(np.asarray(seen, np.float32) * (1 - (1 - lines) * scene.amount))

    return paint


def _slip(seen: Pixels, rng: np.random.Generator, strength: float, unit: float) -> None:
    """Move some stripes of a frame aside, in place."""
    high = seen.shape[0]
    for _ in range(int(rng.integers(3, 7))):
        top = int(rng.integers(high))
        tall = int(rng.uniform(0.015, 0.09) * high)
        aside = round(float(rng.uniform(-1, 1)) * 0.09 * strength * unit)
        seen[top : top + tall] = np.roll(seen[top : top + tall], aside, axis=1)
