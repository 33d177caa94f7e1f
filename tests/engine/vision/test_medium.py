from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from engine.core.sight import Medium
from engine.vision.medium import see_medium
from tests.engine.vision.pictures import EXAMPLES, chart, page, read


def jpeg(picture, quality):
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize("quality", [None, 90, 60])
@pytest.mark.parametrize("draw", [chart, page])
def test_what_a_program_drew_is_flat_also_after_jpeg(draw, quality):
    picture = draw() if quality is None else jpeg(draw(), quality)
    seen: Any = see_medium(picture)
    assert seen.medium is Medium.FLAT
    assert 0.5 <= seen.certainty <= 1


@pytest.mark.parametrize("name", ["pagoda.jpg", "lake.png"])
@pytest.mark.parametrize("width", [300, 700, 1600])
def test_a_photograph_and_a_shaded_drawing_are_shaded_at_any_size(name, width):
    picture = read(EXAMPLES / name)
    scaled = cv2.resize(picture, (width, round(width * picture.shape[0] / picture.shape[1])))
    seen: Any = see_medium(np.asarray(scaled, np.uint8))
    assert seen.medium is Medium.SHADED


def test_what_could_be_either_is_not_said():
    half = np.random.default_rng(5).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    half[:, : 200 * 43 // 100] = 128
    assert see_medium(half) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (2, 2)])
def test_a_picture_of_any_size_is_no_error(size):
    seen: Any = see_medium(np.zeros((*size, 3), np.uint8))
    assert seen.medium is Medium.FLAT
