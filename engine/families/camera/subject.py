"""The subject of a picture, which moves before its ground: certain, closed, and cutting nothing in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.known import Plane
from engine.families.camera.outlines import is_clean, is_decided
from engine.families.camera.subject_mask import MOSTLY, NONE, SubjectMask, solid
from engine.vision.box import Box
from engine.vision.cutout import Cutout
from engine.vision.eyes import Eyes
from engine.vision.faces import Face

Pixels = NDArray[np.uint8]

CERTAIN = 0.82
"""The cut-out's certainty below which there is none."""
_SMALLEST, _LARGEST = 0.015, 0.7
"""Shares of the picture. Smaller is a speck; a larger one has nothing behind it to move against."""
_BLURRED = 4.0
"""Pixels of the mask that are neither in nor out, for each pixel of the outline, at most."""
_SOLID = 0.55
"""Share of its convex hull that a closed shape fills."""
_NECK = 0.75
"""Share of what is below a face that has to be in the subject as well: a head alone would leave its body."""
_SURE_JOINT, _JOINTS = 0.8, 0.9
"""How certain a joint must be, and the share of a body's joints that the subject has to hold."""
_ONE_OF_MANY = 0.45
"""A face outside the subject of this share of the largest face's height belongs to a group."""


def stands_out(cutout: Cutout, certain: float = CERTAIN) -> bool:
    """Whether what was cut out is certain to stand out, and no speck and not everything."""
    return cutout.certainty >= certain and _SMALLEST <= cutout.share <= _LARGEST


def certain_subject(
    cutout: Cutout, size: tuple[int, int], faces: Sequence[Box], lines: Sequence[Box], animals: Sequence[Box]
) -> SubjectMask | None:
    """What was cut out, if all that is known of the picture speaks for it; else None.

    Args:
        cutout: of the picture.
        size: the picture's columns and rows.
        faces, lines, animals: in the picture's pixels.
    """
    if not cutout.whole or not stands_out(cutout):
        return None
    seen = SubjectMask.of(cutout, size)
    mask = replace(seen, plane=_closed(seen.plane))
    if not _is_crisp(mask.plane):
        return None
    within = mask.faces_of(faces)
    if _cuts(mask, faces, lines, animals) or any(mask.held_below(face) < _NECK for face in within):
        return None
    if not is_decided(seen.plane, mask.plane, [face.scaled(*mask.scale) for face in within]):
        return None
    largest = max((face.height for face in faces), default=0.0)
    apart = [face for face in faces if face not in within]
    return None if any(face.height > _ONE_OF_MANY * largest for face in apart) else mask


def can_be_moved(mask: SubjectMask, picture: Pixels, faces: Sequence[Face], eyes: Eyes) -> bool:
    """Whether nothing is torn, smeared or left behind where it moves: no cord, and none of its limbs."""
    within = mask.faces_of(face.box for face in faces)
    return is_clean(picture, mask.plane, within) and not _loses_a_limb(mask, picture, faces, eyes)


def _cuts(mask: SubjectMask, faces: Sequence[Box], lines: Sequence[Box], animals: Sequence[Box]) -> bool:
    """Whether a face, a line of text or an animal would be cut in two."""
    return any(mask.divides(box) for box in (*faces, *lines)) or any(
        NONE < mask.held_of_animal(animal) < MOSTLY for animal in animals
    )


def _closed(plane: Plane) -> Plane:
    """The largest piece, without pinholes."""
    inside = solid(plane)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside)
    if count < 2:  # noqa: PLR2004 (the background is the first part)
        return plane
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    near = cv2.dilate((labels == largest).astype(np.uint8), np.ones((7, 7), np.uint8))
    kept = np.where(near > 0, plane, 0).astype(np.float32)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - solid(kept))
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] < 0.002 * plane.size:
            kept[labels == label] = 1.0
    return kept


def _is_crisp(plane: Plane) -> bool:
    """Whether a mask has one clear, compact outline."""
    inside = solid(plane)
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return False
    longest = max(outlines, key=len)
    undecided = float(((plane > 0.1) & (plane < 0.9)).sum())  # noqa: PLR2004 (neither out nor in)
    hull = cv2.contourArea(cv2.convexHull(longest))
    return undecided <= _BLURRED * len(longest) and float(inside.sum()) >= _SOLID * hull


def _loses_a_limb(mask: SubjectMask, picture: Pixels, faces: Sequence[Face], eyes: Eyes) -> bool:
    """Whether a body whose face belongs to the subject does not belong to it as a whole."""
    near = cv2.dilate(solid(mask.plane), np.ones((9, 9), np.uint8))
    own = mask.faces_of(face.box for face in faces)
    for face in faces:
        body = eyes.body(picture, face) if face.box in own else None
        if body is None:
            continue
        points = body.points * np.array(mask.scale)
        inside = (points >= 0).all(axis=1) & (points < np.array(mask.plane.shape[::-1])).all(axis=1)
        sure = points[inside & (body.visible >= _SURE_JOINT)].astype(int)
        if len(sure) and near[sure[:, 1], sure[:, 0]].mean() < _JOINTS:
            return True
    return False
