from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.vision.bodies import FIRST_KNUCKLES, LAST_KNUCKLES, WRISTS, Body
from engine.vision.bodies import POINTS as BODY_POINTS
from engine.vision.hands import FINGERS, MIDDLE, POINTS, WRIST, Hand, find_palms, fit_hands, see_hand
from engine.vision.network import Network
from tests.engine.vision.answers import says

CELL = 24 * 24 * 2 + (5 * 12 + 6) * 6
"""The first guess of a coarse cell, whose middle is (104, 88) of the 192 pixels."""


def find_hands(picture, palms, points):
    return fit_hands(picture, find_palms(picture, palms), points)


def palms(*, cell=CELL, score=4.0):
    """A detector that sees one palm of 30 pixels, fingers up, right in the middle of a cell."""
    scores, rows = np.full((1, 2016, 1), -9.0), np.zeros((1, 2016, 18))
    scores[0, cell] = score
    rows[0, cell] = [0, 0, 30, 30, 0, 15, -5, 0, 0, -15, *([0, 0] * 4)]
    return says(scores, rows)


def picture(wide=384, high=192, hand=(225, 40, 40, 60)):
    """White where the hand is: left, top, width, height."""
    left, top, width, height = hand
    drawn = np.zeros((high, wide, 3), np.uint8)
    drawn[top : top + height, left : left + width] = 255
    return drawn


class Reader(Network):
    """Finds the white of what it is shown, its points on a grid from the wrist below to the fingertips."""

    def __init__(self, presence=0.95, stray=0.0):
        self.shown: list[Any] = []
        self._presence, self._stray = presence, stray

    def run(self, pixels):
        self.shown.append(pixels)
        white = np.argwhere(pixels[..., 0] > 0.5)
        (top, left), (bottom, right) = white.min(axis=0), white.max(axis=0) + 1
        points = np.zeros((POINTS, 3))
        points[WRIST, :2] = (left + right) / 2, bottom
        for number, finger in enumerate(FINGERS):
            x = left + (right - left) * number / 4
            points[list(finger), 0] = x
            points[list(finger), 1] = bottom - (bottom - top) * np.array([0.4, 0.6, 0.8, 1.0])
        points[MIDDLE[3], 0] += self._stray * len(self.shown)
        return points.reshape(1, -1), np.full((1, 1), self._presence)


def test_a_palm_is_a_square_around_the_hand_that_reaches_further_towards_the_fingers():
    ((certainty, square),) = find_palms(picture(), palms())
    assert certainty == pytest.approx(0.98, abs=0.01)
    # The picture is shown at half its size, with black above and below it.
    upper_left, upper_right, lower_left = square
    middle = (upper_right + lower_left) / 2
    assert middle == pytest.approx((208, 80 - 30), abs=1)
    assert upper_right[0] - upper_left[0] == pytest.approx(2 * 2.6 * 30, abs=1)
    assert upper_left[1] < lower_left[1]


def test_a_hands_points_are_pixels_of_the_picture():
    (hand,) = find_hands(picture(), palms(), Reader())
    assert hand.certainty == pytest.approx(0.95)
    assert hand.points.shape == (POINTS, 2)
    assert (hand.box.left, hand.box.top) == pytest.approx((225, 40), abs=2)
    assert (hand.box.right, hand.box.bottom) == pytest.approx((265, 100), abs=2)
    assert hand.points[WRIST, 1] == pytest.approx(100, abs=2)


def test_a_second_look_has_the_hand_in_its_middle():
    reader = Reader()
    find_hands(picture(), palms(), reader)
    first, second = (np.argwhere(shown[..., 0] > 0.5).mean(axis=0) for shown in reader.shown)
    assert abs(second - 112).max() < 4 < abs(first - 112).max()


@pytest.mark.parametrize(
    ("seen", "detector", "reader"),
    [
        (picture(), palms(score=-1), Reader()),
        (picture(), palms(), Reader(presence=0.7)),
        (picture(), palms(), Reader(stray=60)),
        (picture(hand=(200, 60, 8, 12)), palms(), Reader()),
    ],
    ids=["no palm", "unsure", "two looks differ", "too small"],
)
def test_where_no_hand_is_certain_there_is_none(seen, detector, reader):
    assert find_hands(seen, detector, reader) == ()


def test_one_hand_that_two_palms_lead_to_is_one():
    scores, rows = np.full((1, 2016, 1), -9.0), np.zeros((1, 2016, 18))
    for cell, score in ((CELL, 4.0), (CELL + 6, 3.0)):
        scores[0, cell] = score
        rows[0, cell] = [0, 0, 24, 24, 0, 12, -5, 0, 0, -12, *([0, 0] * 4)]
    shown = picture(hand=(215, 40, 30, 40))
    reader = Reader()
    assert len(find_hands(shown, says(scores, rows), reader)) == 1
    assert len(reader.shown) == 4, "both palms were looked at"


def test_what_lies_between_the_fingers_is_no_part_of_a_hand():
    points = np.zeros((POINTS, 2), np.float32)
    points[WRIST] = 50, 90
    for number, finger in enumerate(FINGERS):
        points[list(finger)] = [(10 + 20 * number, 60 - 15 * joint) for joint in range(4)]
    shape = Hand(points=points, certainty=0.9).shape(100, 100, (1.0, 1.0))
    assert shape[75, 50]
    assert shape[20, [30, 50, 70, 90]].all()
    assert not shape[20, [40, 60, 80]].any()
    half = Hand(points=points, certainty=0.9).shape(50, 50, (0.5, 0.5))
    assert half.mean() == pytest.approx(shape.mean(), rel=0.15)


def body(side, *, reach=20.0):
    """Its hand is the white of :func:`picture`, fingers up."""
    points = np.zeros((BODY_POINTS, 2), np.float32)
    points[WRISTS[side]] = 245, 100
    points[[FIRST_KNUCKLES[side], LAST_KNUCKLES[side]]] = 245, 100 - reach
    ones = np.ones(BODY_POINTS, np.float32)
    return Body(points=points, visible=ones, certainty=1.0, middle=points[0], along=points[0])


@pytest.mark.parametrize("side", [0, 1])
def test_the_hand_at_a_wrist_is_seen_twice(side):
    reader = Reader()
    seen = see_hand(picture(), body(side), side, reader)
    assert seen is not None
    assert (seen.least, seen.most) == pytest.approx((0.95, 0.95))
    assert (seen.box.left, seen.box.top) == pytest.approx((225, 40), abs=3)
    assert seen.apart < 0.1
    assert len(reader.shown) == 2


def test_what_is_no_hand_is_still_told_of():
    seen = see_hand(picture(), body(0), 0, Reader(presence=0.1, stray=40.0))
    assert seen is not None
    assert seen.most == pytest.approx(0.1)
    assert seen.apart > 0.1


def test_what_is_plainly_no_hand_is_looked_at_once():
    reader = Reader(presence=0.3)
    seen = see_hand(picture(), body(0), 0, reader, enough=0.9)
    assert seen is not None
    assert seen.least == pytest.approx(0.3)
    assert len(reader.shown) == 1


def test_a_hand_of_two_pixels_has_no_direction():
    assert see_hand(picture(), body(0, reach=1.0), 0, Reader()) is None
