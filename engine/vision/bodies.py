"""The bodies of people whose faces were found, as 33 points, with MediaPipe's network (BlazePose).

Source: Bazarevsky et al. 2020, *BlazePose: On-device Real-time Body Pose tracking*; Apache-2.0. The network
sees a person in horses, cats and windmills too, so it is asked only about bodies under a face.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.box import Box
from engine.vision.faces import Face
from engine.vision.network import Network, sigmoid
from engine.vision.optical_flow import Floats

ENTRY = "body-points"
FILE = "pose_landmark_full.tflite"
OUTPUTS = ("Identity", "Identity_1")

POINTS = 33
NOSE = 0
EYES, EARS = (2, 5), (7, 8)
SHOULDERS, ELBOWS, WRISTS = (11, 12), (13, 14), (15, 16)
LAST_KNUCKLES, FIRST_KNUCKLES = (17, 18), (19, 20)
HIPS, KNEES, ANKLES = (23, 24), (25, 26), (27, 28)
"""Pairs of points, the person's left one first."""

_SEEN = 256
_MIDDLE, _END = 33, 34
"""Two more points: the middle of the hips, and one on the circle around the whole person, above the head."""
_ROOM = 1.25
LOOKS = 3
_DOWN, _HALF = 3.0, 4.2
"""In heights of the face: how far the hips are below it, and how far the person reaches from there."""
_SURE = 0.5
_SAME_BODY = 0.4
"""Overlap of the boxes, as intersection over union, from which a body is the one of the frame before."""
_SHORTEST = 4.0
"""Pixels from the hips to the circle, below which there is no body to be seen."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """A person's body.

    Attributes:
        points: float32 ``[33, 2]``, pixels of the given picture, x first; what is out of it is guessed.
        visible: float32 ``[33]``, 0 … 1, how certain it is that a point can be seen.
        certainty: 0.5 … 1, that there is a person.
        middle: float32 ``[2]``, the middle of the hips.
        along: float32 ``[2]``, from there to above the head, as far as the person reaches.
    """

    points: Floats
    visible: Floats
    certainty: float
    middle: Floats
    along: Floats

    @property
    def box(self) -> Box:
        """Around the points that can be seen."""
        return Box.around(self.points[self.visible >= _SURE])


def find_body(
    picture: NDArray[np.uint8], start: Face | Body, network: Network, *, looks: int = LOOKS
) -> Body | None:
    """Find a body.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        start: a face as it was found in this picture, or the body as it was in the frame before, whose head
            may be turned away by now.
        network: :data:`ENTRY`'s.
        looks: how often it looks for the body under a face; each says better where the next should be.

    Returns:
        None where no body is certain, or where the one that is found is another one's.

    Raises:
        Unreadable: the network is another one.
    """
    if isinstance(start, Body):
        body = _searched(picture, start.middle, start.along, 1, network)
        return body if body is not None and body.box.overlap(start.box) >= _SAME_BODY else None
    face = start
    up = _up(face)
    middle = np.asarray(face.box.centre, np.float32) - up * _DOWN * face.box.height
    body = _searched(picture, middle, up * (_HALF * face.box.height / _ROOM), looks, network)
    if body is None or body.visible[NOSE] < _SURE:
        return None
    return body if _is_inside(body.points[NOSE], face.box.grown(_ROOM)) else None


def _searched(
    picture: NDArray[np.uint8], middle: Floats, along: Floats, looks: int, network: Network
) -> Body | None:
    """The surest body of several looks; each says better where the next should be."""
    best: Body | None = None
    for _ in range(looks):
        length = float(np.hypot(*along))
        if length < _SHORTEST:
            break
        points, visible, certainty = _look(picture, middle, along / length, length * _ROOM, network)
        middle, along = points[_MIDDLE], points[_END] - points[_MIDDLE]
        if best is None or certainty >= best.certainty:
            best = Body(
                points=points[:POINTS],
                visible=visible[:POINTS],
                certainty=certainty,
                middle=middle,
                along=along,
            )
    return best if best is not None and best.certainty >= _SURE and (best.visible >= _SURE).any() else None


def _up(face: Face) -> Floats:
    """The direction from the mouth to the eyes, of length 1."""
    along = face.points[:2].mean(axis=0) - face.points[3:].mean(axis=0)
    length = float(np.hypot(*along))
    return np.asarray(along / length if length > 0 else (0.0, -1.0), np.float32)


def _look(
    picture: NDArray[np.uint8], middle: Floats, up: Floats, half: float, network: Network
) -> tuple[Floats, Floats, float]:
    """Points, which of them can be seen, and whether there is a person; in a square, turned upright."""
    right = np.array([-up[1], up[0]])
    square = np.array([-right + up, right + up, -right - up]) * half + middle
    shown = np.array([[0, 0], [_SEEN, 0], [0, _SEEN]], np.float32)
    there = cv2.getAffineTransform(square.astype(np.float32), shown)
    crop = cv2.warpAffine(picture, there, (_SEEN, _SEEN), flags=cv2.INTER_LINEAR)
    found, presence = network.run(np.asarray(crop / 255, np.float32))
    rows = found.reshape(-1, 5)
    back = cv2.invertAffineTransform(there)
    points = np.asarray(rows[:, :2] @ back[:, :2].T + back[:, 2], np.float32)
    return points, sigmoid(rows[:, 3]), float(presence.ravel()[0])


def _is_inside(point: Floats, box: Box) -> bool:
    x, y = point
    return bool(box.left <= x <= box.right and box.top <= y <= box.bottom)
