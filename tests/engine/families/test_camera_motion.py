"""The camera goes where it is told, and what is near moves more than what is far."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from engine.core.family import Hooks, Inputs
from engine.core.recipe import Camera, Kind, Motion, Recipe
from engine.families.camera.draw import CameraFamily
from engine.families.camera.path import choose, travel

SIZE = (256, 144)
TIMES = np.arange(13) / 6


def world():
    """A detailed red disc, alone, before a softly patterned green wall."""
    rng = np.random.default_rng(5)
    rows, columns = 432, 768
    wall = cv2.GaussianBlur(rng.standard_normal((rows, columns)).astype(np.float32), (0, 0), 6)
    wall = 110 + 25 * wall / wall.std()
    picture = np.stack([wall * 0.5, wall, wall * 0.6], axis=2)
    y, x = np.mgrid[0:rows, 0:columns]
    disc = np.hypot(x - 384, y - 230) < 120
    grain = cv2.GaussianBlur(rng.standard_normal((rows, columns)).astype(np.float32), (0, 0), 4)
    picture[disc] = np.array([190, 40, 30]) + 30 * (grain / grain.std())[disc][:, None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def film(camera, *, motion=Motion.NORMAL, seed=3):
    recipe = Recipe(
        kind=Kind.ANIMATE,
        engine="camera",
        seed=seed,
        width=SIZE[0],
        height=SIZE[1],
        frames=len(TIMES),
        native_fps=6,
        fps=6,
        length=len(TIMES),
        camera=camera,
        motion=motion,
    )
    return CameraFamily().draw(recipe, Inputs(picture=world()), seed=seed, hooks=Hooks())


def flow(frames):
    """How far the disc, and the wall, moved from the first frame to the last."""
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    disc = frames[0][..., 0].astype(int) - frames[0][..., 1] > 60
    near = cv2.erode(disc.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    far = ~cv2.dilate(disc.astype(np.uint8), np.ones((31, 31), np.uint8)).astype(bool)
    far[:12] = far[-12:] = far[:, :12] = far[:, -12:] = False
    seen = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    nothing: Any = None  # no guess; the stubs want one
    total = np.sum([seen.calc(a, b, nothing) for a, b in pairwise(grey)], axis=0)
    return np.median(total[near], axis=0), np.median(total[far], axis=0)


@pytest.mark.parametrize(
    ("camera", "axis", "sign"),
    [(Camera.PAN_LEFT, 0, 1), (Camera.PAN_RIGHT, 0, -1), (Camera.TILT_UP, 1, 1), (Camera.TILT_DOWN, 1, -1)],
)
def test_the_picture_moves_against_the_cameras_turn_and_the_near_more(camera, axis, sign):
    near, far = flow(film(camera))
    assert far[axis] * sign > 1
    assert near[axis] * sign > 1.3 * far[axis] * sign


def test_an_orbit_moves_near_and_far_against_each_other():
    near, far = flow(film(Camera.ORBIT, motion=Motion.WILD))
    assert near[0] * far[0] < 0
    assert abs(near[0] - far[0]) > 4


@pytest.mark.parametrize(("camera", "grows"), [(Camera.PUSH_IN, True), (Camera.PULL_OUT, False)])
def test_the_near_grows_when_the_camera_comes_closer(camera, grows):
    frames = film(camera).astype(int)
    area = (frames[..., 0] - frames[..., 1] > 60).sum(axis=(1, 2))
    assert (area[-1] > 1.1 * area[0]) if grows else (area[0] > 1.1 * area[-1])


def turn_of(before, after):
    """By how many degrees the second picture is turned clockwise, about its middle."""
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (before, after)]
    seen = cv2.goodFeaturesToTrack(grey[0], 200, 0.01, 5)
    nothing: Any = None  # no guess; the stubs want one
    found, status, _ = cv2.calcOpticalFlowPyrLK(grey[0], grey[1], seen, nothing)
    matrix, _ = cv2.estimateAffinePartial2D(seen[status == 1], found[status == 1])
    return np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))


@pytest.mark.parametrize(("camera", "sign"), [(Camera.ROLL_LEFT, -1), (Camera.ROLL_RIGHT, 1)])
def test_a_roll_begins_level_and_turns_the_picture_gently(camera, sign):
    assert 2 < sign * turn_of(*film(camera)[[0, -1]]) < 8
    ever = travel(camera, motion=Motion.WILD, seed=1, times=np.arange(240) / 24, size=SIZE).roll
    assert ever[0] == 0
    assert np.degrees(np.abs(ever).max()) <= 12.1


def extent(path):
    return (
        np.abs(path.move - path.move[0]).max()
        + np.abs(path.pan - path.pan[0]).max()
        + 100 * np.ptp(path.dolly)
        + 100 * np.ptp(path.roll)
    )


@pytest.mark.parametrize("camera", [camera for camera in Camera if camera is not Camera.AUTO])
def test_a_wilder_motion_goes_further(camera):
    gentle, normal, wild = (
        extent(travel(camera, motion=motion, seed=4, times=TIMES, size=SIZE)) for motion in Motion
    )
    assert gentle < normal < wild


@pytest.mark.parametrize("camera", [camera for camera in Camera if camera is not Camera.AUTO])
@pytest.mark.parametrize("seed", range(5))
def test_a_path_has_no_jerk(camera, seed):
    times = np.arange(49) / 24
    path = travel(camera, motion=Motion.WILD, seed=seed, times=times, size=SIZE)
    for track in (*path.pan.T, *path.move.T, path.zoom * 100, path.dolly * 100, path.roll * 100):
        speed = np.diff(track)
        assert np.abs(np.diff(speed)).max() < 0.1 * max(np.abs(speed).max(), 0.5)


def test_a_path_is_only_planned_once_it_is_decided():
    with pytest.raises(ValueError, match="decided"):
        travel(Camera.AUTO, motion=Motion.NORMAL, seed=1, times=TIMES, size=SIZE)


@pytest.mark.parametrize("camera", [camera for camera in Camera if camera is not Camera.AUTO])
def test_the_canvas_holds_all_that_the_camera_sees(camera):
    path = travel(camera, motion=Motion.WILD, seed=1, times=TIMES, size=SIZE)
    needs = np.array(path.needs(*SIZE))
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) * np.array(SIZE) / 2
    for index in range(len(TIMES)):
        for disparity in np.linspace(0, 1, 5):
            away = disparity - path.pivot
            turn = np.array(
                [
                    [np.cos(path.roll[index]), np.sin(path.roll[index])],
                    [-np.sin(path.roll[index]), np.cos(path.roll[index])],
                ]
            )
            seen = (corners - path.pan[index] - path.move[index] * away) @ turn.T
            seen *= np.exp(-(path.zoom[index] + path.dolly[index] * away))
            assert (np.abs(seen) <= needs / 2).all()


def chosen(**changes):
    values: dict[str, Any] = {"subject": False, "landscape": False, "spare": (0.0, 0.0)} | changes
    return {choose(seed=seed, **values) for seed in range(40)}


def test_the_path_suits_the_picture_and_the_seed():
    assert chosen(spare=(1.0, 0.0)) == {Camera.PAN_LEFT, Camera.PAN_RIGHT}
    assert chosen(spare=(0.0, 2.0)) == {Camera.TILT_UP, Camera.TILT_DOWN}
    assert chosen(subject=True) == {Camera.ORBIT, Camera.PUSH_IN}
    assert Camera.PUSH_IN in chosen(landscape=True)
    assert Camera.STILL not in chosen()
