import cv2
import numpy as np
import pytest

from engine.inspect import inspect


def photograph(seed=3, width=480, height=320):
    chance = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for octave in range(6):
        rows, columns = 2 + 2**octave, 3 + 2**octave
        coarse = chance.normal(0, 60 / (octave + 1), (rows, columns, 3)).astype(np.float32)
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture + 120 + chance.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)


def drawing(width=480, height=320):
    picture = np.full((height, width, 3), (250, 240, 200), np.uint8)
    cv2.circle(picture, (width // 2, height // 2), 90, (220, 60, 60), -1)
    cv2.circle(picture, (width // 2, height // 2), 90, (10, 10, 10), 4)
    cv2.rectangle(picture, (20, 200), (150, 300), (60, 90, 200), -1)
    return picture


def test_size_and_aspect_are_the_pictures_own():
    facts = inspect(np.zeros((1000, 3000, 3), np.uint8))
    assert (facts.width, facts.height, facts.aspect, facts.faces) == (3000, 1000, 3.0, None)


@pytest.mark.parametrize(("level", "brightness"), [(0, 0.0), (255, 1.0), (51, 0.2)])
def test_brightness_is_the_share_of_white(level, brightness):
    assert inspect(np.full((64, 64, 3), level, np.uint8)).brightness == pytest.approx(brightness, abs=0.005)


def test_a_blurred_picture_is_less_sharp():
    picture = photograph()
    blurred = cv2.GaussianBlur(picture, (0, 0), 4)
    assert inspect(blurred).sharpness < 3 < inspect(picture).sharpness


def test_a_flat_drawing_is_told_from_a_photograph():
    assert inspect(drawing()).is_drawing
    assert inspect(drawing()).flat_share > 0.8
    assert inspect(photograph()).flat_share < 0.2
    assert not inspect(photograph()).is_drawing


def test_figures_do_not_depend_on_the_size_of_the_file():
    small, large = inspect(drawing()), inspect(cv2.resize(drawing(), None, fx=4, fy=4))
    assert large.flat_share == pytest.approx(small.flat_share, abs=0.05)
    assert large.is_drawing == small.is_drawing


def test_one_row_of_pixels_can_be_measured():
    assert inspect(np.zeros((1, 8000, 3), np.uint8)).width == 8000
