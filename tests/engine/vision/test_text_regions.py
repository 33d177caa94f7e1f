from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.vision.text_reader import Words
from engine.vision.text_regions import find_text, read_map
from tests.engine.vision.answers import says


def letters(*lines, size=(320, 480), value=0.9):
    """The network's map of lines, each ((x, y), (width, height), degrees)."""
    plane = np.zeros(size, np.float32)
    for line in lines:
        cv2.fillPoly(plane, [cv2.boxPoints(line).astype(np.int32)], value)
    return plane


class Reads:
    """Stands in for a reader that is always so sure."""

    def __init__(self, certainty):
        self.certainty = certainty
        self.lines = 0

    def read(self, picture, corners):
        self.lines += 1
        return Words(text="?", certainty=self.certainty)


PICTURE = np.zeros((320, 480, 3), np.uint8)
LINE = ((240, 100), (200, 20), 0)
THING = ((240, 160), (150, 130), 0)


def found(*lines, reader=None, value=0.9):
    return find_text(PICTURE, says(letters(*lines, value=value)[None, None]), lambda: reader)


def test_a_line_is_found_with_the_room_around_its_core():
    (line,) = found(LINE)
    assert line.box.centre == pytest.approx((240, 100), abs=1)
    assert line.box.height == pytest.approx(20 + 200 * 20 * 1.6 / 220, abs=3)
    assert line.corners[0] == pytest.approx((line.box.left, line.box.top), abs=1), (
        "the upper left comes first"
    )
    assert line.words is None


def test_a_slanted_line_has_the_slant_of_its_letters():
    (line,) = found(((240, 160), (220, 20), 10))
    assert line.slant == pytest.approx(10, abs=1)
    assert line.corners[1][1] > line.corners[0][1] + 20


def test_the_reader_is_not_loaded_where_every_line_is_plain():
    def load():
        raise AssertionError("it was not needed")

    assert len(find_text(PICTURE, says(letters(LINE)[None, None]), load)) == 1


def test_what_is_not_plainly_a_line_counts_only_if_letters_are_read_in_it():
    assert found(THING) == ()
    assert found(THING, reader=Reads(0.5)) == ()
    (read,) = found(THING, reader=Reads(0.95))
    assert read.words == Words(text="?", certainty=0.95)


def test_a_level_line_needs_no_reading():
    reader = Reads(0.0)
    assert len(found(LINE, reader=reader)) == 1
    assert reader.lines == 0


def test_reading_has_an_end_and_small_letters_count_all_the_same():
    reader = Reads(0.0)
    words = [((15 + 30 * column, 20 + 16 * row), (14, 7), 0) for row in range(8) for column in range(8)]
    assert len(found(*words, reader=reader)) == 64 - reader.lines
    assert reader.lines == 12


def test_what_the_detector_doubts_is_no_line():
    assert found(LINE, value=0.5) == ()


def test_places_are_those_of_the_picture_not_of_the_map():
    (line,) = read_map(letters(LINE), (2.0, 3.0))
    assert line.box.centre == pytest.approx((480, 300), abs=4)
