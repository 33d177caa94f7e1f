"""Whole clips of the sketch."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Camera, Kind, Motion, Recipe
from engine.families import load
from engine.families.sketch.creatures import CREATURES
from engine.families.sketch.things import THINGS
from engine.families.sketch.view import turned, view_at
from engine.families.sketch.words import Place, Shape
from engine.runtime.context import EngineContext


def recipe(prompt="a red balloon over the sea", *, width=192, height=108, frames=6, fps=8.0, **more):
    return Recipe(
        kind=Kind.TEXT2VIDEO,
        engine="sketch",
        seed=0,
        width=width,
        height=height,
        frames=frames,
        native_fps=fps,
        fps=fps,
        length=frames,
        prompt=prompt,
        **more,
    )


def drawn(made, *, seed=1, progress=None, cancel=None):
    hooks = Hooks(progress=progress or (lambda _: None), cancel=cancel or CancelToken())
    return load("sketch", EngineContext()).draw(made, Inputs(), seed=seed, hooks=hooks)


PROMPTS = [
    "a red balloon over the sea",
    "a lighthouse in a storm at night",
    "three fish in a coral reef",
    "a yellow taxi in a neon city in the rain",
    "a rocket in space",
    "a cat in a snowy forest",
    "nothing that it knows",
    "",
]


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("camera", [Camera.AUTO, Camera.STILL])
def test_something_always_moves_and_nothing_flickers(prompt, camera):
    frames = drawn(recipe(prompt, frames=12, camera=camera, motion=Motion.GENTLE)).astype(float).mean(axis=3)
    changes = np.percentile(np.abs(np.diff(frames, axis=0)).reshape(11, -1), 99, axis=1)
    assert changes.min() > 2.5
    brightness = np.log(frames.mean(axis=(1, 2)))
    assert np.abs(np.diff(brightness, 2)).max() < 0.03


@pytest.mark.parametrize(
    "prompt",
    [
        "x" * 400,
        "word " * 80,
        "🚀🌙✨",
        "שלום עולם",
        "猫が海を見ている",
        "\x00\x07\n\t\u202e\ud800",
        "é ﬁ Ⅳ ß",
        "%s {} \\",
    ],
)
def test_any_text_can_be_drawn(prompt):
    assert drawn(recipe(prompt, frames=2)).std() > 5


@pytest.mark.parametrize(("width", "height"), [(64, 64), (64, 512), (512, 64), (1024, 576), (2048, 64)])
def test_any_size_can_be_drawn(width, height):
    frames = drawn(recipe("a dragon and a house by the sea", width=width, height=height, frames=2))
    assert frames.shape == (2, height, width, 3)
    assert frames.dtype == np.uint8
    assert frames.std() > 5


@pytest.mark.parametrize("shape", Shape)
def test_every_own_figure_can_be_drawn(shape):
    assert shape in {*CREATURES, *THINGS, Shape.SUN, Shape.MOON}
    drawn(recipe(f"spinning {shape.value} {Place.FIELD}", width=96, height=64, frames=2))


@pytest.mark.parametrize("place", Place)
def test_every_place_can_be_drawn_by_day_and_night(place):
    day, night = (
        drawn(recipe(f"a cat {place} {hour}", width=96, height=64, frames=2)) for hour in ("day", "night")
    )
    assert day.std() > 5
    assert night.std() > 5


@pytest.mark.parametrize("camera", Camera)
def test_each_camera_gives_its_own_clip(camera):
    made = drawn(recipe(camera=camera))
    assert np.abs(made[0].astype(int) - made[-1]).max() > 40
    if camera is not Camera.STILL:
        assert not np.array_equal(made, drawn(recipe(camera=Camera.STILL)))


@pytest.mark.parametrize(("camera", "sign"), [(Camera.ROLL_LEFT, -1), (Camera.ROLL_RIGHT, 1)])
def test_a_roll_turns_the_sketch_gently_and_leaves_no_corner_empty(camera, sign):
    views = [
        view_at(second, 4.0, size=(320, 180), camera=camera, pace=1.6, side=1) for second in (0, 1, 2, 3.9)
    ]
    rolls = [math.degrees(sign * view.roll) for view in views]
    assert rolls[0] == 0
    assert rolls == sorted(rolls)
    assert 5 < rolls[-1] < 10
    bar = np.zeros((180, 320, 3), np.uint8)
    bar[:, :160] = 255
    shown = turned(bar, views[-1].roll)
    assert (shown[20, 160, 0] > 128) == (sign > 0)  # a clockwise turn brings the left half over the top
    assert turned(np.full((64, 96, 3), 200, np.uint8), 0.16).min() == 200


def test_the_same_seed_gives_the_same_bytes_and_another_another_layout():
    made = recipe("birds over hills")
    assert np.array_equal(drawn(made, seed=5), drawn(made, seed=5))
    assert np.abs(drawn(made, seed=5)[0].astype(int) - drawn(made, seed=6)[0]).mean() > 2


def test_the_speed_does_not_depend_on_the_frame_rate():
    slow, fast = drawn(recipe(frames=4, fps=4)), drawn(recipe(frames=8, fps=8))
    assert np.array_equal(slow, fast[::2])


def test_motion_sets_the_speed():
    gentle, wild = (drawn(recipe(motion=motion)).astype(int) for motion in (Motion.GENTLE, Motion.WILD))
    assert np.abs(wild[-1] - wild[0]).mean() > np.abs(gentle[-1] - gentle[0]).mean()


def test_progress_is_told_each_frame_and_cancel_is_looked_at_each_frame():
    told, cancel = [], CancelToken()

    def progress(done):
        told.append(done)
        if done >= 0.5:
            cancel.cancel()

    with pytest.raises(Cancelled):
        drawn(recipe(frames=8), progress=progress, cancel=cancel)
    assert told == [0.125, 0.25, 0.375, 0.5]


def test_the_sketch_says_what_it_does_not_know():
    told: list[str] = []
    hooks = Hooks(gave_up=told.append)
    load("sketch", EngineContext()).draw(
        recipe("a corgi and a quxblorf", frames=2), Inputs(), seed=1, hooks=hooks
    )
    assert told == ["I drew a dog for “corgi”", "the sketch does not know “quxblorf”"]


def test_a_frame_takes_little_time():
    made = recipe("a cat in a snowy forest", width=768, height=432, frames=4)
    start = time.process_time()
    drawn(made)
    assert (time.process_time() - start) / 4 < 0.25, "60 ms on one idle core, with room for a busy one"


def test_lightning_is_a_faint_swell():
    frames = drawn(recipe("a storm", frames=32, fps=4, camera=Camera.STILL, width=96, height=64))
    brightness = frames.mean(axis=(1, 2, 3))
    assert brightness.max() / brightness.min() < 1.15
