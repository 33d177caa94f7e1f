"""Follow a face through a take and measure how it has moved since its first picture.

The mesh gives the face's place, size and direction in each look. Optical flow, in a crop that follows the
face, gives what moved inside the face and around it. A face that turned far is compared with a later picture
of itself, and what had changed until then is added; as soon as it looks the first way again, it is compared
with the first picture. :mod:`engine.gate.meaning.witnesses` reads these looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.clip import luma_of
from engine.gate.meaning.crop_flow import flow_between
from engine.gate.meaning.shape import (
    COARSE,
    EYES,
    FACE,
    MIDDLE,
    Crop,
    Pose,
    coarse,
    cut,
    pose_of,
    similar,
    there_now,
)
from engine.vision import deformation
from engine.vision.eyes import Eyes
from engine.vision.face_mesh import Mesh
from engine.vision.likeness import correlation
from engine.vision.optical_flow import Floats

EyePatches = tuple[NDArray[np.uint8], NDArray[np.uint8]]

EYE_WIDE, EYE_HIGH = 48, 32
"""Pixels of an eye's patch."""
_EYE_FACE = 112
"""Pixels of a face's width at the patches' scale."""
_KEY_TURN, _KEY_UNLIKE = 0.2, 0.2
"""Radians turned and correlation lost, beyond which a later picture is compared with."""
_SLIGHT = 0.05
"""Radians; a face that turned less is compared with the same picture, however unlike it is."""
_ALL_OF_IT = 0.95
"""Share of an eye's patch that lies in the picture; an eye beyond its edge is not gone."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """A face in one frame, compared with its first picture.

    Attributes:
        number: of the frame.
        mesh: None: the network sees no face, and nothing else is known.
        turned: radians between the two, left, right, up or down.
        turns: the same, left or right, and up or down, ``[2]``.
        aside: radians by which it looks past the camera, to either side.
        unlike: 1 minus the correlation with what it was, moved along the flow.
        flow: float32 ``[h, w, 2]`` on the coarse grid, widths; motion beside that of the face as a whole.
        sure: where the flow is, bool ``[h, w]``.
        seen: what lies in the picture, bool ``[h, w]``.
        solid: what turning alone adds to the motion of the mesh's points, ``[468, 2]``, widths.
        bent: how far the mesh's points are from a rigid motion, ``[468, 2]``, widths, upright.
        eyes: each eye's patch, upright, uint8 ``[EYE_HIGH, EYE_WIDE]``; None where one is not all in the
            picture.
        deformed: how much it looks out of shape, see :mod:`engine.vision.deformation`; None: unknown.
    """

    number: int
    mesh: Mesh | None
    turned: float = 0.0
    turns: Floats = field(default_factory=lambda: np.zeros(2, np.float32))
    aside: float = 0.0
    unlike: float = 0.0
    flow: Floats = field(default_factory=lambda: np.zeros((*COARSE, 2), np.float32))
    sure: NDArray[np.bool_] = field(default_factory=lambda: np.ones(COARSE, np.bool_))
    seen: NDArray[np.bool_] = field(default_factory=lambda: np.ones(COARSE, np.bool_))
    solid: Floats = field(default_factory=lambda: np.zeros((468, 2), np.float32))
    bent: Floats = field(default_factory=lambda: np.zeros((468, 2), np.float32))
    eyes: EyePatches | None = None
    deformed: Floats | None = None


@dataclass
class _Sum:
    """What had changed when the face was last compared with a new picture of itself."""

    unlike: float = 0.0
    flow: Floats = field(default_factory=lambda: np.zeros((*COARSE, 2), np.float32))
    seen: NDArray[np.bool_] = field(default_factory=lambda: np.ones(COARSE, np.bool_))


@dataclass(frozen=True)
class Followed:
    """A face through the take.

    Attributes:
        first: the face in the picture in which it was found.
        eyes: its patches of the eyes there, as in :class:`Look`.
        deformed: as in :class:`Look`, there.
        clear: how many of its heights, from its top down, no letters lie over: they stay while it moves.
        looks: in order.
    """

    first: Crop
    eyes: EyePatches | None
    looks: tuple[Look, ...]
    deformed: Floats | None = None
    clear: float = math.inf


def follow_face(
    frames: NDArray[np.uint8],
    numbers: Sequence[int],
    base: NDArray[np.uint8],
    mesh: Mesh,
    eyes: Eyes,
    *,
    stride: int,
) -> Followed:
    """Follow a face and compare it with what it was.

    Args:
        frames: of the clip, uint8 ``[T, H, W, 3]``.
        numbers: of those that are looked at, in order.
        base: the picture in which the face was found, of the same size.
        mesh: of the face in it.
        eyes: fit the meshes.
        stride: from how many frames to the next the mesh holds on to a face; frames between looks that are
            farther apart are fitted as well.
    """
    luma = luma_of(base)
    first = Crop(luma, mesh)
    looks = tuple(_looks(frames, numbers, first, eyes, stride))
    return Followed(
        first,
        _eyes_of(luma, first, mesh, pose_of(first, mesh)),
        looks,
        deformed=eyes.deformation(_face_of(first.luma)),
    )


def _looks(
    frames: NDArray[np.uint8], numbers: Sequence[int], first: Crop, eyes: Eyes, stride: int
) -> Iterator[Look]:
    crop, before, mesh, last = first, _Sum(), first.mesh, numbers[0]
    for number in numbers:
        for passed in _on_the_way(last, number, stride):
            mesh = eyes.mesh(frames[passed], mesh) or mesh
        last, frame = number, frames[number]
        found = eyes.mesh(frame, mesh)
        if found is None:
            yield Look(number=number, mesh=None)
            continue
        mesh, luma, whole = found, luma_of(frame), pose_of(first, found)
        if whole.turned <= _KEY_TURN:
            crop, before = first, _Sum()
        pose = whole if crop is first else pose_of(crop, found)
        there = there_now(crop, pose)
        upright, inside = cut(luma, there), cut(np.ones_like(luma), there, outside=True) > 0
        now, sure = _compare(crop, upright, inside, before)
        yield Look(
            number=number,
            mesh=found,
            turned=whole.turned,
            turns=whole.turns,
            aside=found.aside,
            unlike=now.unlike,
            flow=now.flow,
            sure=sure & now.seen,
            seen=now.seen,
            solid=_solid(first, whole),
            bent=whole.bent,
            eyes=_eyes_of(luma, first, found, whole),
            deformed=eyes.deformation(_face_of(upright)),
        )
        unlike = now.unlike - before.unlike > _KEY_UNLIKE and min(whole.turned, pose.turned) > _SLIGHT
        if pose.turned > _KEY_TURN or unlike:
            crop, before = Crop(luma, found), now


def _on_the_way(begin: int, end: int, stride: int) -> list[int]:
    """Frames between two looks, evenly, so that no two neighbours are farther apart than the stride."""
    steps = math.ceil((end - begin) / stride)
    return [begin + round(step * (end - begin) / steps) for step in range(1, steps)]


def _compare(
    crop: Crop, now: NDArray[np.uint8], inside: NDArray[np.bool_], before: _Sum
) -> tuple[_Sum, NDArray[np.bool_]]:
    """Add what changed since the crop to what had changed till then; and where the flow is sure."""
    moved = flow_between(crop.luma, now)
    return _Sum(
        unlike=before.unlike + 1 - _same(crop.luma, moved.moved_back, crop.outline & inside),
        flow=before.flow + coarse(cv2.blur(moved.flow / FACE, (4, 4))),
        seen=before.seen & coarse(inside & crop.seen),
    ), coarse(moved.sure)


def _face_of(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part of a crop that :mod:`engine.vision.deformation` is shown."""
    left, top = (round(at - shown) for at, shown in zip(MIDDLE, deformation.MIDDLE, strict=True))
    return crop[top : top + deformation.SIDE, left : left + deformation.SIDE]


def _same(one: NDArray[np.uint8], other: Floats, mask: NDArray[np.bool_]) -> float:
    """Correlation of two crops in some of their pixels; 0 where there are none."""
    if not mask.any():
        return 0.0
    a, b = one[mask].astype(np.float32), other[mask]
    return correlation(a - a.mean(), b - b.mean())


def _solid(first: Crop, whole: Pose) -> Floats:
    """How far a rigid face's points are from where a flat picture of it would have them, widths, upright."""
    stiff = ~first.loose
    back = cv2.invertAffineTransform(similar(first.mesh.points[stiff, :2], whole.predicted[stiff]))
    moved = whole.predicted @ back[:, :2].T + back[:, 2] - first.mesh.points[:, :2]
    return np.asarray(moved @ first.there[:, :2].T / FACE, np.float32)


def _eyes_of(luma: NDArray[np.uint8], first: Crop, mesh: Mesh, pose: Pose) -> EyePatches | None:
    """The two eyes' patches, cut where a rigid face has its eyes, upright and of the first picture's size."""
    left, right = mesh.eyes
    across = (right - left) / max(float(np.hypot(*(right - left))), 1e-6)
    scale = _EYE_FACE / first.width / max(pose.scale, 1e-6)
    axes = np.stack([across, np.array([-across[1], across[0]])]) * scale
    size = (EYE_WIDE, EYE_HIGH)

    def patch(eye: tuple[int, ...]) -> NDArray[np.uint8] | None:
        shift = np.array([EYE_WIDE / 2, EYE_HIGH / 2]) - axes @ pose.predicted[list(eye)].mean(axis=0)
        there = np.column_stack([axes, shift]).astype(np.float32)
        if cv2.warpAffine(np.ones_like(luma), there, size).mean() < _ALL_OF_IT:
            return None
        return np.asarray(cv2.warpAffine(luma, there, size, flags=cv2.INTER_AREA), np.uint8)

    one, other = patch(EYES[0]), patch(EYES[1])
    return None if one is None or other is None else (one, other)
