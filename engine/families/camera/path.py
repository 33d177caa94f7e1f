"""Where the virtual camera is in each frame.

A point of the picture at ``p`` (pixels from the centre, y down) with disparity ``d`` (0 far … 1 near) is seen
at ``s = R(roll) · p · exp(zoom + dolly · (d - pivot)) + pan + move · (d - pivot)``.
So ``pan`` and ``zoom`` turn the camera and change its lens, ``move`` and ``dolly`` carry it into the scene.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.core.recipe import Camera, Motion

Track = NDArray[np.float64]

AMPLITUDE: Mapping[Motion, float] = {Motion.GENTLE: 0.65, Motion.NORMAL: 1.0, Motion.WILD: 1.7}
STANDARD_SECONDS = 2.0
"""The length for which the amplitudes below are written. A longer clip goes further, and a little slower."""


ROLL = 0.12
ROLL_AT_MOST = 0.21
"""Radians. What is beyond the picture's edge is made up, and a roll looks far beyond it: 12 degrees are the
most. Less than the first moves a small picture by less than a pixel from frame to frame."""

TURNS = {
    Camera.PAN_LEFT: (0, 1.0),
    Camera.PAN_RIGHT: (0, -1.0),
    Camera.TILT_UP: (1, 1.0),
    Camera.TILT_DOWN: (1, -1.0),
}
"""The axis along which the camera turns, and in which direction."""


@dataclass(frozen=True, kw_only=True)
class Path:
    """The camera in ``T`` frames.

    Attributes:
        pan: float64 ``[T, 2]``, pixels by which the whole picture is moved on screen.
        move: float64 ``[T, 2]``, pixels by which a point of disparity ``pivot + 1`` is moved in addition.
        zoom, dolly: float64 ``[T]``, logarithms of scale: of everything, and of a point at ``pivot + 1``.
        roll: float64 ``[T]``, radians, clockwise.
        pivot: the disparity that the camera turns around.
    """

    pan: Track
    move: Track
    zoom: Track
    dolly: Track
    roll: Track
    pivot: float

    def onward(self, width: int, height: int) -> Path:
        """The same path from the picture as it is: where a clip goes on, nothing may jump.

        What lies beyond the picture is not known then, so the camera comes nearer wherever it would look
        there.

        Args:
            width, height: of the frame, pixels.
        """
        moved = replace(
            self,
            pan=self.pan - self.pan[0],
            move=self.move - self.move[0],
            zoom=self.zoom - self.zoom[0],
            dolly=self.dolly - self.dolly[0],
            roll=self.roll - self.roll[0],
        )
        beyond = moved.reach(width, height) / (np.array([width, height]) / 2)
        return replace(moved, zoom=moved.zoom + np.log(beyond.max(axis=1)))

    def needs(self, width: int, height: int) -> tuple[int, int]:
        """The size in pixels of a picture whose edge the camera never sees, at least the frame's own."""
        wide, tall = np.ceil(2 * self.reach(width, height).max(axis=0)).astype(int) + 4
        return int(wide), int(tall)

    def reach(self, width: int, height: int) -> Track:
        """How far from the picture's centre each frame sees, half its size or more; ``[T, 2]``, pixels."""
        corner = np.array([[width, height], [width, -height]]) / 2
        half = np.tile([width / 2, height / 2], (len(self.zoom), 1))
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        for disparity in (0.0, 1.0):
            away = disparity - self.pivot
            shift = self.pan + self.move * away
            scale = np.exp(-(self.zoom + self.dolly * away))
            for signed in (*corner, *-corner):
                x, y = (signed - shift).T
                seen = np.stack([(cos * x + sin * y) * scale, (cos * y - sin * x) * scale], axis=1)
                half = np.maximum(half, np.abs(seen))
        return half


def choose(*, seed: int, subject: bool, landscape: bool, spare: tuple[float, float]) -> Camera:
    """The path that suits a picture, where the member left it open.

    Args:
        seed: decides among what suits.
        subject: there is something in front of the rest.
        landscape: there is a sky.
        spare: how much of the picture lies outside the frame's shape, as shares of its width and height.
    """
    fits: Sequence[Camera]
    if spare[0] > 0.35:  # noqa: PLR2004 (a third of a frame beyond its side is worth a look)
        fits = (Camera.PAN_LEFT, Camera.PAN_RIGHT)
    elif spare[1] > 1.0:
        fits = (Camera.TILT_UP, Camera.TILT_DOWN)
    elif landscape and not subject:
        fits = (Camera.PUSH_IN, Camera.PUSH_IN, Camera.PUSH_IN, Camera.PAN_LEFT, Camera.PAN_RIGHT)
    elif subject:
        fits = (Camera.ORBIT, Camera.PUSH_IN)
    else:
        fits = (Camera.PUSH_IN, Camera.ORBIT, Camera.PULL_OUT)
    return fits[int(np.random.default_rng((seed, 1)).integers(len(fits)))]


def travel(
    camera: Camera,
    *,
    motion: Motion,
    seed: int,
    times: Track,
    size: tuple[int, int],
    spare: tuple[float, float] = (0.0, 0.0),
) -> Path:
    """The camera's path.

    Args:
        camera: any but AUTO, which :func:`choose` resolves.
        motion: scales how far it goes.
        seed: varies length by up to 15 %, the drift's phases, and the side that an orbit starts from.
        times: float64 ``[T]``, seconds from 0. The path depends on seconds, never on the number of frames.
        size: width and height of the frame, pixels.
        spare: as in :func:`choose`; a pan uses what lies there.

    Raises:
        ValueError: the camera is AUTO.
    """
    rng = np.random.default_rng((seed, 2))
    unit = float(np.sqrt(size[0] * size[1]))
    seconds = float(times[-1])
    far = AMPLITUDE[motion] * rng.uniform(0.85, 1.15) * np.clip(seconds / STANDARD_SECONDS, 0.1, 4) ** 0.7
    side = 1.0 if rng.random() < 0.5 else -1.0  # noqa: PLR2004 (a coin)
    u = times / seconds if seconds > 0 else times
    # A soft ease: at the ends still two thirds of the middle's speed, so that no frame stands still.
    gone = 0.7 * u + 0.3 * u * u * (3 - 2 * u)
    across = gone - 0.5

    zero = np.zeros_like(times)
    pan, move = np.zeros((len(times), 2)), np.zeros((len(times), 2))
    zoom, dolly, roll, pivot = zero.copy(), zero.copy(), zero.copy(), 0.0
    if camera in TURNS:
        axis, sign = TURNS[camera]
        # What the picture has beyond the frame is shown too, but no faster than an eye follows with ease.
        extra = min(spare[axis] * 0.8 * size[axis], 0.10 * unit * max(seconds, 0.5))
        pan[:, axis] = sign * (0.035 * unit * far + extra * min(1.3, AMPLITUDE[motion])) * across
        move[:, axis] = sign * 0.07 * unit * far * across
    elif camera in {Camera.PUSH_IN, Camera.PULL_OUT}:
        toward = gone if camera is Camera.PUSH_IN else 1 - gone
        zoom, dolly = 0.045 * far * toward, 0.13 * far * toward
        pan[:, 0] = side * 0.010 * unit * far * across
        move[:, 0] = side * 0.018 * unit * far * across
    elif camera is Camera.ORBIT:
        pivot = 0.45
        move[:, 0] = side * 0.105 * unit * far * across
        move[:, 1] = 0.012 * unit * far * np.cos(np.pi * across)
        dolly = 0.03 * far * gone
        roll = side * 0.004 * far * across
    elif camera in {Camera.ROLL_LEFT, Camera.ROLL_RIGHT}:
        # From level on, so that the clip begins as the picture is.
        turned = min(ROLL * far, ROLL_AT_MOST)
        roll = (-1 if camera is Camera.ROLL_LEFT else 1) * turned * gone
        dolly = 0.03 * far * gone
    elif camera is Camera.STILL:
        pivot = 0.3
        zoom = 0.012 * far * gone
        dolly = 0.02 * far * gone
    else:
        raise ValueError(f"the camera's path must be decided before it is drawn, not {camera}")

    held = (0.018 if camera is Camera.STILL else 0.002) * unit * AMPLITUDE[motion] ** 0.5
    for axis, wave in enumerate(_sway(rng, times)):
        move[:, axis] += held * wave * (1.0 if axis == 0 else 0.6)
        pan[:, axis] += 0.5 * held * wave * (1.0 if axis == 0 else 0.6)
    return Path(pan=pan, move=move, zoom=zoom, dolly=dolly, roll=roll, pivot=pivot)


def _sway(rng: np.random.Generator, times: Track) -> Iterator[Track]:
    """How a hand that holds the camera sways along each axis, -1 … 1: a hand is never quite still.

    Slow sines of the clock, so that the speed is the same at any frame rate.
    """
    for _ in range(2):
        phase, other = rng.uniform(0, 2 * np.pi, 2)
        slow, slower = 2 * np.pi / rng.uniform(3.6, 4.6), 2 * np.pi / rng.uniform(6, 8)
        yield 0.6 * np.sin(slow * times + phase) + 0.4 * np.sin(slower * times + other)
