"""From one picture to another: along the way from the one to the other, or by a dissolve.

Where both show one scene, the camera goes from where the first was taken to where the second was, and one
takes the place of the other on the way. Where they don't, each is filmed as ever, and they dissolve at the
turn, when both are at rest. The first frame is the first picture and the last one the second, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.clips.join import SETTLE_SECONDS
from engine.core.recipe import Camera, Motion
from engine.families.camera.path import Track, eased
from engine.families.camera.plain import FINER
from engine.families.camera.shot import Brief, Shot
from engine.families.camera.two_pictures.pairing import NOTHING, Pairing, carried, corners_of
from engine.vision.crop import cover
from engine.vision.optical_flow import grid

Pixels = NDArray[np.uint8]
Field = NDArray[np.float32]

SHARE = 1 / 2
"""Share of a clip in which both pictures can be seen, at most. The rest is one of them, for the gate too."""
SECONDS = 1.0
"""How long a dissolve takes at most. A longer one is a ghost, not a change."""
BREATH = {Motion.GENTLE: 0.03, Motion.NORMAL: 0.05, Motion.WILD: 0.1}
"""Where both were taken from one place: logarithm of how much nearer the camera comes on the way."""
MOVED = 0.15
"""From this way on, as a share of the frame's mean side, the way itself is motion enough."""
FEATHER = 0.06
"""As a share of the mean side: how softly the edge of one picture lies in the other."""
RELIT = 3.0
"""Light and colour of one are brought to those of the other by this factor at most."""

SEAM, DIFFERS = 40.0, 0.15
"""Levels beyond all that one picture has near a place, from which on the other shows something else there;
and the share of the seam between them from which on that would hang there as scraps."""
TONES = 33
"""Points of the curve, from the darkest to the brightest, by which one light is turned into another one."""
ABOUT, BEYOND = 0.01, 0.02
"""How far near is, as a share of the mean side; and the share of a picture outside the other one up to which
nothing of it is seen alone for long."""
SOFT = 0.45
"""Pixels of the canvas over which it is blurred; less would flicker, more be seen beside the pictures."""

OPPOSITE = {
    Camera.PAN_LEFT: Camera.PAN_RIGHT,
    Camera.PAN_RIGHT: Camera.PAN_LEFT,
    Camera.TILT_UP: Camera.TILT_DOWN,
    Camera.TILT_DOWN: Camera.TILT_UP,
    Camera.ROLL_LEFT: Camera.ROLL_RIGHT,
    Camera.ROLL_RIGHT: Camera.ROLL_LEFT,
}
"""What a path is backwards. The second picture is filmed from its end back to the turn."""


def _linear_light() -> tuple[NDArray[np.float32], Pixels]:
    """Light by level (sRGB), 0 … 1, and levels by light in steps of 1/65535."""
    levels = np.arange(256) / 255
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 (IEC 61966-2-1)
    steps = np.arange(65536) / 65535
    back = np.where(steps <= 0.0031308, steps * 12.92, 1.055 * steps ** (1 / 2.4) - 0.055)  # noqa: PLR2004 (same)
    return light.astype(np.float32), np.round(back * 255).astype(np.uint8)


_LIGHT, _LEVEL = _linear_light()


def light_of(frame: Pixels) -> Field:
    """A picture's linear light, float32 of its shape, 0 … 1."""
    return np.asarray(cv2.LUT(frame, _LIGHT), np.float32)


def levels_of(light: Field) -> Pixels:
    """The picture of linear light; what is too bright is white."""
    steps = np.clip(light * 65535 + 0.5, 0, 65535).astype(np.uint16)
    return np.asarray(_LEVEL[steps], np.uint8)


def fade(times: Track) -> Track:
    """How much of the second picture is seen at each time, 0 … 1; float64 ``[T]``."""
    seconds = float(times[-1])
    if seconds <= 0:
        return np.zeros_like(times)
    share = min(SHARE, SECONDS / seconds)
    gone = np.clip((times / seconds - 0.5) / share + 0.5, 0, 1)
    return np.asarray(gone * gone * (3 - 2 * gone))


def turning(brief: Brief, *, last: bool = False, flat: bool = False) -> Brief:
    """How one of two pictures that dissolve is filmed: from the picture as it is, to rest at the turn.

    Args:
        brief: of the clip.
        last: of the second picture, whose frames are shown backwards.
        flat: it is drawn or written, up to its edges perhaps: hardly anything of it may leave the frame.
    """
    seconds = float(brief.times[-1])
    gone = np.sin(np.pi * np.minimum(brief.times / max(seconds, 1e-6), 0.5))
    camera = Camera.PUSH_IN if brief.camera in {Camera.AUTO, Camera.PULL_OUT} else brief.camera
    if flat:
        brief, camera = replace(brief, motion=Motion.GENTLE), Camera.STILL
    return replace(
        brief,
        camera=OPPOSITE.get(camera, camera) if last else camera,
        # Half the way in half the time.
        times=np.asarray(gone * seconds / 2),
        onward=True,
    )


@dataclass(frozen=True, kw_only=True)
class Dissolve:
    """Two shots, the second shown backwards.

    Attributes:
        times: float64 ``[T]``, seconds from 0, of the clip.
    """

    first: Shot
    last: Shot
    times: Track

    def frames(self) -> Iterator[Pixels]:
        """Film all frames, uint8 ``[H, W, 3]``."""
        seconds, end = float(self.times[-1]), len(self.times) - 1
        for index, share in enumerate(fade(self.times)):
            time = float(self.times[index])
            if share == 0:
                yield self.first.frame(index, time)
            elif share == 1:
                yield self.last.frame(end - index, seconds - time)
            else:
                one, two = self.first.frame(index, time), self.last.frame(end - index, seconds - time)
                light = light_of(one) * np.float32(1 - share) + light_of(two) * np.float32(share)
                yield levels_of(light)


@dataclass(frozen=True, kw_only=True)
class Passage:
    """The way from one picture of a scene to the other.

    Attributes:
        first, last: uint8 ``[FINER * H, FINER * W, 3]``, RGB, a little soft.
        size: width and height of a frame.
        pairing: how the second lies in the first, in pixels of the frame.
        times: float64 ``[T]``, seconds from 0.
        breath: logarithm of how much nearer the camera comes on the way.
        relight: float32 ``[3]``, the second picture's light over the first's, by channel.
    """

    first: Pixels
    last: Pixels
    size: tuple[int, int]
    pairing: Pairing
    times: Track
    breath: float
    relight: Field

    @classmethod
    def of(
        cls, first: Pixels, last: Pixels, size: tuple[int, int], pairing: Pairing, brief: Brief
    ) -> Passage:
        """Make one of two pictures ``[H, W, 3]`` of any size and of the pairing of their frames."""
        corners = corners_of(*size)
        way = np.abs(carried(pairing.matrix, corners) - corners).max() / np.sqrt(size[0] * size[1])
        return cls(
            first=_canvas(first, size),
            last=_canvas(last, size),
            size=size,
            pairing=pairing,
            times=brief.times,
            breath=BREATH[brief.motion] * float(np.clip(1 - way / MOVED, 0, 1)),
            relight=_relight(cover(first, *size), cover(last, *size), pairing),
        )

    def frames(self) -> Iterator[Pixels]:
        """Film all frames, uint8 ``[H, W, 3]``."""
        seconds = float(self.times[-1])
        gone = eased(self.times / seconds) if seconds > 0 else self.times
        for index, share in enumerate(fade(self.times)):
            yield self._frame(float(gone[index]), float(share), float(self.times[index] / max(seconds, 1e-6)))

    def _frame(self, gone: float, share: float, time: float) -> Pixels:
        way, (width, height) = self.pairing.matrix, self.size
        partly = part_of(way, gone, self.size)
        nearer = np.exp(self.breath * np.sin(np.pi * time))
        middle = (np.array(self.size) - 1) / 2
        breath = np.array(
            [[nearer, 0, middle[0] * (1 - nearer)], [0, nearer, middle[1] * (1 - nearer)], [0, 0, 1]]
        )
        seen = _taken(grid(height, width), np.linalg.inv(breath @ partly))
        beside = self._beside(seen)
        here = seen if beside is None else seen - np.float32(gone) * beside
        in_one = self._inside(here, partly)
        if share == 0 and in_one.min() == 1:
            return self._sample(self.first, here)
        there = _taken(seen if beside is None else seen + np.float32(1 - gone) * beside, way)
        in_two = self._inside(there, partly @ np.linalg.inv(way))
        if share == 1 and in_two.min() == 1:
            return self._sample(self.last, there)
        one, two = self._sample(self.first, here), self._sample(self.last, there)
        weight_one, weight_two = in_one * np.float32(1 - share), in_two * np.float32(share)
        # Where only one of them has been, it is seen alone, in the other's light.
        weight_one, weight_two = (
            weight_one + in_one * (1 - in_two) * np.float32(share) + 1e-6 * np.float32(1 - share),
            weight_two + in_two * (1 - in_one) * np.float32(1 - share) + 1e-6 * np.float32(share),
        )
        whole = (weight_one + weight_two)[..., None]
        lit_one = light_of(one) * (1 + np.float32(share) * (self.relight - 1))
        lit_two = light_of(two) * (1 + np.float32(1 - share) * (1 / self.relight - 1))
        return levels_of((lit_one * weight_one[..., None] + lit_two * weight_two[..., None]) / whole)

    def _beside(self, seen: Field) -> Field | None:
        """The pairing's field at places of the first picture, pixels; None where there is none."""
        field, (width, height) = self.pairing.field, self.size
        if not field.any():
            return None
        rows, columns = field.shape[:2]
        at = (seen + 0.5) * np.array([columns / width, rows / height], np.float32) - 0.5
        # Beyond the picture nothing is known.
        read = cv2.remap(field, at, NOTHING, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(read * np.array([width, height], np.float32), np.float32)

    def _sample(self, canvas: Pixels, places: Field) -> Pixels:
        """A picture at these places, pixels of the frame."""
        finer = places * np.float32(FINER) + np.float32((FINER - 1) / 2)
        seen = cv2.remap(canvas, finer, NOTHING, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(seen, np.uint8)

    def _inside(self, places: Field, moved: NDArray[np.float64]) -> Field:
        """Where a picture has something to show, 0 … 1, after it was moved by a matrix."""
        width, height = self.size
        x, y = places[..., 0], places[..., 1]
        inside = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
        # A picture that has hardly moved fills the frame, its soft edge still outside.
        corners = corners_of(width, height)
        way = np.abs(carried(moved, corners) - corners).max()
        feather = FEATHER * np.sqrt(width * height)
        outside = feather * (1 - min(1.0, way / feather)) + 0.5
        return np.asarray(np.clip((inside + np.float32(outside)) / np.float32(feather), 0, 1), np.float32)


def agree_at_their_seams(first: Pixels, last: Pixels, pairing: Pairing) -> bool:
    """Whether each picture goes on where the other one ends.

    Where only one has been, it is seen alone; what stands elsewhere in the other would be cut off there.

    Args:
        first, last: uint8 ``[H, W, 3]``, RGB, of one size, as they were paired.
        pairing: how the second lies in the first.
    """
    back = np.asarray(np.linalg.inv(pairing.matrix), np.float64)
    return max(_differs_at_seam(first, last, pairing.matrix), _differs_at_seam(last, first, back)) <= DIFFERS


def _differs_at_seam(one: Pixels, other: Pixels, way: NDArray[np.float64]) -> float:
    """The share of one picture, right within the other one's edge, in which that shows something else."""
    rows, columns = one.shape[:2]
    unit = np.sqrt(rows * columns)
    places = _taken(grid(rows, columns), way)
    x, y = places[..., 0], places[..., 1]
    within = np.minimum(np.minimum(x, columns - 1 - x), np.minimum(y, rows - 1 - y))
    seam = (within > 0) & (within < FEATHER * unit)
    if (within < -1).mean() < BEYOND or not seam.any():
        return 0.0
    laid = cv2.remap(other, places, NOTHING, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    here, there = (cv2.GaussianBlur(side, (0, 0), 1.5).astype(np.float32) for side in (one, laid))
    # In other light and at another hour the same things are there: the seam's levels are brought together.
    shares = np.linspace(0, 1, TONES)
    for channel in range(3):
        own, others = (np.quantile(side[..., channel][seam], shares) for side in (here, there))
        here[..., channel] = np.interp(here[..., channel], own, others)
    near = 2 * max(1, round(ABOUT * unit)) + 1
    around = np.ones((near, near), np.uint8)
    strange = [
        np.maximum(cv2.erode(last, around) - first, first - cv2.dilate(last, around)).max(axis=2)
        for first, last in ((here, there), (there, here))
    ]
    return float((np.maximum(*strange)[seam] > SEAM).mean())


def _canvas(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """What :func:`cover` makes of a picture, FINER times as fine, and exactly where that is."""
    rows, columns = picture.shape[:2]
    scale = max(size[0] / columns, size[1] / rows)
    whole = (max(size[0], round(columns * scale)), max(size[1], round(rows * scale)))
    how = cv2.INTER_AREA if FINER * scale < 1 else cv2.INTER_CUBIC
    large = cv2.resize(picture, (FINER * whole[0], FINER * whole[1]), interpolation=how)
    left, top = (FINER * ((one - other) // 2) for one, other in zip(whole, size, strict=True))
    cut = large[top : top + FINER * size[1], left : left + FINER * size[0]]
    return np.asarray(cv2.GaussianBlur(cut, (0, 0), SOFT), np.uint8)


def _taken(places: Field, matrix: NDArray[np.floating]) -> Field:
    """Where a homography takes many places, float32 ``[H, W, 2]``."""
    return np.asarray(cv2.perspectiveTransform(places, matrix), np.float32)


def crisp(frames: Pixels, picture: Pixels, fps: float) -> None:
    """Give the first frames the detail of the picture that they begin with, less and less of it.

    What is filmed is a little softer than the picture; all at once, that would be seen.

    Args:
        frames: ``[T, H, W, 3]``, changed in place.
        picture: ``[H, W, 3]``.
        fps: frames per second.
    """

    def detail(frame: Field) -> Field:
        return frame - cv2.GaussianBlur(frame, (0, 0), 0.6)

    first = frames[0].astype(np.float32)
    fine = detail(first)
    amount = float((fine * (picture - first)).sum() / max(1.0, float((fine * fine).sum())))
    count = min(len(frames) // 2, round(SETTLE_SECONDS * fps))
    for index in range(count):
        frame = frames[index].astype(np.float32)
        sharper = frame + np.float32(amount * (1 - index / count)) * detail(frame)
        frames[index] = np.clip(sharper + 0.5, 0, 255).astype(np.uint8)


def part_of(way: NDArray[np.float64], gone: float, size: tuple[int, int]) -> NDArray[np.float64]:
    """The matrix for a part of the way, 0 … 1.

    What is a shift, a turn and a zoom goes as a camera goes: at a steady rate around its fixed point. What is
    left, the slant, is added in proportion.
    """
    corners = corners_of(*size)
    middle = corners.mean(axis=0)
    here, there = corners - middle, carried(way, corners) - middle
    z, w = here[:, 0] + 1j * here[:, 1], there[:, 0] + 1j * there[:, 1]
    drift = w.mean()
    turn = complex(np.vdot(z, w - drift) / np.vdot(z, z).real)
    power = np.exp(gone * np.log(turn))
    near_one = abs(turn - 1) < 1e-6  # noqa: PLR2004 (a mere shift)
    shift = drift * (gone if near_one else (power - 1) / (turn - 1))
    # How the slant would move the corners after the rest of the way, in the first picture's own scale.
    left = (w - drift) / turn - z
    now = (z + gone * left) * power + shift
    points = np.stack([now.real, now.imag], axis=1) + middle
    return np.asarray(
        cv2.getPerspectiveTransform(corners.astype(np.float32), points.astype(np.float32)), np.float64
    )


def _relight(first: Pixels, last: Pixels, pairing: Pairing) -> Field:
    """The second picture's light over the first's where both see the same, by channel; float32 ``[3]``."""
    rows, columns = first.shape[:2]
    back = np.linalg.inv(pairing.matrix)
    laid = cv2.warpPerspective(last, back, (columns, rows), flags=cv2.INTER_LINEAR)
    seen = cv2.warpPerspective(np.ones((rows, columns), np.uint8), back, (columns, rows)) > 0
    if not seen.any():
        return np.ones(3, np.float32)
    one = light_of(first)[seen].mean(axis=0) + 0.01
    two = light_of(np.asarray(laid, np.uint8))[seen].mean(axis=0) + 0.01
    return np.asarray(np.clip(two / one, 1 / RELIT, RELIT), np.float32)
