"""What is surely a sky that may drift, and surely water; and what only looks like them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.families.camera.scene import study
from tests import ROOT
from tests.present import present

ROWS, COLUMNS, HORIZON = 480, 800, 230
LETTERS = ((0.3, 0.05, 0.7, 0.25),)
"""Where they lie in a sky, in shares of the picture."""


def soft(seed, across, down):
    """Soft shapes, float32 ``[ROWS, COLUMNS, 1]``, with a deviation of 1."""
    noise = np.random.default_rng(seed).standard_normal((ROWS, COLUMNS)).astype(np.float32)
    shapes = cv2.GaussianBlur(noise, (0, 0), sigmaX=across, sigmaY=down)
    return (shapes / shapes.std())[..., None]


def landscape(sky=(120, 165, 215), *, clouds=12.0):
    """Clouds above rough, dark land; float32, so that it can be painted over."""
    picture = np.empty((ROWS, COLUMNS, 3), np.float32)
    picture[:] = np.array(sky) + clouds * soft(1, 30, 14) + np.linspace(-8, 8, ROWS)[:, None, None]
    picture[HORIZON:] = (60, 62, 45) + 18 * soft(2, 2, 2)[HORIZON:]
    return picture


def look(picture, whole=()):
    return study(np.clip(picture, 0, 255).astype(np.uint8), lambda: None, whole=whole)


@pytest.mark.parametrize(
    "sky",
    [(120, 165, 215), (190, 192, 196), (215, 170, 140), (40, 60, 120)],
    ids=["blue", "overcast", "evening", "night falls"],
)
def test_clouds_drift(sky):
    scene = look(landscape(sky))
    assert scene.sky is not None
    assert scene.clouds


def panels(picture):
    """A climbing wall: panels of different colours with straight borders."""
    for left, colour in ((0, (215, 215, 215)), (270, (190, 60, 110)), (540, (222, 222, 220))):
        picture[:HORIZON, left : left + 258] = colour
        picture[:HORIZON, left + 258 : left + 270] = (40, 40, 40)
    picture[:HORIZON] += 5 * soft(1, 30, 14)[:HORIZON]
    return picture


def corner(picture):
    """A white corner, as where a picture is transparent, beside a blue stage."""
    picture[:HORIZON, :380] = 255
    picture[:HORIZON, 380:392] = 20
    return picture


def crown(picture):
    """A drawn tree, whose pale crown is as bright as the sky."""
    around = np.hypot(*(np.indices((ROWS, COLUMNS)) - np.array([80, 660])[:, None, None]))[..., None]
    inside = np.clip((150 - around) / 30, 0, 1)
    inside[HORIZON:] = 0
    return picture * (1 - inside) + inside * np.array([190, 215, 140])


def planks(picture):
    """Grey boards."""
    picture[:HORIZON] = 190 + 3 * soft(1, 30, 14)[:HORIZON]
    for row in range(30, HORIZON - 10, 32):
        cv2.line(picture, (0, row), (COLUMNS, row - 8), (165, 165, 165), 2, cv2.LINE_AA)
    return picture


def twigs(picture):
    """Branches in front of a sky, which are too thin to be cut out."""
    rng = np.random.default_rng(3)
    for x, y in rng.uniform((0, 0), (COLUMNS, HORIZON - 30), (26, 2)).round().astype(int).tolist():
        cv2.line(picture, (x, y), (x + 40, y + 28), (70, 65, 60), 2, cv2.LINE_AA)
    return picture


def beige(picture):
    """A wall in warm light, with soft shadows."""
    picture[:HORIZON] = (202, 195, 184) + 12 * soft(1, 30, 14)[:HORIZON]
    return picture


def unlit(picture):
    """A studio's black backdrop."""
    picture[:HORIZON] = (34, 37, 44) + 7 * soft(1, 30, 14)[:HORIZON]
    picture[HORIZON:] = 8 + 8 * soft(2, 2, 2)[HORIZON:]
    return picture


@pytest.mark.parametrize("made", [panels, corner, crown, planks, beige, unlit])
def test_what_people_made_and_what_grows_is_no_sky(made):
    """Panels, a transparent corner and a drawn tree were torn apart by clouds that drifted."""
    scene = look(made(landscape()))
    assert scene.sky is None
    assert not scene.clouds


def test_a_sky_that_is_seen_through_twigs_stays_still():
    assert not look(twigs(landscape())).clouds


def test_a_sky_that_letters_lie_in_stays_still():
    scene = look(landscape(), LETTERS)
    assert scene.sky is not None
    assert not scene.clouds


def test_letters_below_a_sky_do_not_keep_it_still():
    assert look(landscape(), ((0.3, 0.7, 0.7, 0.9),)).clouds


@pytest.mark.parametrize("side", [slice(0, 6), slice(-6, None)], ids=["left", "right"])
def test_a_sky_beside_the_pictures_own_border_stays_still(side):
    """A poster's white border, too thin for a bar, wandered into the picture."""
    picture = landscape()
    picture[:, side] = 255
    assert not look(picture).clouds


def test_a_wall_with_soft_shadows_and_one_that_darkens_downwards_do_not_drift():
    """A grey wall may as well be an overcast sky, so it takes more than a shadow."""
    pale = landscape((190, 192, 196), clouds=0)
    pale += 5 * soft(4, 90, 60)
    dark = landscape()
    dark[:HORIZON] -= np.linspace(-40, 40, HORIZON)[:, None, None]
    for picture in (pale, dark):
        picture[HORIZON:] = landscape()[HORIZON:]
        assert not look(picture).clouds


def test_a_red_stage_and_a_rippled_sea_do_not_drift():
    stage = landscape((170, 40, 40))
    sea = landscape((150, 170, 200), clouds=6)
    sea[:HORIZON] += 9 * soft(5, 6, 1.6)[:HORIZON]
    assert not look(stage).clouds
    assert not look(sea).clouds


def lake():
    picture = landscape()
    picture[HORIZON + 50 :] = (60, 95, 130) + 12 * soft(6, 22, 2.2)[HORIZON + 50 :]
    return picture


def test_a_lake_ripples():
    assert look(lake()).water is not None


def grey(picture):
    picture[:HORIZON] = landscape((190, 192, 196))[:HORIZON]
    picture[HORIZON + 50 :] = 110 + 12 * soft(6, 22, 2.2)[HORIZON + 50 :]
    return picture


def marked(picture):
    for left in range(-300, 900, 140):
        cv2.line(picture, (left, ROWS), (left + 190, HORIZON + 60), (150, 180, 210), 4, cv2.LINE_AA)
    return picture


def gravel(picture):
    picture[HORIZON + 50 :] += 22 * soft(7, 1.4, 1.2)[HORIZON + 50 :]
    return picture


@pytest.mark.parametrize("made", [grey, marked, gravel])
def test_a_road_and_gravel_do_not_ripple(made):
    """The sides of a car, the road under it and the gravel before a band rippled below real skies."""
    assert look(made(lake())).water is None


@pytest.mark.parametrize("columns", [300, 480])
def test_a_small_picture_is_judged_like_a_large_one(columns):
    """Its clouds are as soft, though fewer pixels lie between light and dark."""
    large = cv2.cvtColor(present(cv2.imread(str(ROOT / "examples" / "lake.png"))), cv2.COLOR_BGR2RGB)
    size = (columns, round(columns * large.shape[0] / large.shape[1]))
    scene = look(cv2.resize(large, size, interpolation=cv2.INTER_AREA))
    assert scene.clouds
    assert scene.water is not None
