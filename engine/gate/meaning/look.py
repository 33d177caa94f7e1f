"""Look for faces and letters in a clip, and say what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.clip import Clip, luma_of
from engine.gate.meaning.appearing import find_appearing, may_have_appeared
from engine.gate.meaning.face_faults import LOST, faults_of
from engine.gate.meaning.faces import Followed, follow_face
from engine.gate.meaning.fault import FAULTS, Fault
from engine.gate.meaning.hand_loss import hand_faults
from engine.gate.meaning.letters import SIDE, follow_lines
from engine.gate.meaning.reading import is_text, is_unreadable
from engine.vision import faces
from engine.vision.box import Box
from engine.vision.eyes import Eye, Eyes
from engine.vision.face_mesh import Mesh
from engine.vision.faces import Face
from engine.vision.optical_flow import Floats
from engine.vision.text_regions import TextLine

SHORTEST = 4
"""Frames below which nothing can be said of a change."""

FACE_SIDES = (320, 448, faces.SIDE)
"""Longer side of the picture in which faces are looked for; the next only where those before show none. Drawn
faces are found in the largest."""
_NARROWEST = 30.0
"""Pixels of a face's width, below which its mesh says little."""
_PLAIN = 0.78
"""The detector's certainty, below which a face is partly covered or no plain face."""
_MOST_FACES = 2
_FACE_LOOKS = 9
"""Frames in which each face is looked at; each takes about 10 ms of a core."""
_STRIDE, _STRIDE_SECONDS = 3, 0.25
"""Frames, and seconds, within which the mesh holds on to a face. In a take of two seconds the looks are that
close; in a longer one, a head goes farther than its own width between two looks."""
_COVERED = 0.02
"""Of a face's area, with or without its neck: letters on so much hide what it does."""
_REACHES = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
"""Heights of a face, from its top down, of which it is asked whether letters lie over them."""
_ALL_OF_IT = 0.99
"""Share of a face that was in the frame when it was last seen."""
_NEAR = 2.0
"""Sides of a face's box in which it may be found again."""
_LETTER_LOOKS = (0.25, 0.5, 0.7, 0.85, 0.93, 1.0)
"""Shares of the clip; what goes wrong with letters is mostly worse at the end."""

_EARLIER = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8)
"""Shares of the clip at which letters that stand at its end are looked for."""
_BEFORE, _AFTER = 0.15, (0.7, 0.85, 1.0)
"""Shares of the clip between which new detail is looked for at a glance."""


def find_faults(clip: Clip, eyes: Eyes, *, flat: bool = False) -> tuple[Fault, ...]:
    """Say what is wrong with faces and text.

    Args:
        clip: with its input picture, if there is one.
        eyes: without weights they see nothing.
        flat: its faces and hands are flat drawings. The mesh has no hold on them and slips from look to look,
            which looks as if an eye went away. So they are not judged.

    Returns:
        Each kind of fault once, where it is worst; the most severe first. Nothing where neither a face nor
        letters were found.
    """
    if len(clip) < SHORTEST:
        return ()
    worst: dict[str, Fault] = {}
    lines = eyes.text(clip.frames[0], side=SIDE) if eyes.has(Eye.TEXT) else ()
    for fault in (
        *(() if flat else _face_faults(clip, eyes, lines)),
        *_text_faults(clip, eyes, lines),
        *_new_text(clip, eyes, lines),
    ):
        known = worst.get(fault.code)
        if fault.value >= FAULTS[fault.code].warn and (known is None or fault.value > known.value):
            worst[fault.code] = fault
    return tuple(sorted(worst.values(), key=lambda fault: -fault.severity))


def _face_faults(clip: Clip, eyes: Eyes, lines: Sequence[TextLine]) -> Iterator[Fault]:
    first = _first_faces(clip, eyes)
    yield from hand_faults(clip, first.picture, eyes, first.faces)
    for followed, plain in _followed(clip, eyes, lines, first):
        for fault in faults_of(followed, eyes, plain=plain):
            if fault.code != LOST or (first.sure and _is_lost(eyes, clip, fault)):
                yield fault


def follow_faces(clip: Clip, eyes: Eyes) -> Iterator[tuple[Followed, bool]]:
    """The faces of a clip that are looked at, and whether the detector is sure of each."""
    lines = eyes.text(clip.frames[0], side=SIDE) if eyes.has(Eye.TEXT) else ()
    yield from _followed(clip, eyes, lines, _first_faces(clip, eyes))


def _followed(
    clip: Clip, eyes: Eyes, lines: Sequence[TextLine], first: _Faces
) -> Iterator[tuple[Followed, bool]]:
    numbers = sorted({int(n) for n in np.linspace(first.begin, len(clip) - 1, _FACE_LOOKS).round()})
    stride = max(_STRIDE, round(_STRIDE_SECONDS * clip.fps))
    for mesh, certainty in first.meshes:
        clear = _clear(mesh, [line.box for line in lines])
        if clear > 0:
            face = follow_face(clip.frames, numbers, first.picture, mesh, eyes, stride=stride)
            yield replace(face, clear=clear), certainty >= _PLAIN


def _clear(mesh: Mesh, letters: Sequence[Box]) -> float:
    """How many heights of a face, from its top down, no letters lie over; 0: over the face itself some do."""
    face, outline = Box.around(mesh.points), cv2.convexHull(mesh.points[:, :2].astype(np.float32))
    if any(_inside(outline, box) > _COVERED * face.area for box in letters):
        return 0.0
    for clear, reach in pairwise(_REACHES):
        shown = replace(face, height=face.height * reach)
        if any(shown.shared(box) > _COVERED * face.area for box in letters):
            return clear
    return math.inf


def _inside(outline: NDArray[Any], box: Box) -> float:
    """Area of a box that lies inside an outline; beside a chin, its corner may lie on the wall behind."""
    corners = [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)]
    area, _ = cv2.intersectConvexConvex(outline, np.array(corners, np.float32))
    return float(area)


def _is_lost(eyes: Eyes, clip: Clip, fault: Fault) -> bool:
    """Whether a face is really gone: it was all in the frame, and a second look finds none there."""
    if fault.value < FAULTS[fault.code].warn:
        return False
    height, width = clip.frames.shape[1:3]
    inside = fault.box.within(width, height).area >= _ALL_OF_IT * fault.box.area
    near = fault.box.grown(_NEAR)
    found = eyes.faces(clip.frames[-1], side=faces.SIDE) if inside else ()
    return inside and not any(near.shared(face.box) > 0 for face in found)


@dataclass(frozen=True)
class _Faces:
    """Faces, and the picture that showed them: the input picture, if it does, else the first frame.

    Attributes:
        picture: uint8 ``[H, W, 3]``.
        begin: the first frame to compare with it.
        faces: the largest ones, whether they have a mesh or not.
        meshes: theirs, and the detector's certainty of each.
        sure: not only the largest size of the picture showed them; else they may be none.
    """

    picture: NDArray[np.uint8]
    begin: int
    faces: list[Face]
    meshes: list[tuple[Mesh, float]]
    sure: bool


def _first_faces(clip: Clip, eyes: Eyes) -> _Faces:
    first = clip.frames[0]
    pictures = [(first, 1)] if clip.reference is None else [(clip.reference, 0), (first, 1)]
    for base, begin in pictures:
        tries = ((side, eyes.faces(base, side=side)) for side in FACE_SIDES)
        shown, seen = next((one for one in tries if one[1]), (0, ()))
        found = [face for face in seen if face.box.width >= _NARROWEST]
        found = sorted(found, key=lambda face: -face.box.area)[:_MOST_FACES]
        meshes = [(mesh, face.certainty) for face in found if (mesh := eyes.mesh(base, face)) is not None]
        followed = [one for one in meshes if begin or eyes.mesh(first, one[0]) is not None]
        if followed or not found:
            return _Faces(base, begin, found, followed, sure=shown < FACE_SIDES[-1])
    return _Faces(first, 1, [], [], sure=False)


def _new_text(clip: Clip, eyes: Eyes, lines: Sequence[TextLine]) -> Iterator[Fault]:
    """Letters in the last frame that did not stand in earlier ones."""
    end, last = len(clip) - 1, clip.frames[-1]
    before, *after = (luma_of(clip.frames[round(share * end)]) for share in (_BEFORE, *_AFTER))
    if not eyes.has(Eye.TEXT) or not may_have_appeared(before, after):
        return
    found = eyes.text(last, side=SIDE)
    if not found:
        return
    earlier = {int(share * end): luma_of(clip.frames[int(share * end)]) for share in _EARLIER}
    origin = partial(_moved_since, clip)
    for line, fault in find_appearing(earlier, luma_of(last), end, lines, found, origin):
        if fault.value < FAULTS[fault.code].warn or is_text(line, last, eyes):
            yield fault


def _text_faults(clip: Clip, eyes: Eyes, lines: Sequence[TextLine]) -> Iterator[Fault]:
    if not lines:
        return
    base = clip.frames[0]
    last = len(clip) - 1
    numbers = sorted({round(share * last) for share in _LETTER_LOOKS} - {0})
    lumas = [luma_of(clip.frames[n]) for n in numbers]
    for followed in follow_lines(lumas, luma_of(base), numbers, lines, partial(_shift, clip)):
        fault = followed.fault
        if fault.value < FAULTS[fault.code].warn or is_unreadable(
            followed, base, clip.frames[fault.frame], eyes
        ):
            yield fault


def _shift(clip: Clip, box: Box, begin: int, end: int) -> Floats:
    """How the scene moves in a box from one frame to a later one, in pixels: float32 ``[2]``."""
    height, width = clip.flows.shape[1:3]
    scale = width / clip.frames.shape[2]
    moved = np.zeros(2, np.float32)
    for t in range(begin, end):
        left, top = np.array((box.left, box.top)) * scale + moved
        x, y = int(np.clip(left, 0, width - 1)), int(np.clip(top, 0, height - 1))
        part = clip.flows[
            t, y : y + max(1, round(box.height * scale)), x : x + max(1, round(box.width * scale))
        ]
        moved -= np.median(part.reshape(-1, 2), axis=0)  # the flow leads back to the frame before
    return np.asarray(moved / scale, np.float32)


def _moved_since(clip: Clip, box: Box, begin: int) -> Floats:
    """How far the scene in a box of the last frame has moved since a frame, in pixels: float32 ``[2]``."""
    height, width = clip.flows.shape[1:3]
    scale = width / clip.frames.shape[2]
    back = np.zeros(2, np.float32)
    for flow in clip.flows[begin:][::-1]:
        left, top = np.array((box.left, box.top)) * scale + back
        x, y = int(np.clip(left, 0, width - 1)), int(np.clip(top, 0, height - 1))
        part = flow[y : y + max(1, round(box.height * scale)), x : x + max(1, round(box.width * scale))]
        back += np.median(part.reshape(-1, 2), axis=0)
    return np.asarray(-back / scale, np.float32)
