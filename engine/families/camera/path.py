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

FULL_SECONDS = 4.0
"""From this length on a clip goes all the way. A longer one goes no further, only slower."""

GROWTH: Mapping[Motion, float] = {Motion.GENTLE: 0.075, Motion.NORMAL: 0.125, Motion.WILD: 0.27}
"""Logarithm of how much the nearest thing grows in a push, at most: 1.13 times where the motion is normal."""
PARALLAX: Mapping[Motion, float] = {Motion.GENTLE: 0.04, Motion.NORMAL: 0.07, Motion.WILD: 0.13}
"""Logarithm of how much more the nearest thing grows than the farthest: 1.07 times where it is normal."""
REACH: Mapping[Motion, float] = {Motion.GENTLE: 0.65, Motion.NORMAL: 1.0, Motion.WILD: 2.0}
"""How far the camera goes sideways, beside a normal motion."""

PAN, PAN_NEAR = 0.05, 0.045
"""Shares of the frame's mean side by which a pan moves all, and the nearest thing in addition."""
ORBIT = 0.055
"""The same for an orbit: by how much near and far go apart."""
ARC = 0.03
"""What is left of an orbit where there is no depth to go around: a drift while the camera comes nearer."""
DRIFT = 0.012
"""A push drifts aside by this much, so that no two seeds look alike."""
ROLL = 0.065
ROLL_AT_MOST = 0.12
"""Radians. A roll looks past the picture's corners, so it has to come nearer: 7 degrees are the most."""
STILL = 0.055
"""A camera that stands still breathes: logarithm of scale."""
HELD = 0.0015
"""How far a hand sways."""
EDGE = 2.0
"""Pixels that what is kept stays away from the frame's edge."""
SWAYS = 0.015
"""How far something that touches the frame's edge may sway over it; share of half the frame."""
FASTEST = 0.45
"""Frames' lengths a second at which an eye still follows a pan with ease."""

REST, RAMP = 0.35, 0.3
"""The speed at both ends, as a share of that in the middle; and which share of the clip it takes to gather
speed. The ends are not quite at rest: a frame that stands still looks like a fault."""

SIDEWAYS = {
    Camera.PAN_LEFT: (0, 1.0),
    Camera.PAN_RIGHT: (0, -1.0),
    Camera.TILT_UP: (1, 1.0),
    Camera.TILT_DOWN: (1, -1.0),
}
"""The axis along which the camera turns, and in which direction."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What a path is about, in pixels of the frame from the picture's centre, y down.

    Attributes:
        point: where the camera goes.
        keep: left, top, right, bottom of what stays in the frame all the time; None: nothing in particular.
        depth: 0 (a flat picture) … 1 (all of it is known): how much near and far go apart.
    """

    point: tuple[float, float] = (0.0, 0.0)
    keep: tuple[float, float, float, float] | None = None
    depth: float = 1.0


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
        return moved.nearer(width, height)

    def nearer(self, width: int, height: int) -> Path:
        """The same path, nearer wherever it would look past a picture of the frame's size."""
        beyond = self.reach(width, height) / (np.array([width, height]) / 2)
        return replace(self, zoom=self.zoom + np.log(beyond.max(axis=1)))

    def shorter(self, share: float) -> Path:
        """The same path, gone only in part."""
        return replace(
            self,
            pan=self.pan * share,
            move=self.move * share,
            zoom=self.zoom * share,
            dolly=self.dolly * share,
            roll=self.roll * share,
        )

    def needs(self, width: int, height: int) -> tuple[int, int]:
        """The size in pixels of a picture whose edge the camera never sees, at least the frame's own."""
        wide, tall = np.ceil(2 * self.reach(width, height).max(axis=0) - 1e-6).astype(int)
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

    def shown(self, points: Track, disparity: float | Track) -> Track:
        """Where points of the picture are seen: ``[T, N, 2]`` for ``[N, 2]``, pixels from the centre."""
        away = np.broadcast_to(np.asarray(disparity, np.float64) - self.pivot, len(points))
        scale = np.exp(self.zoom[:, None] + self.dolly[:, None] * away)
        cos, sin = np.cos(self.roll)[:, None], np.sin(self.roll)[:, None]
        x, y = points.T
        turned = np.stack([(cos * x - sin * y) * scale, (sin * x + cos * y) * scale], axis=2)
        return np.asarray(turned + self.pan[:, None] + self.move[:, None] * away[None, :, None])


def choose(
    *,
    seed: int,
    subject: bool,
    landscape: bool,
    spare: tuple[float, float],
    flat: bool,
    held: bool = False,
    others: bool = False,
) -> Camera:
    """The path that suits a picture, where the member left it open.

    Args:
        seed: decides among what suits.
        subject: there is something in front of the rest.
        landscape: there is a sky.
        spare: how much of the picture lies outside the frame's shape, as shares of its width and height.
        flat: nothing in it is nearer than anything else.
        held: somebody, or something that stands out, is in it: a pan would carry that out of the frame.
        others: there may be more people than those whose faces were found: only a path that ends with the
            whole picture has all of them in it at last.
    """
    fits: Sequence[Camera]
    if spare[0] > 0.25:  # noqa: PLR2004 (a quarter of a frame beyond its side is worth a look)
        fits = (Camera.PAN_LEFT, Camera.PAN_RIGHT)
    elif spare[1] > 0.25:  # noqa: PLR2004 (same)
        fits = (Camera.TILT_UP, Camera.TILT_DOWN)
    elif subject:
        fits = (Camera.ORBIT, Camera.PUSH_IN, Camera.PUSH_IN)
    elif others:
        fits = (Camera.PULL_OUT,)
    elif landscape and not held:
        fits = (Camera.PUSH_IN, Camera.PUSH_IN, Camera.PAN_LEFT, Camera.PAN_RIGHT)
    elif flat:
        fits = (Camera.PUSH_IN,)
    else:
        fits = (Camera.PUSH_IN, Camera.PUSH_IN, Camera.PULL_OUT)
    return fits[int(np.random.default_rng((seed, 1)).integers(len(fits)))]


def travel(
    camera: Camera,
    *,
    motion: Motion,
    seed: int,
    times: Track,
    size: tuple[int, int],
    spare: tuple[float, float] = (0.0, 0.0),
    aim: Aim | None = None,
) -> Path:
    """The camera's path.

    Args:
        camera: any but AUTO, which :func:`choose` resolves.
        motion: scales how far it goes.
        seed: makes it up to 12 % shorter; varies the drift, and the side that an orbit starts from.
        times: float64 ``[T]``, seconds from 0. The path depends on seconds, never on the number of frames.
        size: width and height of the frame, pixels.
        spare: as in :func:`choose`; a pan passes over what lies there.
        aim: what it is about; None: the middle.

    Raises:
        ValueError: the camera is AUTO.
    """
    aim = aim or Aim()
    rng = np.random.default_rng((seed, 2))
    unit = float(np.sqrt(size[0] * size[1]))
    seconds = float(times[-1])
    far = rng.uniform(0.88, 1.0) * np.clip(seconds / FULL_SECONDS, 0.05, 1) ** 0.5
    side = 1.0 if rng.random() < 0.5 else -1.0  # noqa: PLR2004 (a coin)
    gone = eased(times / seconds if seconds > 0 else times)
    across, reach = gone - 0.5, REACH[motion] * far
    near = PARALLAX[motion] * far * aim.depth

    zero = np.zeros_like(times)
    path = Path(
        pan=np.zeros((len(times), 2)),
        move=np.zeros((len(times), 2)),
        zoom=zero,
        dolly=zero,
        roll=zero,
        pivot=0.0,
    )
    sway = np.stack(list(_sway(rng, times)), axis=1) * HELD * unit * min(1.0, REACH[motion])
    if camera in SIDEWAYS:
        axis, sign = SIDEWAYS[camera]
        # What the picture has beyond the frame is shown too, but no faster than an eye follows.
        beyond = min(spare[axis], FASTEST * max(seconds, 0.5) * max(1.0, reach / 1.5)) * size[axis]
        aside = PAN_NEAR * unit * reach * aim.depth
        # Near things go further, and a hand sways: neither may look past the picture's end.
        length = max(beyond - aside - 3 * HELD * unit, PAN * unit * reach)
        path.pan[:, axis] = sign * length * across
        path.move[:, axis] = sign * aside * across
    elif camera in {Camera.PUSH_IN, Camera.PULL_OUT}:
        toward = gone if camera is Camera.PUSH_IN else gone[::-1]
        path = _toward(toward, GROWTH[motion] * far, near, size, aim)
        path.pan[:, 0] += side * DRIFT * unit * reach * toward * across
    elif camera is Camera.ORBIT:
        path = _toward(gone, GROWTH[motion] * far * 0.5, 0.4 * near, size, aim)
        path = replace(path, pivot=0.45)
        path.move[:, 0] += side * ORBIT * unit * reach * aim.depth * across
        path.pan[:, 0] += side * ARC * unit * reach * (1 - aim.depth) * across
    elif camera in {Camera.ROLL_LEFT, Camera.ROLL_RIGHT}:
        # From level on, so that the clip begins as the picture is.
        turned = min(ROLL * reach, ROLL_AT_MOST)
        turning = -1 if camera is Camera.ROLL_LEFT else 1
        path = replace(path, roll=turning * turned * gone, dolly=0.3 * near * gone)
    elif camera is Camera.STILL:
        path = _toward(gone, STILL * reach, 0.3 * near, size, aim)
        sway = sway * 4
    else:
        raise ValueError(f"the camera's path must be decided before it is drawn, not {camera}")
    path.pan[:] += sway
    return path


def kept_share(path: Path, aim: Aim, size: tuple[int, int], canvas: tuple[int, int]) -> float:
    """How much of a path keeps in the frame what it has to keep: 0 nothing of it … 1 all of it.

    Args:
        path: as wanted.
        aim: says what is kept.
        size: width and height of the frame, pixels.
        canvas: the picture's size where it just covers the frame, pixels.
    """
    if aim.keep is None or _keeps(path, aim.keep, size, canvas):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(7):
        middle = (low + high) / 2
        if _keeps(path.shorter(middle), aim.keep, size, canvas):
            low = middle
        else:
            high = middle
    return low


def _keeps(
    path: Path, keep: tuple[float, float, float, float], size: tuple[int, int], canvas: tuple[int, int]
) -> bool:
    needs = path.needs(*size)
    enlarged = max(1.0, needs[0] / canvas[0], needs[1] / canvas[1])
    left, top, right, bottom = (side * enlarged for side in keep)
    corners = np.array([(left, top), (right, top), (left, bottom), (right, bottom)], np.float64)
    half = np.array(size) / 2
    # What touches the edge before anything moves may sway over it, as a hand sways.
    at_edge = np.abs(corners / enlarged) > half - EDGE
    limit = np.where(at_edge, np.maximum(half, np.abs(corners / enlarged)) + SWAYS * half, half - EDGE + 0.5)
    return all(bool((np.abs(path.shown(corners, d)) <= limit).all()) for d in (0.0, 1.0))


def _toward(toward: Track, growth: float, near: float, size: tuple[int, int], aim: Aim) -> Path:
    """Into the picture, around the place that is aimed at.

    Args:
        toward: float64 ``[T]``, 0 … 1.
        growth: logarithm of how much the nearest thing grows.
        near: logarithm of how much more it grows than the farthest.
        size: of the frame.
        aim: where to.
    """
    scale = float(np.exp(growth))
    centre = np.zeros(2)
    for axis in range(2):
        spare = size[axis] / 2 * (1 - 1 / scale)
        wanted = aim.point[axis] * (1 - 1 / scale)
        if aim.keep is not None:
            half = size[axis] / 2 / scale
            least, most = aim.keep[axis + 2] - half, aim.keep[axis] + half
            wanted = float(np.clip(wanted, least, most)) if least <= most else (least + most) / 2
        centre[axis] = np.clip(wanted, -spare, spare)
    # The point that stays where it is: what lies there neither comes in nor goes out.
    fixed = centre / (1 - 1 / scale) if scale > 1 else centre
    zoom, dolly = (growth - near) * toward, near * toward
    pan = -fixed * (np.exp(zoom) - 1)[:, None]
    move = -fixed * (np.exp(zoom) * (np.exp(dolly) - 1))[:, None]
    return Path(pan=pan, move=move, zoom=zoom, dolly=dolly, roll=np.zeros_like(toward), pivot=0.0)


def eased(u: Track) -> Track:
    """How much of the way is gone at each share of the time: slow, steady, slow; 0 … 1."""

    def ramp(x: Track) -> Track:
        return REST * x + (1 - REST) / 2 * (x - RAMP / np.pi * np.sin(np.pi * x / RAMP))

    begun = float(ramp(np.array(RAMP)))
    whole = 2 * begun + 1 - 2 * RAMP
    steady = begun + u - RAMP
    gone = np.where(u < RAMP, ramp(u), np.where(u <= 1 - RAMP, steady, whole - ramp(1 - u)))
    return np.asarray(gone / whole)


def _sway(rng: np.random.Generator, times: Track) -> Iterator[Track]:
    """How a hand that holds the camera sways along each axis, -1 … 1: a hand is never quite still.

    Slow sines of the clock, so that the speed is the same at any frame rate.
    """
    for weight in (1.0, 0.6):
        phase, other = rng.uniform(0, 2 * np.pi, 2)
        slow, slower = 2 * np.pi / rng.uniform(3.6, 4.6), 2 * np.pi / rng.uniform(6, 8)
        yield weight * (0.6 * np.sin(slow * times + phase) + 0.4 * np.sin(slower * times + other))
