"""A clip's poses, drawn from body points as the skeletons that OpenPose's ControlNet was trained on.

MediaPipe's 33 points become OpenPose's 18: the neck is the middle between the shoulders, and fingers, toes
and the mouth are left out. Colours, order and widths are OpenPose's (Cao et al. 2019, *OpenPose: Realtime
Multi-Person 2D Pose Estimation*), as controlnet-aux draws them. Clips that were made with it may be sold.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import Code, RenderFailed
from engine.core.family import Frames, Hooks
from engine.core.sentence import Sentence, both
from engine.following.needs import BODY_POINTS
from engine.vision import bodies
from engine.vision.bodies import Body
from engine.vision.eyes import Eye, Eyes

KEYPOINTS = 18
NECK = 1
_RIGHT_ARM, _LEFT_ARM = (2, 3, 4), (5, 6, 7)
_RIGHT_LEG, _LEFT_LEG = (8, 9, 10), (11, 12, 13)
_RIGHT_EYE, _LEFT_EYE, _RIGHT_EAR, _LEFT_EAR = 14, 15, 16, 17

_FROM = {
    0: bodies.NOSE,
    **dict(zip(_LEFT_ARM, (bodies.SHOULDERS[0], bodies.ELBOWS[0], bodies.WRISTS[0]), strict=True)),
    **dict(zip(_RIGHT_ARM, (bodies.SHOULDERS[1], bodies.ELBOWS[1], bodies.WRISTS[1]), strict=True)),
    **dict(zip(_LEFT_LEG, (bodies.HIPS[0], bodies.KNEES[0], bodies.ANKLES[0]), strict=True)),
    **dict(zip(_RIGHT_LEG, (bodies.HIPS[1], bodies.KNEES[1], bodies.ANKLES[1]), strict=True)),
    **dict(zip((_LEFT_EYE, _RIGHT_EYE), bodies.EYES, strict=True)),
    **dict(zip((_LEFT_EAR, _RIGHT_EAR), bodies.EARS, strict=True)),
}
"""OpenPose's number of a point → MediaPipe's."""

LIMBS = (
    (NECK, _RIGHT_ARM[0]),
    (NECK, _LEFT_ARM[0]),
    *pairwise(_RIGHT_ARM),
    *pairwise(_LEFT_ARM),
    (NECK, _RIGHT_LEG[0]),
    *pairwise(_RIGHT_LEG),
    (NECK, _LEFT_LEG[0]),
    *pairwise(_LEFT_LEG),
    (NECK, 0),
    (0, _RIGHT_EYE),
    (_RIGHT_EYE, _RIGHT_EAR),
    (0, _LEFT_EYE),
    (_LEFT_EYE, _LEFT_EAR),
)
"""Pairs of points, in the order in which they are drawn."""

COLOURS = (
    *((255, green, 0) for green in (0, 85, 170, 255)),
    *((red, 255, 0) for red in (170, 85, 0)),
    *((0, 255, blue) for blue in (85, 170, 255)),
    *((0, green, 255) for green in (170, 85, 0)),
    *((red, 0, 255) for red in (85, 170, 255)),
    *((255, 0, blue) for blue in (170, 85)),
)
"""Of the points, RGB; the limbs have the first seventeen, darker."""

_WIDTH = 4
"""Pixels of half a limb's width, and of a point's radius."""
_DARKER = 0.6
_SEEN = 0.5
_SAME = 0.4
"""Overlap of the boxes, as intersection over union, from which two bodies are one person."""


def find_poses(frames: Frames, eyes: Eyes, hooks: Hooks) -> Frames:
    """Skeletons on black, for each person whose face was seen in a frame or in one before it.

    Args:
        frames: uint8 ``[T, H, W, 3]``, RGB.
        eyes: find the faces and the bodies.
        hooks: asked whether to stop, and told of progress, once a frame; told where nobody is found at all.

    Returns:
        uint8 ``[T, H, W, 3]``, RGB.

    Raises:
        RenderFailed: ``E_WEIGHTS``: the eyes' weights are not here, or damaged.
    """
    if not (eyes.has(Eye.FACES) and eyes.has(Eye.BODIES)):
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence(
                "To follow pose, this needs the weights of {weights}; to get them:"
                " framekiln models pull {names}",
                weights=both(BODY_POINTS),
                names=" ".join(BODY_POINTS),
            ),
        )
    drawn = np.zeros(frames.shape, np.uint8)
    people: list[Body] = []
    anybody = False
    for index, frame in enumerate(frames):
        hooks.cancel.check()
        hooks.progress(index / len(frames))
        people = _people(frame, people, eyes)
        anybody = anybody or bool(people)
        for body in people:
            draw_skeleton(drawn[index], keypoints(body, frame.shape[1], frame.shape[0]))
    if not anybody:
        hooks.gave_up(Sentence("nobody whose face can be seen is in the clip to follow: no pose is followed"))
    return drawn


def _people(frame: NDArray[np.uint8], before: list[Body], eyes: Eyes) -> list[Body]:
    """The bodies in a frame: those under a face, and those of the frame before that have turned away."""
    seen = [body for face in eyes.faces(frame) if (body := eyes.body(frame, face)) is not None]
    found: list[Body] = []
    for body in seen:
        if not _is_among(body, found):
            found.append(body)
    for body in before:
        if not _is_among(body, found):
            still = eyes.body(frame, body)
            if still is not None and not _is_among(still, found):
                found.append(still)
    return found


def _is_among(body: Body, others: list[Body]) -> bool:
    return any(body.box.overlap(other.box) >= _SAME for other in others)


def keypoints(body: Body, width: int, height: int) -> list[tuple[float, float] | None]:
    """OpenPose's points of a body, in pixels, x first; None where one cannot be seen in the frame."""

    def point(index: int) -> tuple[float, float] | None:
        x, y = (float(side) for side in body.points[index])
        there = 0 <= x < width and 0 <= y < height and body.visible[index] >= _SEEN
        return (x, y) if there else None

    found = [point(_FROM[number]) if number != NECK else None for number in range(KEYPOINTS)]
    left, right = found[_LEFT_ARM[0]], found[_RIGHT_ARM[0]]
    if left is not None and right is not None:
        found[NECK] = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    return found


def draw_skeleton(canvas: NDArray[np.uint8], points: list[tuple[float, float] | None]) -> None:
    """Draw one person.

    Args:
        canvas: uint8 ``[H, W, 3]``, RGB, changed in place.
        points: as :func:`keypoints` has them.
    """
    for (one, other), colour in zip(LIMBS, COLOURS, strict=False):
        start, end = points[one], points[other]
        if start is None or end is None:
            continue
        x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        across, down = start[0] - end[0], start[1] - end[1]
        angle = int(np.degrees(np.arctan2(down, across)))
        axes = (int(np.hypot(across, down) / 2), _WIDTH)
        limb = np.asarray(cv2.ellipse2Poly((int(x), int(y)), axes, angle, 0, 360, 1))
        cv2.fillConvexPoly(canvas, limb, [int(part * _DARKER) for part in colour])
    for point, colour in zip(points, COLOURS, strict=True):
        if point is not None:
            cv2.circle(canvas, (int(point[0]), int(point[1])), _WIDTH, colour, thickness=-1)
