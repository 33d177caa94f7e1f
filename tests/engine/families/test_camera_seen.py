"""The pictures of a job are looked at once, whatever the number of takes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import cv2
import numpy as np
import pytest

from engine.core.family import Hooks, Inputs
from engine.core.recipe import Camera, Kind, Recipe
from engine.families.camera.draw import CameraFamily
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.families.test_camera_look import Eyes

WIDE, HIGH = 128, 96

RECIPE = Recipe(
    kind=Kind.ANIMATE,
    engine="camera",
    seed=7,
    width=WIDE,
    height=HIGH,
    frames=4,
    native_fps=6.0,
    fps=6.0,
    length=4,
    camera=Camera.PUSH_IN,
)


def picture():
    grain = np.random.default_rng(3).standard_normal((HIGH, WIDE, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(grain, (0, 0), 2)
    return np.clip(120 + 60 * soft / soft.std(), 0, 255).astype(np.uint8)


class Counting(Eyes):
    def __init__(self):
        super().__init__()
        self.looks: Counter[str] = Counter()

    def cutout(self, picture):
        self.looks["cutout"] += 1
        return super().cutout(picture)

    def faces(self, picture):
        self.looks["faces"] += 1
        return super().faces(picture)

    def text(self, picture, *, side):
        self.looks["text"] += 1
        return super().text(picture, side=side)


@pytest.fixture
def eyes():
    return Counting()


@pytest.fixture
def family(tmp_path, eyes):
    return family_with(tmp_path, eyes)


def family_with(folder, eyes: Any):
    context = EngineContext(store=Store(folder))
    context.__dict__["eyes"] = eyes  # where the cached property keeps it
    return CameraFamily(context)


def draw(family, shown, seed=7, end=None):
    return family.draw(RECIPE, Inputs(picture=shown, end=end), seed=seed, hooks=Hooks())


def test_a_second_take_looks_at_nothing_again_and_is_what_it_would_be(family, eyes, tmp_path):
    shown = picture()
    draw(family, shown)
    once = dict(eyes.looks)
    again = draw(family, shown, seed=8)
    assert eyes.looks == once == {"cutout": 1, "faces": 1, "text": 1}
    assert np.array_equal(again, draw(family_with(tmp_path, Counting()), shown.copy(), seed=8))


def test_both_pictures_of_a_crossing_are_looked_at_once(family, eyes):
    shown, end = picture(), np.ascontiguousarray(picture()[:, ::-1])
    for seed in (7, 8):
        draw(family, shown, seed, end)
    assert eyes.looks == {"cutout": 2, "faces": 2, "text": 2}


def test_another_job_looks_for_itself_though_its_picture_is_the_same(family, eyes):
    draw(family, picture())
    draw(family, picture())
    assert eyes.looks["cutout"] == 2
