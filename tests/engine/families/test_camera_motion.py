"""The camera goes where it is told, and what is near moves more than what is far."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from engine.core.recipe import Camera, Motion
from engine.families.camera.known import Known
from engine.families.camera.path import Aim, choose, kept_share, travel
from engine.families.camera.shot import Brief, shot_of

SIZE = (256, 144)
TIMES = np.arange(13) / 6
PATHS = [camera for camera in Camera if camera is not Camera.AUTO]


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


def film(camera, *, motion=Motion.NORMAL, seed=3, times=TIMES):
    """The world, in which the disc is known to stand alone."""
    y, x = np.mgrid[0:216, 0:384]
    disc = (np.hypot(x - 192, y - 115) < 60).astype(np.float32)
    known = Known(subject=disc, body=(0.344, 0.255, 0.656, 0.81), bends=False)
    brief = Brief(camera=camera, motion=motion, seed=seed, times=times)
    shot = shot_of(world(), known, SIZE, brief, lambda: None)
    return np.stack([shot.frame(index, float(seconds)) for index, seconds in enumerate(times)])


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
    assert near[axis] * sign > 1.2 * far[axis] * sign


def test_an_orbit_moves_near_and_far_against_each_other():
    near, far = flow(film(Camera.ORBIT, motion=Motion.WILD))
    assert near[0] * far[0] < 0
    assert abs(near[0] - far[0]) > 3


@pytest.mark.parametrize(("camera", "grows"), [(Camera.PUSH_IN, True), (Camera.PULL_OUT, False)])
def test_the_near_grows_when_the_camera_comes_closer(camera, grows):
    frames = film(camera).astype(int)
    area = (frames[..., 0] - frames[..., 1] > 60).sum(axis=(1, 2))
    assert (area[-1] > 1.08 * area[0]) if grows else (area[0] > 1.08 * area[-1])


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


CORNERS = np.array([(-60.0, -40.0), (60.0, -40.0), (-60.0, 40.0), (60.0, 40.0)])


def grown(path, disparity):
    """How many times larger something of a disparity becomes, at most, over a clip."""
    wide = np.ptp(path.shown(CORNERS, disparity)[..., 0], axis=1)
    return wide.max() / wide.min()


@pytest.mark.parametrize("camera", PATHS)
@pytest.mark.parametrize("seconds", [2.0, 4.0, 8.0])
def test_a_normal_motion_is_moderate(camera, seconds):
    for seed in range(6):
        times = np.linspace(0, seconds, 9)
        path = travel(camera, motion=Motion.NORMAL, seed=seed, times=times, size=SIZE)
        near, far = grown(path, 1.0), grown(path, 0.0)
        assert near <= 1.15
        assert 1 / 1.08 <= near / far <= 1.08


@pytest.mark.parametrize("camera", PATHS)
def test_a_longer_clip_goes_no_further(camera):
    ways = []
    for seconds in (4.0, 8.0, 10.0):
        times = np.linspace(0, seconds, 97)
        path = travel(camera, motion=Motion.NORMAL, seed=4, times=times, size=SIZE)
        ways.append(np.abs(path.shown(CORNERS, 0.8)[-1] - path.shown(CORNERS, 0.8)[0]).max())
    # A hand's sway depends on the clock, and is all that differs.
    assert max(ways) - min(ways) < 2.5


@pytest.mark.parametrize("camera", [Camera.PUSH_IN, Camera.PAN_LEFT, Camera.ORBIT])
def test_the_camera_gathers_speed_and_slows_down(camera):
    path = travel(camera, motion=Motion.NORMAL, seed=4, times=np.arange(96) / 24, size=(768, 432))
    steps = np.abs(np.diff(path.shown(CORNERS * 4, 0.2), axis=0)).max(axis=(1, 2))
    middle = steps[40:56].mean()
    assert 0 < steps[0] < 0.7 * middle
    assert 0 < steps[-1] < 0.7 * middle


@pytest.mark.parametrize("camera", PATHS)
@pytest.mark.parametrize("motion", Motion)
@pytest.mark.parametrize(
    "place", [(-0.45, -0.48, -0.2, 0.1), (0.1, -0.3, 0.49, 0.45), (-0.4, -0.4, 0.4, 0.4)]
)
def test_what_must_be_kept_stays_in_the_frame(camera, motion, place):
    keep = tuple(share * side for share, side in zip(place, SIZE * 2, strict=True))
    aim = Aim(point=((keep[0] + keep[2]) / 2, (keep[1] + keep[3]) / 2), keep=keep)
    path = travel(camera, motion=motion, seed=2, times=TIMES * 2, size=SIZE, aim=aim)
    path = path.shorter(kept_share(path, aim, SIZE, SIZE))
    corners = np.array([(keep[0], keep[1]), (keep[2], keep[1]), (keep[0], keep[3]), (keep[2], keep[3])])
    enlarged = max(need / side for need, side in zip(path.needs(*SIZE), SIZE, strict=True))
    for disparity in (0.0, 1.0):
        assert (np.abs(path.shown(corners * enlarged, disparity)) <= np.array(SIZE) / 2 + 1).all()


@pytest.mark.parametrize("camera", [Camera.PAN_LEFT, Camera.PAN_RIGHT])
def test_a_panorama_is_passed_over_from_end_to_end(camera):
    path = travel(camera, motion=Motion.NORMAL, seed=1, times=np.arange(97) / 24, size=SIZE, spare=(1.0, 0.0))
    assert np.ptp(path.pan[:, 0]) > 0.9 * SIZE[0]
    assert path.needs(*SIZE)[0] <= 2 * SIZE[0] + 2


@pytest.mark.parametrize("camera", [Camera.PUSH_IN, Camera.PULL_OUT])
def test_a_push_shows_the_whole_picture_at_one_end(camera):
    path = travel(camera, motion=Motion.NORMAL, seed=3, times=TIMES * 2, size=SIZE).nearer(*SIZE)
    whole = path.shown(np.array([SIZE]) / 2, 0.0)[0 if camera is Camera.PUSH_IN else -1]
    assert np.abs(np.abs(whole) - np.array(SIZE) / 2).max() < 2


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
    values: dict[str, Any] = {
        "subject": False,
        "landscape": False,
        "spare": (0.0, 0.0),
        "flat": False,
    } | changes
    return {choose(seed=seed, **values) for seed in range(40)}


def test_the_path_suits_the_picture_and_the_seed():
    assert chosen(spare=(1.0, 0.0)) == {Camera.PAN_LEFT, Camera.PAN_RIGHT}
    assert chosen(spare=(0.0, 2.0)) == {Camera.TILT_UP, Camera.TILT_DOWN}
    assert chosen(flat=True) == {Camera.PUSH_IN}
    assert chosen(subject=True) == {Camera.ORBIT, Camera.PUSH_IN}
    assert Camera.PUSH_IN in chosen(landscape=True)
    assert Camera.STILL not in chosen()
