from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vision.crop import cover

side = st.integers(1, 200)


@given(side, side, side, side)
def test_any_picture_fills_any_frame(rows, columns, width, height):
    fitted = cover(np.full((rows, columns, 3), 77, np.uint8), width, height)
    assert fitted.shape == (height, width, 3)
    assert fitted.dtype == np.uint8
    assert fitted.flags.c_contiguous
    assert (fitted == 77).all(), "no border is made up"


def test_a_picture_of_the_frames_size_stays_as_it_is():
    picture = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    assert np.array_equal(cover(picture, 64, 48), picture)


def cross(rows, columns, radius):
    """A red disc in the middle of a green picture."""
    y, x = np.mgrid[:rows, :columns]
    disc = (x - columns / 2) ** 2 + (y - rows / 2) ** 2 <= radius**2
    return np.where(disc[..., None], [255, 0, 0], [0, 255, 0]).astype(np.uint8)


@pytest.mark.parametrize(("width", "height"), [(160, 90), (90, 160), (100, 100), (400, 400)])
def test_a_disc_stays_round_and_in_the_middle(width, height):
    fitted = cover(cross(200, 300, 50), width, height)
    red = fitted[..., 0] > 127
    columns, rows = np.flatnonzero(red.any(axis=0)), np.flatnonzero(red.any(axis=1))
    assert abs(np.ptp(columns) - np.ptp(rows)) <= 2
    assert abs(columns.mean() - (width - 1) / 2) <= 1
    assert abs(rows.mean() - (height - 1) / 2) <= 1


def test_what_sticks_out_is_cut_off_evenly():
    picture = np.zeros((10, 30, 3), np.uint8)
    picture[:, :10, 0] = picture[:, 20:, 2] = 255
    fitted = cover(picture, 10, 10)
    assert not fitted.any(), "only the middle third is left"
