"""Drawings are told from photographs; what is in doubt counts as a photograph."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.vision.drawing import SURE, drawn_certainty, measures
from tests import ROOT
from tests.engine.planning.test_inspect import drawing, photograph
from tests.present import present


def pagoda():
    return cv2.cvtColor(present(cv2.imread(str(ROOT / "examples" / "pagoda.jpg"))), cv2.COLOR_BGR2RGB)


def letters():
    page = np.full((400, 300, 3), 255, np.uint8)
    for row in range(30, 390, 24):
        cv2.putText(page, "some lines of letters", (10, row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20, 20, 20), 1)
    return page


def recompressed(picture, quality=80):
    return cv2.imdecode(
        cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR
    )


@pytest.mark.parametrize(
    "picture", [drawing(), recompressed(drawing()), letters()], ids=["flat", "jpeg", "page"]
)
def test_flat_colours_and_letters_are_drawn(picture):
    assert drawn_certainty(picture) > SURE


@pytest.mark.parametrize(
    "picture",
    [
        photograph(),
        pagoda(),
        cv2.GaussianBlur(photograph(), (0, 0), 4),
        np.repeat(photograph()[..., :1], 3, axis=2),
        photograph() // 16,
    ],
    ids=["texture", "pagoda", "blurred", "grey", "dark"],
)
def test_photographs_are_not(picture):
    assert drawn_certainty(picture) < SURE


def test_one_colour_alone_is_a_number_too():
    assert 0 <= drawn_certainty(np.zeros((1, 1, 3), np.uint8)) <= 1
    assert all(np.isfinite(value) for value in measures(np.zeros((4, 900, 3), np.uint8)).values())


def test_the_size_of_the_file_hardly_counts():
    large = cv2.resize(drawing(), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    assert drawn_certainty(large) == pytest.approx(drawn_certainty(drawing()), abs=0.1)
