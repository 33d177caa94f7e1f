from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.sight import Spot
from engine.vision.crop import aimed_at, cover, cropped

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


def spot(left, top, width, height):
    return Spot(left=left, top=top, width=width, height=height, certainty=0.9)


def kept(spots, own, frame):
    """What is left of a picture, in shares of it: left, top, right, bottom."""
    at = aimed_at(spots, own, frame)
    wide, high = min(1, frame / own), min(1, own / frame)
    left, top = at[0] * (1 - wide), at[1] * (1 - high)
    return left, top, left + wide, top + high


@given(
    st.floats(0, 0.8), st.floats(0, 0.8), st.floats(0.05, 0.2), st.floats(0.05, 0.2),
    st.sampled_from([0.4, 0.7, 1.0, 1.5, 2.4]), st.sampled_from([9 / 16, 1.0, 16 / 9]),
)  # fmt: skip
def test_a_face_that_fits_is_never_cut(left, top, width, height, own, frame):
    x0, y0, x1, y1 = kept([spot(left, top, width, height)], own, frame)
    slack = 2e-3
    if width <= x1 - x0:
        assert x0 - slack <= left
        assert left + width <= x1 + slack
    if height <= y1 - y0:
        assert y0 - slack <= top
        assert top + height <= y1 + slack


def test_heads_come_before_feet_and_get_room_above():
    standing = [spot(0.4, 0.1, 0.2, 0.1)]
    _, top, _, _ = kept(standing, 0.5, 16 / 9)
    assert top <= 0.06
    tall = [spot(0.3, 0.05, 0.3, 0.9)]  # taller than the frame
    assert kept(tall, 0.5, 16 / 9)[1] <= 0.051


@pytest.mark.parametrize(
    ("spots", "own", "frame"),
    [((), 0.5, 1.0), ((spot(0.4, 0.4, 0.2, 0.2),), 0.5, 1.0), ((spot(0, 0, 0.1, 0.1),), 1.5, 1.5)],
    ids=["nothing", "in the middle", "the same shape"],
)
def test_the_middle_is_kept_where_nothing_speaks_against_it(spots, own, frame):
    assert aimed_at(spots, own, frame) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("frame", "at", "left", "top"),
    [(1.0, (0.0, 0.5), 0, 0), (1.0, (1.0, 0.5), 40, 0), (4.0, (0.5, 1.0), 0, 35)],
)
def test_a_part_is_cut_out_at_its_own_size(frame, at, left, top):
    picture = np.zeros((60, 100, 3), np.uint8)
    picture[..., 0], picture[..., 1] = np.arange(100), np.arange(60)[:, None]
    part = cropped(picture, frame, at)
    assert part.shape[1] / part.shape[0] == pytest.approx(frame, abs=0.02)
    assert tuple(part[0, 0]) == (left, top, 0)
