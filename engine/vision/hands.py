"""Hands in a picture, as 21 points each, with MediaPipe's two networks: one finds palms, one fits the points.

Source: Zhang et al. 2020, *MediaPipe Hands: On-device Real-time Hand Tracking*; Apache-2.0. A hand is a place
and its points; nothing that tells one person from another is computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.bodies import FIRST_KNUCKLES, LAST_KNUCKLES, WRISTS, Body
from engine.vision.box import Box
from engine.vision.network import Network, sigmoid
from engine.vision.optical_flow import Floats

PALM_ENTRY, PALM_FILE = "palm-detector", "palm_detection_full.tflite"
PALM_OUTPUTS = ("Identity_1", "Identity")
ENTRY, FILE = "hand-points", "hand_landmark_full.tflite"
OUTPUTS = ("Identity", "Identity_1")

POINTS = 21
WRIST = 0
THUMB, INDEX, MIDDLE, RING, LITTLE = (tuple(range(first, first + 4)) for first in (1, 5, 9, 13, 17))
"""Points of the fingers, each from the palm to the tip."""
FINGERS = (THUMB, INDEX, MIDDLE, RING, LITTLE)

MOST = 8
"""Hands that are looked for in one picture."""

_PALM_SEEN, _SEEN = 192, 224
_CELLS = ((8, 2), (16, 6))
"""Pixels of the detector's input for one of its cells, and how many guesses it makes in each."""
_PALM_SURE, _SURE = 0.5, 0.8
_SAME = 0.3
"""Overlap, as intersection over union, from which two palms or two hands are one."""
_ROOM, _FORWARD = 2.6, 0.5
"""Side of the square that the second network is shown, in the palm's longer side, and how far it lies from
the palm towards the fingers; as in training."""
_AROUND = 2.0
"""The same side, in the longer side of the box around a hand's points."""
_BY_WRIST, _BEYOND = 5.4, 0.2
"""Side of the square around the hand of a body, in the distance from its wrist to its knuckles, and how far
beyond them it lies; as MediaPipe has it."""
_NEAREST = 2.0
"""Pixels from the wrist to the knuckles, below which a hand has no direction."""
_APART = 0.35
"""Where a second look puts a point, at most, beside the first; in the longer side of the hand."""
_FINGER = 0.3
"""How thick a finger is, in the width of the palm from the first finger's root to the last one's."""
_TALL = 0.04
"""Share of the picture's longer side below which a hand is too small to say anything of its fingers."""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """A hand.

    Attributes:
        points: float32 ``[21, 2]``, pixels of the given picture, x first: the wrist, then the thumb and the
            other fingers, each from the palm to the tip.
        certainty: 0.8 … 1, that there is a hand in this place.
    """

    points: Floats
    certainty: float

    @property
    def box(self) -> Box:
        """Around its points."""
        return Box.around(self.points)

    def shape(self, width: int, height: int, scale: tuple[float, float]) -> NDArray[np.bool_]:
        """Which pixels belong to it.

        Args:
            width, height: of the mask.
            scale: pixels of the mask per pixel of the picture, across and down.

        Returns:
            bool ``[height, width]``: the palm and the fingers, without what can be seen between them.
        """
        points = np.round(self.points * np.asarray(scale, np.float32)).astype(np.int32)
        palm = points[[WRIST, *(finger[0] for finger in FINGERS)]]
        broad = float(np.hypot(*(points[INDEX[0]] - points[LITTLE[0]])))
        drawn = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(drawn, np.asarray(cv2.convexHull(palm)), 1)
        thick = max(1, round(_FINGER * broad))
        for finger in FINGERS:
            cv2.polylines(drawn, [points[list(finger)]], isClosed=False, color=1, thickness=thick)
        return drawn > 0


@dataclass(frozen=True, kw_only=True)
class Glimpse:
    """What two looks see at a body's wrist; the second is centred on what the first saw.

    Attributes:
        points: of a hand, as in :class:`Hand`, whether there is one or not.
        least, most: the lesser and the greater certainty of the two that there is a hand, 0 … 1.
        apart: how far the two put one of its points from each other, at most; in its longer side.
    """

    points: Floats
    least: float
    most: float
    apart: float

    @property
    def box(self) -> Box:
        """Around its points."""
        return Box.around(self.points)


def see_hand(
    picture: NDArray[np.uint8], body: Body, side: int, network: Network, *, enough: float = 0.0
) -> Glimpse | None:
    """Look for the hand at a body's wrist.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        body: as it was found in this picture.
        side: 0 for the person's left hand, 1 for the right one.
        network: :data:`ENTRY`'s.
        enough: where the first look is less certain than this, there is no second.

    Returns:
        None where the hand is too small to have a direction.

    Raises:
        Unreadable: the network is another one.
    """
    wrist, first, last = (body.points[pair[side]] for pair in (WRISTS, FIRST_KNUCKLES, LAST_KNUCKLES))
    knuckles = (2 * first + last) / 3
    reach = float(np.hypot(*(knuckles - wrist)))
    if reach < _NEAREST:
        return None
    up = _direction(knuckles - wrist)
    points, sure = _look(
        picture, _square(knuckles + up * _BEYOND * reach, up, _BY_WRIST * reach / 2), network
    )
    if sure < enough:
        return Glimpse(points=points, least=sure, most=sure, apart=0.0)
    again, surer = _look(picture, _square_of(points), network)
    return Glimpse(points=again, least=min(sure, surer), most=max(sure, surer), apart=_apart(points, again))


def fit_hands(
    picture: NDArray[np.uint8], palms: Sequence[tuple[float, Floats]], points: Network
) -> tuple[Hand, ...]:
    """Find the hands in a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        palms: as :func:`find_palms` found them in it.
        points: :data:`ENTRY`'s network.

    Returns:
        The surest first; none where no hand is certain.

    Raises:
        Unreadable: the network is another one.
    """
    found: list[Hand] = []
    for _, square in palms[:MOST]:
        hand = _fit(picture, square, points)
        again = None if hand is None else _fit(picture, _square_of(hand.points), points)
        # What is no hand looks like another one from each place.
        if hand is None or again is None or _apart(hand.points, again.points) > _APART:
            continue
        if max(again.box.width, again.box.height) < _TALL * max(picture.shape[:2]):
            continue
        if not any(again.box.overlap(other.box) > _SAME for other in found):
            found.append(again)
    return tuple(sorted(found, key=lambda hand: -hand.certainty))


def find_palms(picture: NDArray[np.uint8], network: Network) -> list[tuple[float, Floats]]:
    """Certainty of each palm, and three corners of the square around its hand: float32 ``[3, 2]``.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        network: :data:`PALM_ENTRY`'s.

    Raises:
        Unreadable: the network is another one.
    """
    height, width = picture.shape[:2]
    scale = _PALM_SEEN / max(height, width)
    small = cv2.resize(
        picture,
        (max(1, round(width * scale)), max(1, round(height * scale))),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    top, left = (_PALM_SEEN - small.shape[0]) // 2, (_PALM_SEEN - small.shape[1]) // 2
    shown = np.zeros((_PALM_SEEN, _PALM_SEEN, 3), np.float32)
    shown[top : top + small.shape[0], left : left + small.shape[1]] = small / np.float32(255)
    scores, told = network.run(shown)
    sure = sigmoid(scores.reshape(-1))
    rows = told.reshape(len(sure), -1)
    chosen = np.flatnonzero(sure > _PALM_SURE)
    if chosen.size == 0:
        return []
    centres = _centres()[chosen]
    boxes = np.hstack([centres + rows[chosen, :2] - rows[chosen, 2:4] / 2, rows[chosen, 2:4]])
    marks = rows[chosen, 4:].reshape(len(chosen), -1, 2) + centres[:, None]
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), sure[chosen].tolist(), _PALM_SURE, _SAME)
    offset = np.array([left, top], np.float32)
    return [
        (float(sure[chosen[one]]), (_square_of_palm(boxes[one], marks[one]) - offset) / scale)
        for one in np.asarray(kept, np.intp).ravel()
    ]


@cache
def _centres() -> Floats:
    """The middles of the detector's cells, a row for each of its guesses: float32 ``[2016, 2]``, x first."""

    def rows() -> Iterator[Floats]:
        for stride, guesses in _CELLS:
            side = _PALM_SEEN // stride
            y, x = np.mgrid[:side, :side]
            centres = (np.stack([x.ravel(), y.ravel()], axis=1) + 0.5) * stride
            yield np.repeat(centres, guesses, axis=0).astype(np.float32)

    return np.concatenate(list(rows()))


def _square_of_palm(box: Floats, marks: Floats) -> Floats:
    """Around the hand of a palm, whose first mark is the wrist, and the third the middle finger's root."""
    middle = box[:2] + box[2:] / 2
    side = float(max(box[2:]))
    up = _direction(marks[2] - marks[0])
    return _square(middle + up * _FORWARD * side, up, _ROOM * side / 2)


def _square_of(points: Floats) -> Floats:
    """Around the points of a hand, turned as it is."""
    up = _direction(points[MIDDLE[0]] - points[WRIST])
    axes = np.stack([np.array([-up[1], up[0]]), up])
    turned = points @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    return _square((low + high) / 2 @ axes, up, _AROUND * float((high - low).max()) / 2)


def _direction(along: Floats) -> Floats:
    length = float(np.hypot(*along))
    return np.asarray(along / length if length > 0 else (0.0, -1.0), np.float32)


def _square(middle: Floats, up: Floats, half: float) -> Floats:
    right = np.array([-up[1], up[0]])
    return np.asarray(np.array([-right + up, right + up, -right - up]) * max(half, 1.0) + middle, np.float32)


def _fit(picture: NDArray[np.uint8], square: Floats, network: Network) -> Hand | None:
    points, certainty = _look(picture, square, network)
    return Hand(points=points, certainty=certainty) if certainty >= _SURE else None


def _look(picture: NDArray[np.uint8], square: Floats, network: Network) -> tuple[Floats, float]:
    """The points of a hand in a square, and whether there is one."""
    shown = np.array([[0, 0], [_SEEN, 0], [0, _SEEN]], np.float32)
    there = cv2.getAffineTransform(square, shown)
    crop = cv2.warpAffine(picture, there, (_SEEN, _SEEN), flags=cv2.INTER_LINEAR)
    found, presence = network.run(np.asarray(crop / 255, np.float32))
    back = cv2.invertAffineTransform(there)
    places = found.reshape(POINTS, 3)[:, :2] @ back[:, :2].T + back[:, 2]
    return np.asarray(places, np.float32), float(presence.ravel()[0])


def _apart(one: Floats, other: Floats) -> float:
    """How far a point is from the same one of another look, at most, in the longer side of the hand."""
    box = Box.around(one)
    return float(np.hypot(*(one - other).T).max()) / max(box.width, box.height, 1.0)
