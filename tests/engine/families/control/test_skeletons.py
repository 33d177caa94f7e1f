"""Skeletons from body points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.core.family import Hooks
from engine.following.skeleton import KEYPOINTS, draw_skeleton, find_poses, keypoints
from engine.vision.bodies import Body


def person(left=100.0, *, hidden=(), nose_up=0.0):
    """A body of 33 points that stands upright, 200 pixels tall."""
    points = np.zeros((33, 2), np.float32)
    rows = {0: 20, 11: 50, 13: 80, 15: 110, 23: 120, 25: 160, 27: 200, 2: 15, 7: 16}
    aside = {0: 0, 11: 20, 13: 25, 15: 28, 23: 12, 25: 12, 27: 12, 2: 4, 7: 8}
    for number, row in rows.items():
        points[number] = left + aside[number], row - nose_up
        other = {2: 5, 0: 0}.get(number, number + 1)
        points[other] = left - aside[number], row - nose_up
    visible = np.where(points.any(axis=1), 1.0, 0.1).astype(np.float32)
    visible[list(hidden)] = 0.1
    up = np.array([0, -100], np.float32)
    return Body(
        points=points, visible=visible, certainty=0.9, middle=np.array([left, 120], np.float32), along=up
    )


def test_a_skeleton_is_that_of_openpose(aux):
    """The same points, drawn by controlnet-aux."""
    from controlnet_aux.open_pose.body import Keypoint
    from controlnet_aux.open_pose.util import draw_bodypose

    points = keypoints(person(hidden=(16, 8)), 256, 240)
    assert points[4] is None
    assert points[16] is None
    assert points[1] == (100, 50), "the neck"
    assert (points[5], points[2]) == ((120, 50), (80, 50)), "the person's left is on the viewer's right"
    own = np.zeros((240, 256, 3), np.uint8)
    draw_skeleton(own, points)
    theirs = draw_bodypose(
        np.zeros_like(own), [None if at is None else Keypoint(at[0] / 256, at[1] / 240) for at in points]
    )
    assert np.abs(own.astype(int) - theirs).max() == 0
    assert own.any(axis=2).mean() > 0.02


def test_what_lies_outside_the_frame_is_not_drawn():
    points = keypoints(person(left=5, nose_up=30), 256, 240)
    unseen = {number for number, at in enumerate(points) if at is None}
    assert unseen == set(range(KEYPOINTS)) - {5, 6, 7, 11, 12, 13}, "the left arm and leg are left"


class Watched:
    """Eyes that see a face in the first frames only."""

    def __init__(self, faces, bodies, there=True):
        self.asked: list[Any] = []
        self._faces, self._bodies, self._there = list(faces), bodies, there

    def has(self, _eye):
        return self._there

    def faces(self, _frame):
        return self._faces.pop(0)

    def body(self, _frame, start):
        self.asked.append(start)
        return self._bodies(start)


def test_a_person_who_turns_away_is_followed_from_frame_to_frame():
    frames = np.zeros((3, 240, 256, 3), np.uint8)
    said: list[str] = []
    eyes: Any = Watched([["face"], [], ["face"]], lambda _start: person())
    poses = find_poses(frames, eyes, Hooks(gave_up=said.append))
    assert poses.any(axis=(1, 2, 3)).all()
    assert [isinstance(start, Body) for start in eyes.asked] == [False, True, False], "nobody is drawn twice"
    assert said == []


def test_two_people_are_two_skeletons_and_one_who_is_lost_is_gone():
    frames = np.zeros((2, 240, 256, 3), np.uint8)
    places = {"one": person(60), "other": person(180)}
    eyes: Any = Watched(
        [["one", "other"], ["one"]], lambda start: places.get(start) if isinstance(start, str) else None
    )
    both, alone = (pose.any(axis=2).sum() for pose in find_poses(frames, eyes, Hooks()))
    assert both == pytest.approx(2 * alone, rel=0.05)


def test_a_clip_without_anybody_says_so():
    said: list[str] = []
    eyes: Any = Watched([[]], lambda _start: None)
    assert not find_poses(np.zeros((1, 64, 64, 3), np.uint8), eyes, Hooks(gave_up=said.append)).any()
    assert said == ["nobody whose face can be seen is in the clip to follow: no pose is followed"]
