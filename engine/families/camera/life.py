"""What moves by itself: ripples on water, drifting clouds, and a light where nothing else could move."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.recipe import Motion

Plane = NDArray[np.float32]
Pixels = NDArray[np.uint8]

STRENGTH = {Motion.GENTLE: 0.7, Motion.NORMAL: 1.0, Motion.WILD: 1.4}
LIGHT_LEVELS = 30.0
LIGHT_SECONDS = 3.6


@dataclass(frozen=True, kw_only=True)
class Life:
    """The own motion of a scene.

    Attributes:
        unit: the frame's mean side, pixels.
        horizon: the canvas's row, in pixels, at which the water ends.
        foot: the canvas's last row, in pixels.
        strength: scales everything.
        phases: float64 ``[6]``, radians.
        onset: seconds in which the waves rise from nothing; 0: they are there from the first frame.
    """

    unit: float
    horizon: float
    foot: float
    strength: float
    phases: NDArray[np.float64]
    onset: float = 0.0

    @classmethod
    def of(
        cls, motion: Motion, *, seed: int, unit: float, horizon: float, foot: float, onset: float = 0.0
    ) -> Life:
        """Life as the motion and the seed have it."""
        phases = np.random.default_rng((seed, 3)).uniform(0, 2 * np.pi, 6)
        return cls(
            unit=unit, horizon=horizon, foot=foot, strength=STRENGTH[motion], phases=phases, onset=onset
        )

    def drift(self, y: Plane, seconds: float) -> Plane:
        """How far the clouds have gone at canvas rows, pixels to the right.

        High up it is about 0.8 % of the frame a second. Towards the horizon they are farther, and slower;
        there a low sun keeps its place.
        """
        side = 1.0 if self.phases[0] < np.pi else -1.0
        height = np.clip((self.horizon - y) / max(1.0, self.horizon), 0, 1)
        gone = side * 0.008 * self.unit * self.strength * seconds
        return np.asarray(gone * height * (2 - height), np.float32)

    def ripples(self, x: Plane, y: Plane, seconds: float) -> tuple[Plane, Plane]:
        """The surface of water at canvas pixels.

        Waves are written in the logarithm of the distance from the horizon, which is perspective: towards it
        they shrink, close up, and stay the same waves.

        Returns:
            How far the reflection is displaced downwards, pixels, and how much brighter it is, about 1.
        """
        near = np.clip((y - self.horizon) / max(1.0, self.foot - self.horizon), 0, 1.2)
        depth = np.log(near + 0.06)
        wide = (x / self.unit) / (near + 0.30)
        p = self.phases
        long = np.sin(13 * depth + 2.1 * wide - 2.6 * seconds + p[1])
        cross = np.sin(19 * depth - 5.3 * wide - 3.3 * seconds + p[2])
        short = np.sin(29 * depth + 11.0 * wide - 4.1 * seconds + p[3])
        height = 0.5 * long + 0.32 * cross + 0.18 * short
        swell = 0.65 + 0.35 * np.sin(3.1 * depth + 1.3 * wide + 0.7 * seconds + p[4])
        strength = self.strength * (min(1.0, seconds / self.onset) if self.onset else 1.0)
        lift = np.asarray(0.0075 * self.unit * strength * near**0.9 * height * swell, np.float32)
        gain = np.asarray(1 + 0.085 * strength * height * swell * np.sqrt(near), np.float32)
        return lift, gain

    def light(self, frame: Pixels, amount: float, seconds: float) -> Pixels:
        """Let a soft light pass over a frame in which nothing else could be seen to move.

        Args:
            frame: uint8 ``[H, W, 3]``.
            amount: 0 … 1.
            seconds: of the clip.
        """
        rows, columns = frame.shape[:2]
        y, x = _grid()
        turn = 2 * np.pi * seconds / LIGHT_SECONDS + self.phases[5]
        at = (0.5 + 0.42 * np.cos(turn), 0.5 + 0.34 * np.sin(turn))
        glow = np.exp(-(((x - at[0]) / 0.30) ** 2 + ((y - at[1]) / 0.36) ** 2)).astype(np.float32)
        bright = sum(cv2.mean(frame)[:3]) / (3 * 255)
        # A dark picture is lit; a bright one, which cannot get brighter, is shaded around the light.
        coarse = np.asarray(LIGHT_LEVELS * amount * (glow - bright), np.float32)
        levels = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
        return np.asarray(cv2.add(frame, cv2.merge([levels] * 3), dtype=cv2.CV_8U), np.uint8)


def _grid() -> tuple[Plane, Plane]:
    y, x = np.mgrid[0:72, 0:128].astype(np.float32)
    return y / 71, x / 127
