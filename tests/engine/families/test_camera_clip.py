"""What every clip of the camera backend must be, whatever the picture."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import cv2
import numpy as np
import pytest

from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled, Unsupported
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Camera, Kind, Motion, Quality, Recipe
from engine.families import load
from engine.runtime.context import EngineContext
from tests import ROOT

WIDTH, HEIGHT = 192, 108
PATHS = [camera for camera in Camera if camera is not Camera.AUTO]


def recipe(**changes):
    values: dict[str, Any] = {
        "kind": Kind.ANIMATE,
        "engine": "camera",
        "seed": 7,
        "width": WIDTH,
        "height": HEIGHT,
        "frames": 7,
        "native_fps": 6.0,
        "fps": 24.0,
        "length": 25,
        "camera": Camera.ORBIT,
    }
    return Recipe(**(values | changes))


def film(picture, *, seed=7, cancel=None, progress=None, **changes):
    return load("camera", EngineContext()).draw(
        recipe(**changes),
        Inputs(picture=picture),
        seed=seed,
        hooks=Hooks(progress=progress or (lambda share: None), cancel=cancel or CancelToken()),
    )


def textured(rows=216, columns=384, low=70, high=250):
    rng = np.random.default_rng(3)
    grain = cv2.GaussianBlur(rng.standard_normal((rows, columns, 3)).astype(np.float32), (0, 0), 3)
    grain = (grain - grain.min()) / (grain.max() - grain.min())
    return (low + grain * (high - low)).astype(np.uint8)


def subject():
    """A blue disc before a warm, softer background."""
    picture = textured(low=150, high=230)
    picture[..., 2] //= 2
    cv2.circle(picture, (192, 116), 62, (20, 60, 190), -1, cv2.LINE_AA)
    return picture


def luma(frames):
    return frames.astype(np.float32).mean(axis=3)


@pytest.mark.parametrize("quality", Quality)
def test_a_clip_has_the_recipes_shape(quality):
    frames = film(textured(), quality=quality)
    assert frames.shape == (7, HEIGHT, WIDTH, 3)
    assert frames.dtype == np.uint8


def test_without_a_picture_there_is_nothing_to_film():
    with pytest.raises(Unsupported, match="picture"):
        film(None)


@pytest.mark.parametrize("camera", [Camera.AUTO, Camera.PUSH_IN])
def test_the_same_seed_gives_the_same_bytes(camera):
    first = film(subject(), camera=camera)
    # Another job in this process may have drawn from OpenCV's own generator.
    cv2.setRNGSeed(99)
    assert np.array_equal(first, film(subject(), camera=camera))


def test_another_process_gives_the_same_bytes():
    code = (
        "import hashlib\n"
        "from tests.engine.families.test_camera_clip import film, subject\n"
        "print(hashlib.sha256(film(subject(), frames=3).tobytes()).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("camera", PATHS)
def test_another_seed_gives_another_clip(camera):
    assert not np.array_equal(film(subject(), camera=camera), film(subject(), seed=8, camera=camera))


@pytest.mark.parametrize("motion", Motion)
@pytest.mark.parametrize("camera", PATHS)
def test_the_camera_never_sees_past_the_picture(camera, motion):
    frames = film(textured(low=120), camera=camera, motion=motion)
    for edge in (frames[:, 0], frames[:, -1], frames[:, :, 0], frames[:, :, -1]):
        assert edge.min() > 80


@pytest.mark.parametrize("motion", Motion)
@pytest.mark.parametrize("camera", [*PATHS, Camera.AUTO])
def test_no_frame_stands_still(camera, motion):
    steps = np.abs(np.diff(luma(film(subject(), camera=camera, motion=motion, native_fps=12.0)), axis=0))
    changes = np.percentile(steps, 99, axis=(1, 2))
    # The camera gathers speed, so the ends change less; the gate counts what changes less than 1.6 levels.
    assert changes.min() > 0.8
    assert np.median(changes) > 1.6


@pytest.mark.parametrize("level", [0, 3, 128, 255])
def test_a_plain_picture_gets_a_moving_light(level):
    frames = luma(film(np.full((200, 300, 3), level, np.uint8), native_fps=12.0))
    assert frames.std(axis=(1, 2)).min() > 2.5
    assert np.percentile(np.abs(np.diff(frames, axis=0)), 99, axis=(1, 2)).min() > 1.6


@pytest.mark.parametrize(
    "shape",
    [(64, 64), (64, 4096), (4096, 64), (300, 1200), (65, 97), (1, 1)],
    ids=lambda shape: f"{shape[0]}x{shape[1]}",
)
def test_any_shape_can_be_filmed(shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert film(picture, frames=3, camera=Camera.AUTO).shape == (3, HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("size", [(108, 192), (64, 64), (250, 66)])
def test_any_frame_can_be_filled(size):
    assert film(subject(), width=size[0], height=size[1], frames=2).shape == (2, size[1], size[0], 3)


def test_one_frame_is_a_clip_too():
    assert film(subject(), frames=1, length=1).shape[0] == 1


def test_a_grey_picture_stays_grey():
    grey = np.repeat(subject().mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    frames = film(grey).astype(int)
    assert np.abs(frames - frames.mean(axis=3, keepdims=True)).max() <= 2


def test_the_brightness_does_not_flicker():
    capabilities = luma(film(subject(), frames=13, native_fps=12.0)).mean(axis=(1, 2))
    assert np.abs(np.diff(np.log(capabilities), 2)).max() < 0.004


def test_motion_steps_are_even():
    frames = luma(film(subject(), frames=13, native_fps=12.0, camera=Camera.PAN_LEFT))
    steps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2))
    assert steps.max() < 3.5 * steps.min()
    assert steps[4:-4].max() < 1.3 * steps[4:-4].min()


@pytest.mark.parametrize("camera", PATHS)
def test_speed_does_not_depend_on_the_frame_rate(camera):
    slow = film(subject(), camera=camera, frames=5, native_fps=4.0)
    fast = film(subject(), camera=camera, frames=9, native_fps=8.0)
    assert np.array_equal(slow, fast[::2])


def test_progress_rises_to_one():
    told: list[float] = []
    film(subject(), progress=told.append)
    assert len(told) == 7
    assert told == sorted(told)
    assert told[-1] == 1


def test_a_cancel_takes_hold_within_one_frame():
    token, told = CancelToken(), []

    def progress(share):
        told.append(share)
        if len(told) == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        film(subject(), progress=progress, cancel=token)
    assert len(told) == 2


def test_a_cancelled_job_is_not_even_prepared():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        film(subject(), cancel=token, progress=lambda share: pytest.fail("a frame was drawn"))
