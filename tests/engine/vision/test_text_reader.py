from __future__ import annotations

import numpy as np
import pytest

from engine.vision import text_reader
from engine.vision.network import Unreadable
from engine.vision.text_reader import Reader, _straightened
from tests.engine.vision.answers import says
from tests.engine.vision.onnx_bytes import relu

CORNERS = np.array([[10, 10], [106, 10], [106, 34], [10, 34]], np.float32)
PICTURE = np.zeros((60, 200, 3), np.uint8)


@pytest.fixture
def reader(tmp_path):
    path = tmp_path / text_reader.FILE
    path.write_bytes(relu((1, 3, 4, 4), letters="a\nb\nж"))
    return Reader(path)


def let_say(reader, *places):
    """Let the network say one letter, by its number, at each place, with this certainty."""
    answer = np.zeros((1, len(places), 5), np.float32)
    for place, (letter, certainty) in enumerate(places):
        answer[0, place, letter] = certainty
    reader._network = says(answer)


def test_a_letter_that_goes_on_is_written_once_and_blanks_are_not(reader):
    let_say(reader, (0, 0.9), (1, 0.8), (1, 0.9), (0, 0.9), (1, 0.6), (3, 1.0), (4, 1.0), (2, 0.6))
    words = reader.read(PICTURE, CORNERS)
    assert words.text == "aaж b"
    assert words.certainty == pytest.approx((0.8 + 0.6 + 1 + 1 + 0.6) / 5)


def test_where_no_letter_is_seen_nothing_is_read(reader):
    let_say(reader, (0, 1.0), (0, 1.0))
    assert reader.read(PICTURE, CORNERS) == text_reader.Words(text="", certainty=0.0)


def test_a_network_with_another_number_of_letters_is_not_believed(reader):
    reader._network = says(np.zeros((1, 2, 9), np.float32))
    with pytest.raises(Unreadable):
        reader.read(PICTURE, CORNERS)


@pytest.mark.parametrize("content", [relu((1, 3, 4, 4)), relu((1, 3, 4, 4), letters=b"\xff\xfe")])
def test_a_network_without_letters_is_unreadable(tmp_path, content):
    path = tmp_path / text_reader.FILE
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="letters"):
        Reader(path)


def test_a_line_is_shown_straight_and_one_that_runs_down_lies():
    picture = np.zeros((300, 300, 3), np.uint8)
    picture[100:120, 50:250] = 255
    level = np.array([[50, 100], [250, 100], [250, 120], [50, 120]], np.float32)
    shown = _straightened(picture, level)
    assert shown.shape == (48, 480, 3)
    assert shown.mean() > 0.95
    down = _straightened(np.ascontiguousarray(picture.transpose(1, 0, 2)), level[[0, 3, 2, 1]][:, ::-1])
    assert down.shape == (48, 480, 3)
    assert down.mean() > 0.9


@pytest.mark.parametrize("corners", [np.zeros((4, 2)), CORNERS * 40, CORNERS[[0, 1, 1, 0]]])
def test_a_line_of_no_height_or_outside_is_no_error(reader, corners):
    let_say(reader, (0, 1.0))
    assert reader.read(PICTURE, np.asarray(corners, np.float32)).text == ""
