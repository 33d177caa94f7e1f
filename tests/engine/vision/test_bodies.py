from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.vision.bodies import POINTS, find_body
from engine.vision.box import Box
from engine.vision.faces import Face
from tests.engine.vision.answers import says

PICTURE = np.zeros((400, 300, 3), np.uint8)


def answer(nose=(128, 40), *, certainty=0.95, seen=8.0, hidden=()):
    """What the network says: an upright person in the middle of the square, the head near its upper edge."""
    rows = np.zeros((39, 5), np.float32)
    rows[:, :2] = np.random.default_rng(2).uniform(60, 200, (39, 2))
    rows[:, 3] = seen
    rows[list(hidden), 3] = -8
    rows[0, :2] = nose
    rows[33, :2], rows[34, :2] = (128, 128), (128, 128 - 128 / 1.25)
    return rows.reshape(1, -1), np.full((1, 1), certainty)


def face(down=(0.0, 1.0)):
    """A face of 30 pixels at (150, 80); its mouth lies this way from its eyes."""
    x, y = down
    ends = np.array([[-y, x], [y, -x]]) * 6
    down = np.array(down)
    around = np.array([*(ends - down * 5), (0, 0), *(ends + down * 5)])
    points = np.asarray(np.array([150, 80]) + around, np.float32)
    return Face(box=Box(left=135, top=65, width=30, height=30), points=points, certainty=0.9)


def test_a_body_is_found_under_a_face_and_where_it_is_in_the_picture():
    network = says(*answer())
    body: Any = find_body(PICTURE, face(), network)
    # The square has its middle three heights of the face below it, and reaches 4.2 of them up.
    assert body.points[0] == pytest.approx((150, 170 - 126 * 88 / 128), abs=1)
    assert body.points.shape == (POINTS, 2)
    assert body.certainty == pytest.approx(0.95)
    assert len(network.shown) == 3


def test_a_face_that_hangs_down_has_its_body_above_it():
    body: Any = find_body(PICTURE, face((0.0, -1.0)), says(*answer()))
    assert body.points[0] == pytest.approx((150, -10 + 126 * 88 / 128), abs=1)


@pytest.mark.parametrize(
    "told",
    [
        answer(certainty=0.3),
        answer(nose=(128, 200)),  # a head, but not that of the face
        answer(seen=-8.0),
    ],
)
def test_where_no_body_is_certain_there_is_none(told):
    assert find_body(PICTURE, face(), says(*told)) is None


def test_the_box_is_around_what_can_be_seen():
    body: Any = find_body(PICTURE, face(), says(*answer(hidden=range(17, 33))))
    seen = body.points[:17]
    assert body.box.bottom == pytest.approx(seen[:, 1].max())
    assert body.box.left == pytest.approx(seen[:, 0].min())


def test_a_network_that_sees_no_length_is_looked_at_once():
    rows, certainty = answer()
    rows = rows.reshape(39, 5).copy()
    rows[34, :2] = rows[33, :2]
    network = says(rows.reshape(1, -1), certainty)
    find_body(PICTURE, face(), network)
    assert len(network.shown) == 1


def test_a_body_of_the_frame_before_is_found_again_whether_or_not_its_face_can_be_seen():
    before: Any = find_body(PICTURE, face(), says(*answer()))
    turned = says(*answer(hidden=(0,)))
    again = find_body(PICTURE, before, turned)
    assert again is not None
    assert len(turned.shown) == 1
    elsewhere, _ = answer()
    elsewhere = elsewhere.reshape(39, 5).copy()
    elsewhere[:33, 0] += 300
    assert find_body(PICTURE, before, says(elsewhere.reshape(1, -1), np.full((1, 1), 0.9))) is None
    assert find_body(PICTURE, before, says(*answer(certainty=0.3))) is None
