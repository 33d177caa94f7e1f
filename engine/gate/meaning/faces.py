"""A face through a take: what changes about it that no living face changes.

The face's mesh is followed from look to look. Its rigid motion in three dimensions is taken off, and so is
the flow of its surroundings. What is left is bending, growing, sliding. A face that turned far is compared
with a later picture of itself, so that no comparison spans more than a small turn; what has changed till then
is added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.fault import Fault
from engine.gate.meaning.shape import (
    EYES,
    FACE,
    HIGH,
    WIDE,
    Crop,
    Pose,
    cut,
    places,
    pose_of,
    similarity,
    stiffly,
)
from engine.vision.box import Box
from engine.vision.eyes import Eyes
from engine.vision.face_mesh import Mesh
from engine.vision.likeness import correlation
from engine.vision.optical_flow import MEDIUM, Floats, dense, grid, read

LOST = "face_lost"

_UNLIKE, _FAR = 0.4, 0.35
"""From here on a face is no longer compared: correlation that was lost, and radians turned, in all."""
_TURN = 0.2
"""Radians, beyond which a later picture of the face is compared with."""
_UPPER, _LOWER = 0.08, 0.25
"""Above and below these heights, in widths from the middle, are the upper and the lower face."""
_BELIEVED = 0.6
"""Correlation of what is around a face with itself, moved along the flow."""
_AWAY = 0.35
"""Radians, from which a face that is seen no more may have turned away."""
_TURNED = 0.04
"""Radians that a face seems to turn when it does not."""
_FEWEST_LOOKS = 3
_FLOOR = 6.0
"""Added to an eye's detail, in levels, so that noise counts for nothing."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """A face in one frame, compared with the first.

    Attributes:
        number: of the frame.
        mesh: None: the network sees no face.
        turned: radians that it turned on the way, in all.
        unlike: 1 minus the correlation with what it was, moved along its own flow.
        bends: root mean square of what is left of the stiff points' motion, widths.
        slides: of the lower face against the upper one, sideways, widths.
        grows: share by which it grew more than what is around it; None: nothing is to be seen around it.
        leaves: how far the chest moved under it, widths; None: no chest is to be seen.
        eyes: share of each eye's detail that is gone.
    """

    number: int
    mesh: Mesh | None
    turned: float = 0.0
    unlike: float = 0.0
    bends: float = 0.0
    slides: float = 0.0
    grows: float | None = None
    leaves: float | None = None
    eyes: tuple[float, float] = (0.0, 0.0)


@dataclass
class _Sum:
    """What had changed when the face was last compared with a new picture of itself."""

    turned: float = 0.0
    unlike: float = 0.0
    points: Floats = field(default_factory=lambda: np.zeros((468, 2), np.float32))
    ring: float = 0.0
    chest: float = 0.0
    shift: Floats = field(default_factory=lambda: np.zeros(2, np.float32))


def follow_face(
    frames: Sequence[NDArray[np.uint8]],
    numbers: Sequence[int],
    base: NDArray[np.uint8],
    mesh: Mesh,
    eyes: Eyes,
) -> Iterator[Look]:
    """Follow a face and compare it with what it was, as long as that can be done.

    After a far turn, or once too much of the face has changed to be recognised, nothing certain can be said:
    the looks end.

    Args:
        frames: to look at, uint8 ``[H, W, 3]``, in order.
        numbers: of these frames in the clip.
        base: the picture in which the face was found, of the same size.
        mesh: of the face in it.
        eyes: fit the meshes.
    """
    first = crop = Crop(_luma(base), mesh)
    before, known = _Sum(), _eyes_of(crop.luma, crop)
    for number, frame in zip(numbers, frames, strict=True):
        found = eyes.mesh(frame, mesh)
        if found is None:
            yield Look(number=number, mesh=None)
            continue
        mesh = found
        luma, pose = _luma(frame), pose_of(crop, found)
        straight = _straight(luma, crop, pose)
        now = _compare(crop, luma, straight, pose, before)
        if now.unlike > _UNLIKE or now.turned > _FAR:
            return
        stiff = stiffly(first, now.points, first.weights)
        upper = first.weights * (first.points[:, 1] < _UPPER)
        lower = first.points[:, 1] > _LOWER
        flown = float(stiffly(first, now.points, upper)[lower, 0].mean())
        whole = pose if crop is first else pose_of(first, found)
        yield Look(
            number=number,
            mesh=found,
            turned=now.turned,
            unlike=now.unlike,
            bends=float(np.sqrt((stiff[~first.loose] ** 2).sum(axis=1).mean())),
            slides=abs(flown + float(whole.bent[lower, 0].mean())),
            grows=_growth(now),
            leaves=None if np.isnan(now.shift).any() else float(np.hypot(*now.shift)),
            eyes=_gone(known, _eyes_of(straight, crop)),
        )
        if pose.turned > _TURN:
            crop, before = Crop(luma, found), now


def faults_of(looks: Sequence[Look]) -> Iterator[Fault]:
    """How much of each fault a followed face shows, however little that is.

    What lasts for one look is none, so a fault counts by the lesser of two looks that follow each other. The
    further a face turned, and the less alike it is, the less is certain, and the less its changes count.

    Args:
        looks: in order.
    """
    for code, reading in _READINGS.items():
        values = [
            (
                value / (1 + reading.turned * max(0.0, look.turned - _TURNED) + reading.unlike * look.unlike),
                look,
            )
            for look in looks
            if look.mesh is not None and (value := reading.read(look)) is not None
        ]
        if len(values) >= _FEWEST_LOOKS:
            value, look = max(
                ((min(one, two), later) for (one, _), (two, later) in pairwise(values)),
                key=lambda known: known[0],
            )
            yield Fault(code=code, value=value, frame=look.number, box=_box(look))
    yield from _lost(looks)


def _lost(looks: Sequence[Look]) -> Iterator[Fault]:
    """The share of the looks at the end in which the network sees no face where the last one was.

    A face that was about to look away is not lost.
    """
    last = max((n for n, look in enumerate(looks) if look.mesh is not None), default=None)
    if last is None or last == len(looks) - 1 or looks[last].turned > _AWAY:
        return
    yield Fault(
        code=LOST,
        value=(len(looks) - 1 - last) / len(looks),
        frame=looks[last + 1].number,
        box=_box(looks[last]),
    )


def _box(look: Look) -> Box:
    if look.mesh is None:
        raise ValueError("there is no face in this look")
    return Box.around(look.mesh.points)


def _one_eye(look: Look) -> float:
    """What the worse eye lost more than the other one: a blink takes both, and so does the dark."""
    return min(max(look.eyes), abs(look.eyes[0] - look.eyes[1]) * 1.3)


@dataclass(frozen=True)
class _Reading:
    """How a fault is read from a look.

    Attributes:
        read: its value.
        turned, unlike: by how much less it counts for each radian turned, and for each unlikeness.
    """

    read: Callable[[Look], float | None]
    turned: float
    unlike: float


_READINGS = {
    "face_bends": _Reading(lambda look: look.bends, 30.0, 0.0),
    "face_grows": _Reading(lambda look: look.grows, 0.0, 0.0),
    "eye_disappears": _Reading(_one_eye, 30.0, 0.0),
    "mouth_slides": _Reading(lambda look: look.slides, 3.0, 1.0),
    "head_slides": _Reading(lambda look: look.leaves, 30.0, 1.0),
}


def _compare(
    crop: Crop, luma: NDArray[np.uint8], straight: NDArray[np.uint8], pose: Pose, before: _Sum
) -> _Sum:
    """Add what changed since the crop to what had changed till then."""
    flow = np.asarray(dense(crop.luma, straight, MEDIUM) / FACE, np.float32)
    smooth = cv2.blur(flow, (5, 5))
    points = before.points + smooth[crop.pixels[:, 1], crop.pixels[:, 0]]
    stiff = ~crop.loose
    back = cv2.invertAffineTransform(_similar(crop.mesh.points[stiff, :2], pose.predicted[stiff]))
    there = np.hstack(
        [crop.there[:, :2] @ back[:, :2], (crop.there[:, :2] @ back[:, 2] + crop.there[:, 2])[:, None]]
    )
    now, seen = cut(luma, there), cut(np.ones_like(luma), there, outside=True) > 0
    around = np.asarray(dense(crop.luma, now, MEDIUM) / FACE, np.float32)
    back_then = read(now.astype(np.float32), grid(HIGH, WIDE) + around * FACE)
    face, ring, chest = (
        similarity(around, mask & seen) if _same(crop.luma, back_then, mask & seen) > least else None
        for mask, least in ((crop.outline, -1.0), (crop.ring, _BELIEVED), (crop.chest, _BELIEVED))
    )
    # A mesh follows most of a growth; what it missed is in the flow.
    own = 0.0 if face is None else max(0.0, face[0])
    return _Sum(
        turned=before.turned + pose.turned,
        unlike=before.unlike + 1 - _same(crop.luma, back_then, crop.outline & seen),
        points=points.astype(np.float32),
        ring=before.ring + (np.nan if ring is None else own - ring[0]),
        chest=before.chest + (np.nan if chest is None else own - chest[0]),
        shift=before.shift + (np.full(2, np.nan, np.float32) if chest is None else chest[1]),
    )


def _same(one: NDArray[np.uint8], other: Floats, mask: NDArray[np.bool_]) -> float:
    """Correlation of two crops in some of their pixels; 0 where there are none."""
    if not mask.any():
        return 0.0
    a, b = one[mask].astype(np.float32), other[mask]
    return correlation(a - a.mean(), b - b.mean())


def _growth(now: _Sum) -> float | None:
    """By how much the face grew more than what is around it, wherever that is looked for."""
    shares = [share for share in (now.ring, now.chest) if not np.isnan(share)]
    return min(shares) if shares else None


def _straight(luma: NDArray[np.uint8], crop: Crop, pose: Pose) -> NDArray[np.uint8]:
    """The face of another frame as the crop would see it if it had only moved as a rigid thing."""
    x, y, _ = crop.points.T
    root = np.sqrt(crop.weights)[:, None]
    fit = np.linalg.lstsq(_bowl(x, y) * root, pose.predicted * root, rcond=None)[0]
    at = (_crop_bowl() @ fit).astype(np.float32)
    made = cv2.remap(luma, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(made, np.uint8)


@cache
def _crop_bowl() -> Floats:
    return _bowl(*places())


def _bowl(x: Floats, y: Floats) -> Floats:
    """A face is about a bowl: turned, its points move by a polynomial of degree two."""
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _similar(one: Floats, other: Floats) -> NDArray[np.float64]:
    """The similarity that leads nearest from points to points, ``[2, 3]``."""
    from_, to = one.mean(axis=0), other.mean(axis=0)
    a, b = ((points[:, 0] + 1j * points[:, 1]) for points in (one - from_, other - to))
    turn = np.vdot(a, b) / np.vdot(a, a).real
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.hstack([matrix, (to - matrix @ from_)[:, None]])


def _eyes_of(luma: NDArray[np.uint8], crop: Crop) -> tuple[float, float]:
    """The detail of each eye, in levels."""
    left, right = (_detail(luma, crop.pixels[list(eye)].mean(axis=0)) for eye in EYES)
    return left, right


def _detail(luma: NDArray[np.uint8], middle: Floats) -> float:
    x, y = (round(float(value)) for value in middle)
    patch = cv2.GaussianBlur(
        luma[max(0, y - 5) : y + 6, max(0, x - 9) : x + 10].astype(np.float32), (0, 0), 1
    )
    return float(np.sqrt((cv2.Laplacian(patch, cv2.CV_32F) ** 2).mean())) if patch.size else 0.0


def _gone(known: tuple[float, float], now: tuple[float, float]) -> tuple[float, float]:
    left, right = (1 - (b + _FLOOR) / (a + _FLOOR) for a, b in zip(known, now, strict=True))
    return left, right


def _luma(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
