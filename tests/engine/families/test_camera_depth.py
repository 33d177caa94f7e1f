"""Depth that a network saw: how far it is believed, and what the layers become of it."""

from __future__ import annotations

import sys
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from engine.core.family import Hooks, Inputs
from engine.core.recipe import Camera, Kind, Motion, Recipe
from engine.families.camera.aim import framed
from engine.families.camera.depth_eye import DepthEye
from engine.families.camera.draw import CameraFamily
from engine.families.camera.known import Known, Relief
from engine.families.camera.layers import Window, take_apart
from engine.families.camera.path import travel
from engine.families.camera.relief import BODY, ground_of, grown, read_relief, standing_out
from engine.families.camera.scene import study
from engine.families.camera.whole import BENT, worst_bend
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.tiny import animatediff_control

WIDE, HIGH = 320, 240
FIGURE = np.s_[60:200, 130:190]


def room(figure=True):
    """A floor before a wall, and a figure that stands on it: how near each place is."""
    rows = np.arange(HIGH, dtype=np.float32)[:, None] / HIGH
    near = np.broadcast_to(0.05 + 0.8 * np.clip((rows - 0.4) / 0.6, 0, 1), (HIGH, WIDE)).copy()
    if figure:
        near[FIGURE] = near[199, 0]
    return near.astype(np.float32)


def clouded(near, amount, seed):
    """What a network says that is not sure."""
    rng = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(rng.standard_normal(near.shape).astype(np.float32), (0, 0), 12)
    return (near + amount * soft / soft.std()).astype(np.float32)


def seen(amount, figure=True):
    near = room(figure)
    return read_relief(clouded(near, amount, 1), clouded(near, amount, 2)[:, ::-1])


def figure():
    mask = np.zeros((HIGH, WIDE), np.float32)
    mask[FIGURE] = 1
    return mask


def picture():
    rng = np.random.default_rng(3)
    grain = cv2.GaussianBlur(rng.standard_normal((HIGH, WIDE, 3)).astype(np.float32), (0, 0), 2)
    return np.clip(120 + 60 * grain / grain.std(), 0, 255).astype(np.uint8)


def studied(relief, subject=None, whole=()):
    return study(picture(), lambda: None, subject=subject, level=True, relief=relief, whole=whole)


def test_doubt_means_less_depth_down_to_none():
    sure = [relief.sure for amount in (0.0, 0.08, 0.1) if (relief := seen(amount, figure=False))]
    assert 1 >= sure[0] > sure[1] > sure[2] > 0
    near = room(figure=False)
    depths = [float(np.ptp(studied(Relief(near=near, sure=one)).disparity)) for one in (1.0, 0.5, 0.1)]
    assert depths == pytest.approx([depths[0], depths[0] / 2, depths[0] / 10], rel=0.01)
    assert depths[0] > 0.5
    assert seen(2.0) is None
    assert float(np.ptp(studied(None).disparity)) == 0


def test_a_picture_of_one_distance_has_no_relief():
    wall = np.full((HIGH, WIDE), 3.0, np.float32)
    assert read_relief(wall, wall) is None
    speck = wall.copy()
    speck[:3, :3] = 90
    assert read_relief(speck, speck[:, ::-1]) is None


def test_maps_of_any_range_and_sign_of_slope_say_the_same():
    near = room()
    plain = read_relief(near, near[:, ::-1])
    scaled = read_relief(40 + 900 * near, 7 + 3 * near[:, ::-1])
    assert plain is not None
    assert scaled is not None
    assert np.allclose(plain.near, scaled.near, atol=0.01)
    assert read_relief(near, 1 - near[:, ::-1]) is None


def test_the_ground_goes_on_behind_a_subject_that_stands_where_its_feet_are():
    relief = seen(0.0)
    assert relief is not None
    ground, nearness = ground_of(relief, figure() > 0, ())
    assert ground[100, 160] == pytest.approx(ground[100, 20], abs=0.12)
    assert nearness == pytest.approx(float(np.median(relief.near[195:199, 135:185])), abs=0.05)
    scene = studied(relief, figure())
    assert scene.nearness > float(np.median(scene.disparity[:90])) + 0.3


def test_a_subject_is_in_front_even_where_the_map_says_that_it_is_not():
    near = room(figure=False)
    near[FIGURE] = 0.0
    scene = studied(Relief(near=near, sure=1.0), figure())
    rows, columns = scene.disparity.shape
    own = cv2.resize(figure(), (columns, rows), interpolation=cv2.INTER_AREA) > 0.5
    around = cv2.dilate(own.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool) & ~own
    assert scene.nearness > float(np.median(scene.disparity[around]))


def test_what_stands_clear_of_all_else_is_found():
    near = np.full((HIGH, WIDE), 0.1, np.float32)
    near[40:200, 100:220] = 0.8
    found = standing_out(Relief(near=near, sure=1.0), (2 * WIDE, 2 * HIGH))
    assert found is not None
    assert found.whole
    assert found.certainty > 0.9
    assert found.box.left == pytest.approx(200, abs=3)
    assert found.mask.shape == (2 * HIGH, 2 * WIDE)


def test_what_has_thin_parts_is_not_cut_out():
    """A handlebar is thinner than the map shows, and would be cut off."""
    near = np.full((HIGH, WIDE), 0.1, np.float32)
    near[120:200, 100:220] = 0.8
    for column in range(104, 220, 12):
        near[50:120, column : column + 3] = 0.8
    assert standing_out(Relief(near=near, sure=1.0), (WIDE, HIGH)) is None


def test_a_floor_does_not_stand_out():
    relief = Relief(near=room(figure=False), sure=1.0)
    assert standing_out(relief, (WIDE, HIGH)) is None


def test_a_person_and_a_line_of_letters_stay_whole_on_a_sloping_ground():
    """A face that was not cut out: all of the person gets one distance."""
    relief = Relief(near=room(figure=False), sure=1.0)
    face = (0.4, 0.4, 0.5, 0.5)
    window = Window(size=(WIDE, HIGH), picture=(WIDE, HIGH))
    path = travel(Camera.PUSH_IN, motion=Motion.WILD, seed=1, times=np.linspace(0, 4, 20), size=(WIDE, HIGH))

    def bend(whole):
        scene = studied(relief, whole=whole)
        return worst_bend(
            path, take_apart(picture(), scene, window, lambda: None), [(0.35, 0.45, 0.55, 0.95)]
        )

    assert bend(grown([face], BODY)) < BENT < bend(())


def test_no_ground_is_steeper_than_what_looks_stiff():
    near = room(figure=False)
    near[:, 160:] += 3.0
    relief = read_relief(near, near[:, ::-1])
    assert relief is not None
    ground, _ = ground_of(relief, None, ())
    assert np.percentile(np.hypot(*np.gradient(ground)), 99) * WIDE <= 1.7


def test_a_part_of_a_picture_keeps_its_part_of_the_relief():
    near = np.broadcast_to(np.linspace(0, 1, WIDE, dtype=np.float32), (HIGH, WIDE))
    known = Known(faces=((0.7, 0.3, 0.8, 0.5),), relief=Relief(near=np.ascontiguousarray(near), sure=1.0))
    part, cut = framed(picture(), known, (240, 480))
    assert part.shape[1] < WIDE
    assert cut.relief is not None
    assert cut.relief.near.min() > 0.4
    assert cut.relief.near.shape[1] == pytest.approx(part.shape[1], abs=1)


def recipe(**changes):
    values: dict[str, Any] = {
        "kind": Kind.ANIMATE, "engine": "camera", "seed": 7, "width": 192, "height": 144, "frames": 5,
        "native_fps": 6.0, "fps": 24.0, "length": 17, "camera": Camera.PUSH_IN,
    }  # fmt: skip
    return Recipe(**(values | changes))


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The real class, small and random: what it says is made by chance, and is read as any other map."""
    monkeypatch.setitem(sys.modules, "controlnet_aux", None)
    torch.manual_seed(2)
    animatediff_control.depth_anything().save_pretrained(tmp_path / "depth-anything")
    return EngineContext(store=Store(tmp_path))


def test_installed_weights_are_asked_and_let_go(installed):
    eye = DepthEye(installed)
    found = eye.relief(picture(), Hooks())
    assert found is None or (found.near.shape == (HIGH, WIDE) and 0 < found.sure <= 1)
    assert installed.model_cache.names() == ()
    frames = np.asarray(
        CameraFamily(installed).draw(recipe(), Inputs(picture=picture()), seed=7, hooks=Hooks())
    )
    assert frames.shape == (5, 144, 192, 3)
    assert installed.model_cache.names() == ()


def test_damaged_weights_are_told_once_and_the_clip_is_made(installed, caplog):
    (installed.store.path("depth-anything") / "model.safetensors").write_bytes(b"cut off")
    family = CameraFamily(installed)
    for _ in range(2):
        frames = np.asarray(family.draw(recipe(), Inputs(picture=picture()), seed=7, hooks=Hooks()))
        assert frames.shape[0] == 5
    assert sum("without depth" in record.message for record in caplog.records) == 1


def test_without_weights_nothing_is_seen(tmp_path):
    assert DepthEye(EngineContext(store=Store(tmp_path))).relief(picture(), Hooks()) is None
