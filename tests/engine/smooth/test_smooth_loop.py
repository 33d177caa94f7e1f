import cv2
import numpy as np
import pytest

from benchmarks.smoothing import psnr
from engine.smooth import find_loop, smooth, smooth_to_rate
from tests.engine.smooth.moving_scenes import pan, scenery


def test_a_loop_leads_from_its_last_frame_to_its_first():
    truth = circling(24)
    made = smooth(truth[::2], 2, loop=True)
    assert made.shape == truth.shape
    assert (made[::2] == truth[::2]).all()
    errors = [psnr(made[t], truth[t]) for t in range(1, 24, 2)]
    assert min(errors[-1], errors[0]) > np.median(errors) - 1, "the seam is as good as the rest"


def circling(frames):
    """The camera goes round once and comes back to where it was."""
    picture = scenery(260, 340)
    turns = 2 * np.pi * np.arange(frames) / frames
    return np.stack(
        [
            cv2.getRectSubPix(picture, (208, 144), (170 + 20 * np.cos(turn), 130 + 20 * np.sin(turn)))
            for turn in turns
        ]
    ).astype(np.uint8)


def test_a_loop_across_a_cut_is_held():
    frames = pan(6, step=30)
    frames[3:] = pan(6, seed=8)[3:]
    made = smooth(frames, 2, loop=True)
    assert (made[-1] == frames[-1]).all()


def test_the_best_loop_is_found_where_the_clip_comes_back():
    round_trip = np.concatenate(
        [pan(5, step=9, seed=4), circling(16), circling(16)[:3], pan(4, step=9, seed=5)]
    )
    seam = find_loop(round_trip, shortest=8)
    assert seam.stop - seam.start == 16
    assert 5 <= seam.start <= 8
    assert seam.jump == pytest.approx(1, abs=0.3)


def test_of_loops_that_are_as_good_the_longest_wins():
    seam = find_loop(np.concatenate([circling(8)] * 3), shortest=4)
    assert seam.stop - seam.start == 24


def test_a_clip_that_never_comes_back_says_how_far_it_jumps():
    assert find_loop(pan(12, step=12), shortest=6).jump > 2


@pytest.mark.parametrize("shortest", [1, 5])
def test_a_loop_that_cannot_be_is_refused(shortest):
    with pytest.raises(ValueError, match="cannot be cut"):
        find_loop(pan(4), shortest=shortest)


@pytest.mark.parametrize("fps", [24, 30, 60, 8, 6])
def test_any_rate_shows_the_same_motion_at_the_same_times(fps):
    frames = pan(9)
    made = smooth_to_rate(frames, 12, fps)
    assert len(made) == int((len(frames) - 1) / 12 * fps) + 1
    for number, frame in enumerate(made):
        place = number * 12 / fps
        if place == int(place):
            assert (frame == frames[int(place)]).all()
    assert (smooth_to_rate(frames, 12, 24) == smooth(frames, 2)).all()


def test_a_loop_at_any_rate_keeps_its_length():
    assert len(smooth_to_rate(circling(12), 8, 30, loop=True)) == 45


@pytest.mark.parametrize(("native", "wanted"), [(0, 24), (8, 0), (8, -1)])
def test_a_rate_that_is_none_is_refused(native, wanted):
    with pytest.raises(ValueError, match="above 0"):
        smooth_to_rate(pan(2), native, wanted)
