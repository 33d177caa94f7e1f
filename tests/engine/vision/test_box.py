from __future__ import annotations

import numpy as np
import pytest

from engine.core.sight import Spot
from engine.vision.box import Box


def test_a_spot_is_the_part_inside_the_picture_in_shares_of_its_sides():
    spot = Box(left=-10, top=20, width=60, height=30).spot(0.87654, 100, 200)
    assert spot == Spot(left=0, top=0.1, width=0.5, height=0.15, certainty=0.88)
    assert vars(Box.of(spot, 1000, 400)) == pytest.approx({"left": 0, "top": 40, "width": 500, "height": 60})


def test_what_lies_outside_has_no_area():
    assert Box(left=300, top=300, width=9, height=9).spot(1, 100, 100).area == 0


def test_two_boxes_overlap_by_what_they_share_of_both():
    one, other = (Box(left=left, top=0, width=10, height=10) for left in (0, 5))
    assert one.overlap(other) == pytest.approx(50 / 150)
    assert one.overlap(one) == 1
    assert one.overlap(Box(left=50, top=0, width=10, height=10)) == 0
    assert Box(left=0, top=0, width=0, height=0).overlap(one) == 0


def test_a_box_lies_around_points_and_grows_around_its_middle():
    box = Box.around(np.array([[3, 9, 1], [5, 1, 7]], np.float32))
    assert (box.left, box.top, box.right, box.bottom) == (3, 1, 5, 9)
    assert box.grown(2).centre == box.centre
    assert box.grown(2).area == 4 * box.area
