from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from engine.vision.cutout import find_cutout, read_saliency
from tests.engine.vision.answers import says


def seen(*discs, faint=0.0):
    """What the network would say: discs of (x, y, radius, value) on faint ground."""
    plane = np.full((320, 320), faint, np.float32)
    for x, y, radius, value in discs:
        cv2.circle(plane, (x, y), radius, value, -1)
    return plane


def test_a_clear_thing_is_cut_out_at_the_size_of_the_picture():
    found: Any = find_cutout(
        np.full((200, 400, 3), 90, np.uint8), says(seen((160, 160, 40, 0.99))[None, None])
    )
    assert found.mask.shape == (200, 400)
    assert (found.mask.min(), found.mask.max()) == pytest.approx((0, 1), abs=0.02)
    assert found.box.centre == pytest.approx((200.6, 100.3), abs=1)
    assert (found.box.width, found.box.height) == pytest.approx((101, 51), abs=2)
    assert found.certainty > 0.95
    assert found.whole


@pytest.mark.parametrize(
    "plane",
    [
        seen(),
        seen((160, 160, 60, 0.6)),  # nowhere clear
        seen((160, 160, 20, 0.95), faint=0.3),  # all of the picture stands out a little
        seen((160, 160, 3, 0.99)),  # a dot
        np.ones((320, 320), np.float32),  # everything
    ],
)
def test_where_nothing_stands_out_for_certain_nothing_is_cut_out(plane):
    assert read_saliency(plane, 64, 48) is None


def test_several_things_are_one_cutout_that_is_not_whole():
    found: Any = read_saliency(seen((60, 160, 40, 1.0), (260, 160, 40, 1.0)), 320, 320)
    assert not found.whole
    assert found.box.width == pytest.approx(281, abs=3)


def test_a_crumb_beside_the_subject_changes_nothing():
    found: Any = read_saliency(seen((60, 160, 40, 1.0), (300, 20, 3, 1.0)), 320, 320)
    assert found.whole
    assert found.box.right < 110


def test_a_black_picture_is_no_error():
    network = says(seen()[None, None])
    assert find_cutout(np.zeros((8, 8, 3), np.uint8), network) is None
    assert np.isfinite(network.shown[0]).all()
