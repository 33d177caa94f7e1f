"""The mask of a subject: what of a picture it holds, asked in the picture's own pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.known import Area, Plane
from engine.families.camera.outlines import HAIR, HAIR_BESIDE
from engine.vision.box import Box
from engine.vision.cutout import Cutout
from engine.vision.hands import Hand

_SIDE = 320
"""The longer side of the mask in pixels: the network sees no more."""
_MORE_THAN_NOT = 0.5
"""How much of a pixel the subject has where that pixel counts as its own."""
_MIDDLE, _TRUNK = 0.8, 0.5
"""Shares of a face's and of an animal's box that are surely theirs: around are hair, legs and air."""
WHOLE, NONE = 0.93, 0.07
"""Shares of a face or a line from which it is all in the subject, and up to which it is not in it."""
MOSTLY = 0.5
"""Share of a hand, a head or an animal from which it belongs to the subject."""
_PARTED = 0.5
"""How far down hair and shoulders are told apart, in the face's height. What reaches farther above a face or
beside it than hair does is an arm or a hat, or somebody else."""


@dataclass(frozen=True, kw_only=True)
class SubjectMask:
    """How much of each place belongs to the subject.

    Attributes:
        plane: float32 ``[h, w]``, 0 … 1, of the whole picture.
        size: the picture's columns and rows. All boxes are in its pixels.
    """

    plane: Plane
    size: tuple[int, int]

    @classmethod
    def of(cls, cutout: Cutout, size: tuple[int, int]) -> SubjectMask:
        """The mask of what was cut out, no larger than what the network saw."""
        rows, columns = cutout.mask.shape
        scale = _SIDE / max(rows, columns)
        own = (max(8, round(columns * scale)), max(8, round(rows * scale)))
        small = cv2.resize(cutout.mask, own, interpolation=cv2.INTER_AREA)
        return cls(plane=np.asarray(small, np.float32), size=size)

    @property
    def scale(self) -> tuple[float, float]:
        """The mask's pixels for each of the picture's, across and down."""
        return self.plane.shape[1] / self.size[0], self.plane.shape[0] / self.size[1]

    @property
    def extent(self) -> Area:
        """Around the subject, in shares of the picture."""
        x, y, wide, high = cv2.boundingRect(solid(self.plane))
        rows, columns = self.plane.shape
        return x / columns, y / rows, (x + wide) / columns, (y + high) / rows

    def held(self, box: Box) -> float:
        """The share of a box that belongs to the subject."""
        return float(solid(self._under(box)).mean())

    def held_of_face(self, face: Box) -> float:
        """The share of a face that belongs to the subject, without the corners of its box."""
        return self.held(face.grown(_MIDDLE))

    def held_of_animal(self, animal: Box) -> float:
        """The share of an animal's trunk that belongs to the subject."""
        return self.held(animal.grown(_TRUNK))

    def held_of_hand(self, hand: Hand) -> float:
        """The share of a hand that belongs to the subject; 0 for one outside the picture."""
        shape = self._shape(hand)
        return float((self.plane[shape] > _MORE_THAN_NOT).mean()) if shape.any() else 0.0

    def held_below(self, face: Box) -> float:
        """The share of the place right below a face that belongs to the subject; 1 outside the picture."""
        neck = Box(
            left=face.left + 0.25 * face.width,
            top=face.bottom,
            width=0.5 * face.width,
            height=0.6 * face.height,
        ).within(*self.size)
        return 1.0 if neck.area < 1 else self.held(neck)

    def faces_of(self, faces: Iterable[Box]) -> list[Box]:
        """Those faces that belong to the subject."""
        return [face for face in faces if self.held_of_face(face) >= WHOLE]

    def divides(self, box: Box) -> bool:
        """Whether a face or a line is neither wholly in the subject nor out of it."""
        return NONE < self.held_of_face(box) < WHOLE

    def with_hands(self, hands: Sequence[Hand]) -> SubjectMask | None:
        """All of each hand taken in that it holds most of; None where it would leave most of one behind.

        Hands that are not in it at all are somebody else's, or lie elsewhere.
        """
        mask = self
        for hand in hands:
            held = mask.held_of_hand(hand)
            if NONE < held < MOSTLY:
                return None
            if held >= MOSTLY:
                plane = np.where(self._shape(hand), np.maximum(mask.plane, 1.0), mask.plane)
                mask = replace(mask, plane=plane.astype(np.float32))
        return mask

    def head(self, face: Box) -> Box | None:
        """A face with the hair around it, as far as that ends near enough; None: it holds no such face."""
        if self.held_of_face(face) < MOSTLY:
            return None
        around = Box(
            left=face.left - HAIR_BESIDE * face.width,
            top=face.top - HAIR * face.height,
            width=(1 + 2 * HAIR_BESIDE) * face.width,
            height=(HAIR + _PARTED) * face.height,
        ).within(*self.size)
        inside = solid(self._under(around))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(inside)
        own = labels[-1, inside.shape[1] // 2]
        x, y, wide, high = (int(side) for side in stats[own][:4])
        across, down = self.scale
        left, top = round(around.left * across) + x, round(around.top * down) + y
        ends = (x > 0, y > 0 or around.top <= 0, x + wide < inside.shape[1])
        if own == 0 or not ends[1]:
            return None
        hair = Box(left=left / across, top=top / down, width=wide / across, height=high / down)
        first = min(face.left, hair.left) if ends[0] else face.left
        last = max(face.right, hair.right) if ends[2] else face.right
        upper = min(face.top, hair.top)
        return Box(left=first, top=upper, width=last - first, height=face.bottom - upper)

    def _under(self, box: Box) -> Plane:
        """The part of the mask under a box; never empty."""
        rows, columns = self.plane.shape
        seen = box.scaled(*self.scale).within(columns, rows)
        left, top = min(int(seen.left), columns - 1), min(int(seen.top), rows - 1)
        return self.plane[top : max(top + 1, round(seen.bottom)), left : max(left + 1, round(seen.right))]

    def _shape(self, hand: Hand) -> NDArray[np.bool_]:
        rows, columns = self.plane.shape
        return hand.shape(columns, rows, self.scale)


def solid(plane: Plane) -> NDArray[np.uint8]:
    """1 where there is more of a mask than not, else 0."""
    return np.asarray(plane > _MORE_THAN_NOT, np.uint8)
