import numpy as np
import pytest

from engine.effects.flashes import MOST, count_flashes

FPS = 24.0


def lit(levels, *, size=(90, 120), share=1.0, colour=(1, 1, 1), ground=0):
    """Frames of which a part, from the left, has these levels."""
    frames = np.full((len(levels), *size, 3), ground, np.uint8)
    wide = round(size[1] * share)
    frames[:, :, :wide] = np.asarray(levels)[:, None, None, None] * np.asarray(colour)
    return frames


def square(hertz, seconds=2.0, low=0, high=255):
    phase = np.arange(round(seconds * FPS)) / FPS * hertz % 1
    return np.where(phase < 0.5, high, low)


@pytest.mark.parametrize(("hertz", "count"), [(1, 1), (2, 2), (3, 3), (4, 4), (6, 6), (12, 12)])
def test_each_pair_of_opposing_changes_is_a_flash(hertz, count):
    flashes = count_flashes(lit(square(hertz)), FPS)
    assert flashes.count in {count, count - 1} if count < 4 else flashes.count == count
    assert flashes.too_many == (count > MOST)


def test_a_slow_change_is_no_flash():
    slow = 128 + 120 * np.sin(np.arange(96) / FPS * 2 * np.pi * 0.5)
    assert not count_flashes(lit(slow.astype(int)), FPS).too_many


def test_hardly_any_change_of_light_is_no_flash():
    assert count_flashes(lit(square(8, low=120, high=135)), FPS).count == 0


def test_what_stays_brighter_than_the_limit_is_no_flash():
    assert count_flashes(lit(square(8, low=235, high=255)), FPS).count == 0


@pytest.mark.parametrize(("share", "too_many"), [(0.05, False), (0.15, True)])
def test_a_small_part_of_the_picture_may_flash(share, too_many):
    assert count_flashes(lit(square(8), share=share), FPS).too_many is too_many


def test_a_fine_pattern_that_changes_places_is_no_flash():
    board = np.indices((96, 96)).sum(axis=0) % 2 * 255
    frames = np.stack([board if index % 2 else 255 - board for index in range(48)]).astype(np.uint8)
    assert count_flashes(np.repeat(frames[..., None], 3, axis=3), FPS).count == 0


def test_saturated_red_flashes_where_its_light_alone_would_not():
    red = lit(square(8, low=0, high=150), colour=(1, 0, 0))
    grey = lit(square(8, low=0, high=75))
    assert count_flashes(red, FPS).too_many
    assert not count_flashes(grey, FPS).too_many


def test_a_loop_is_counted_over_its_seam():
    levels = np.zeros(48, int)
    levels[[0, 4, 44, 40]] = 255
    once, looped = (count_flashes(lit(levels), FPS, loops=loops) for loops in (False, True))
    assert not once.too_many
    assert looped.too_many


def test_the_second_is_where_it_begins():
    levels = np.concatenate([np.zeros(72, int), square(8, seconds=1.0)])
    assert count_flashes(lit(levels), FPS).second == pytest.approx(3.0, abs=0.5)
