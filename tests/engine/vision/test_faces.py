from __future__ import annotations

import numpy as np
import pytest

from engine.vision.faces import find_faces, read_answer
from engine.vision.optical_flow import Floats
from tests.engine.vision.answers import says


def answer(
    *faces: tuple[int, int, float], rows: int = 30, columns: int = 40
) -> tuple[Floats, Floats, Floats, Floats]:
    """What the network would say of faces at (row, column), each 8 cells high and 6 wide."""
    heat = np.zeros((rows, columns), np.float32)
    size = np.zeros((2, rows, columns), np.float32)
    offset = np.zeros((2, rows, columns), np.float32)
    points = np.zeros((10, rows, columns), np.float32)
    for row, column, score in faces:
        heat[row, column] = score
        size[:, row, column] = np.log(8), np.log(6)
        offset[:, row, column] = 0.25, -0.25
        points[:, row, column] = 0.4, 0.25, 0.4, 0.75, 0.6, 0.5, 0.8, 0.3, 0.8, 0.7  # down, across
    return heat, size, offset, points


def test_a_face_and_its_points_lie_where_cell_and_offset_say():
    (face,) = read_answer(*answer((10, 20, 0.9)), (2.0, 1.0))
    left, top = (20 + 0.5 - 0.25) * 4 - 12, (10 + 0.5 + 0.25) * 4 - 16
    assert vars(face.box) == pytest.approx({"left": left * 2, "top": top, "width": 48, "height": 32})
    assert face.certainty == pytest.approx(0.9)
    assert face.points[0] == pytest.approx([left * 2 + 12, top + 12.8])
    assert face.points[4] == pytest.approx([left * 2 + 33.6, top + 25.6])


def test_one_face_is_found_once_and_the_surest_comes_first():
    found = read_answer(*answer((10, 20, 0.7), (10, 21, 0.9), (25, 5, 0.8)), (1.0, 1.0))
    assert [round(face.certainty, 1) for face in found] == [0.9, 0.8]


def test_what_is_not_sure_is_no_face():
    assert read_answer(*answer((10, 20, 0.4)), (1.0, 1.0)) == ()


def test_a_large_picture_is_shown_small_and_its_faces_are_where_they_are_in_the_large_one():
    network = says(
        *(
            part[None] if part.ndim == 3 else part[None, None]
            for part in answer((60, 80, 0.9), rows=120, columns=160)
        )
    )
    (face,) = find_faces(np.zeros((960, 1280, 3), np.uint8), network)
    assert network.shown[0].shape == (480, 640, 3)
    assert face.box.centre == pytest.approx(((80 + 0.25) * 8, (60 + 0.75) * 8))
