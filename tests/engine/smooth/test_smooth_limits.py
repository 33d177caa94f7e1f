import cv2
import numpy as np
import pytest

from benchmarks.smoothing_limits import follow, measure
from tests.engine.smooth.moving_scenes import scenery


@pytest.fixture(scope="module")
def found():
    """What is measured on nine frames of a camera that goes ever faster."""
    picture, (height, width) = scenery(184, 360), (112, 160)
    places = [0.9 * t**2 for t in range(9)]
    centres = [(width / 2 + 8 + place, height / 2 + 20) for place in places]
    frames = [cv2.getRectSubPix(picture, (width, height), centre) for centre in centres]
    return measure(np.stack(frames).astype(np.uint8), 4, None)


def test_flows_are_followed_from_where_the_last_one_led():
    columns = np.tile(np.arange(12, dtype=np.float32), (8, 1))
    once = np.dstack([np.full((8, 12), 2, np.float32), np.zeros((8, 12), np.float32)])
    faster = np.dstack([columns, np.zeros((8, 12), np.float32)])
    assert follow([once, faster])[3, :8, 0] == pytest.approx(2 + np.arange(8) + 2)


def test_what_is_known_of_the_real_frames_makes_better_ones(found):
    assert found["own"] > found["ours"] + 1
    assert found["own"] > found["straight"] + 3
    assert found["followed"] > found["straight"]


def test_what_speeds_up_is_off_the_straight_path_and_nearer_to_the_bent_one(found):
    # 0.9 * t**2 is 0.9 * 2**2 px off its chord of four frames, in the middle.
    assert found["px"] == pytest.approx(3.6, abs=0.4)
    assert found["px bent"] < 0.8 * found["px"]  # half of the bend is believed where one neighbour tells it
