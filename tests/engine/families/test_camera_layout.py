"""Bars, captions and flat art are told from photographs, and stay as they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.core.recipe import Camera, Motion
from engine.families.camera.known import Known
from engine.families.camera.layout import read_layout, surrounded
from engine.families.camera.path import travel
from engine.families.camera.plain import FINER, PlainStage
from engine.families.camera.shot import Brief, shot_of
from tests import ROOT
from tests.engine.families.test_camera_clip import HEIGHT, WIDTH, film
from tests.present import present


@pytest.fixture(scope="module")
def photo():
    """A real photograph, without a sky."""
    whole = cv2.cvtColor(present(cv2.imread(str(ROOT / "examples" / "pagoda.jpg"))), cv2.COLOR_BGR2RGB)
    return np.ascontiguousarray(whole[150:390, 100:520])


def written(picture, text, at, colour):
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_DUPLEX, 0.7, colour, 1, cv2.LINE_AA)
    return picture


def with_bars(photo, bars, colour):
    top, bottom, left, right = bars
    return cv2.copyMakeBorder(photo, top, bottom, left, right, cv2.BORDER_CONSTANT, value=colour)


def captioned(photo):
    picture = with_bars(photo, (60, 0, 0, 0), (255, 255, 255))
    return written(picture, "it moves by itself", (20, 38), (0, 0, 0))


@pytest.mark.parametrize(
    ("bars", "colour"),
    [
        ((40, 40, 0, 0), (0, 0, 0)),
        ((0, 0, 60, 60), (0, 0, 0)),
        ((30, 30, 30, 30), (245, 245, 245)),
        ((70, 0, 0, 0), (255, 255, 255)),
        ((0, 50, 0, 0), (20, 60, 120)),
        ((0, 0, 0, 90), (255, 255, 255)),
    ],
)
def test_bars_are_found_to_the_pixel(photo, bars, colour):
    picture = with_bars(photo, bars, colour)
    top, _, left, _ = bars
    found = read_layout(picture).panel
    assert found == pytest.approx((left, top, left + photo.shape[1], top + photo.shape[0]), abs=2)


def test_a_bar_whose_edge_is_blurred_over_three_rows_is_one(photo):
    """Only the sharper one was found, and the other was lit like a sky."""
    picture = with_bars(photo, (60, 60, 0, 0), (255, 255, 255))
    for row, share in ((60, 0.85), (61, 0.8), (62, 0.7)):  # of the row's pixels are the bar's still
        picture[row, : round(share * photo.shape[1])] = 250
    found = read_layout(picture).panel
    assert found == pytest.approx((0, 62, photo.shape[1], 60 + photo.shape[0]), abs=3)


def test_a_caption_on_a_bar_belongs_to_the_bar(photo):
    picture = written(
        with_bars(photo, (60, 0, 0, 0), (255, 255, 255)), "it moves by itself", (20, 38), (0, 0, 0)
    )
    layout = read_layout(picture)
    assert layout.panel is not None
    assert layout.panel[1] == pytest.approx(60, abs=2)
    assert not layout.flat


def test_a_photograph_has_neither_bars_nor_flat_art(photo):
    for picture in (photo, photo[:, ::-1], photo[::-1], np.rot90(photo)):
        layout = read_layout(np.ascontiguousarray(picture))
        assert layout.panel is None
        assert not layout.flat


def chart():
    picture = np.full((240, 360, 3), 255, np.uint8)
    for index, high in enumerate((60, 120, 90, 150)):
        cv2.rectangle(picture, (60 + 70 * index, 200 - high), (100 + 70 * index, 200), (40, 90, 200), -1)
        written(picture, str(high), (60 + 70 * index, 225), (60, 60, 60))
    return picture


def screenshot():
    picture = np.full((240, 360, 3), (54, 57, 63), np.uint8)
    picture[:, :90] = (47, 49, 54)
    for row in range(6):
        written(picture, "a line of talk", (110, 30 + 38 * row), (220, 220, 220))
    return picture


@pytest.mark.parametrize("make", [chart, screenshot])
def test_what_a_program_drew_is_flat(make):
    layout = read_layout(make())
    assert layout.flat
    assert layout.panel is None


def test_the_content_of_a_chart_is_what_is_drawn():
    left, top, right, bottom = read_layout(chart()).content
    assert (left, right) == pytest.approx((60, 312), abs=6)
    assert top == pytest.approx(50, abs=2)
    assert bottom < 232


@pytest.mark.parametrize("make", [chart, screenshot])
def test_a_margin_is_added_only_where_there_is_none(make):
    picture = make()
    whole = (0, 0, picture.shape[1], picture.shape[0])
    larger, moved = surrounded(picture, whole)
    assert larger.shape[0] > picture.shape[0]
    assert larger.shape[1] / larger.shape[0] == pytest.approx(1.5, rel=0.01)
    assert np.array_equal(larger[moved[1] : moved[3], moved[0] : moved[2]], picture)
    middle = (100, 80, 260, 160)
    assert surrounded(picture, middle)[0] is picture


@pytest.mark.parametrize(
    "camera", [Camera.AUTO, Camera.PUSH_IN, Camera.PAN_LEFT, Camera.ROLL_LEFT, Camera.ORBIT]
)
def test_nothing_of_flat_art_leaves_the_frame_and_no_letter_is_bent(camera):
    frames = film(chart(), camera=camera, motion=Motion.WILD, frames=5, native_fps=1.0, width=360, height=240)
    for frame in frames:
        inked = np.abs(frame.astype(int) - 255).max(axis=2) > 60
        for edge in (inked[0], inked[-1], inked[:, 0], inked[:, -1]):
            assert not edge.any()
    if camera is not Camera.ROLL_LEFT:
        # The bars of the chart still stand upright: each of their sides is one column, or next to it.
        blue = (frames[-1][..., 2].astype(int) - frames[-1][..., 0]) > 100
        bar = blue[:, :105]
        edges = bar.argmax(axis=1)[bar.any(axis=1)]
        assert np.ptp(edges[2:-2]) <= 1


def test_a_caption_stays_put_while_the_picture_below_it_moves(photo):
    picture = written(
        with_bars(photo, (60, 0, 0, 0), (255, 255, 255)), "it moves by itself", (20, 38), (0, 0, 0)
    )
    frames = film(picture, camera=Camera.PUSH_IN, frames=5, native_fps=1.0, width=420, height=300)
    assert np.array_equal(frames[0][:57], frames[-1][:57])
    assert np.abs(frames[0][70:].astype(int) - frames[-1][70:]).mean() > 5


def test_a_plain_move_is_exact_to_a_part_of_a_pixel():
    """A ramp shows where each pixel came from: no pixel is off by a hundredth of its width."""
    path = travel(Camera.PUSH_IN, motion=Motion.NORMAL, seed=1, times=np.arange(25) / 6, size=(200, 120))
    stage = PlainStage.of(np.zeros((120, 200, 3), np.uint8), path, (200, 120), (200, 120))
    ramp = np.tile(np.arange(400, dtype=np.float32)[None], (240, 1))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for index in (0, 7, 13, 24):
        came_from = cv2.warpAffine(ramp, stage.matrix(index), (200, 120), flags=flags)[60, 20:180]
        x = np.arange(20, 180) - 99.5 - path.pan[index, 0]
        assert np.abs(came_from - (FINER * x * np.exp(-path.zoom[index]) + 199.5)).max() < 0.01


def test_no_texture_shimmers():
    """How sharp a picture is does not go up and down while the camera moves by parts of a pixel."""
    rng = np.random.default_rng(5)
    grain = cv2.GaussianBlur(rng.standard_normal((240, 400)).astype(np.float32), (0, 0), 0.7)
    picture = np.repeat((128 + 90 * grain).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    brief = Brief(camera=Camera.PAN_LEFT, motion=Motion.NORMAL, seed=1, times=np.arange(48) / 24)
    shot = shot_of(picture, Known(), (400, 240), brief, lambda: None)
    sharp = [
        np.log(cv2.Laplacian(shot.frame(index, 0.0)[..., 0].astype(np.float32), cv2.CV_32F).var())
        for index in range(12, 36)
    ]
    assert np.abs(np.diff(sharp, 2)).max() < 0.3


def test_the_frame_is_filled_whatever_its_shape():
    for size in ((WIDTH, HEIGHT), (108, 192), (64, 250)):
        assert film(chart(), width=size[0], height=size[1], frames=2).shape == (2, size[1], size[0], 3)
