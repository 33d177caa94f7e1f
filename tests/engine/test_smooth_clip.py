from pathlib import Path

import numpy as np
import pytest
from moving_scenes import pan, zoom

from benchmarks.clips import labelled
from benchmarks.smoothing import plain, psnr
from engine.cancel import CancelToken
from engine.errors import Cancelled
from engine.smooth import smooth
from engine.smooth.cuts import Link, links
from engine.smooth.flow import dis_flow

CLIPS = Path(__file__).parents[2].parent / "shared" / "quality-clips"


def joined(at, frames=6):
    """Two scenes, the second from frame ``at`` on."""
    clip = pan(frames=frames)
    clip[at:] = pan(frames=frames, seed=8)[at:, ::-1, ::-1, ::-1]
    return clip


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize(
    "shape", [(5, 144, 208, 3), (2, 97, 131, 3), (3, 9, 14, 3), (1, 40, 40, 3), (3, 1, 1, 3)]
)
def test_given_frames_come_back_bit_for_bit(factor, shape):
    frames = pan(shape[0], shape[1], shape[2])
    made = smooth(frames, factor)
    assert made.shape == ((shape[0] - 1) * factor + 1, *shape[1:])
    assert made.dtype == np.uint8
    assert (made[::factor] == frames).all()


def test_factor_one_is_a_copy():
    frames = pan(3)
    made = smooth(frames, 1)
    assert (made == frames).all()
    assert not np.shares_memory(made, frames)


@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_cut_is_never_blended(at):
    frames = joined(at)
    made = smooth(frames, 4)
    gap = made[(at - 1) * 4 : at * 4 + 1]
    assert (gap[1] == frames[at - 1]).all()
    assert (gap[2] == frames[at - 1]).all()
    assert (gap[3] == frames[at]).all()


def test_a_cut_of_two_frames_alone_is_seen():
    assert links(joined(1, frames=2)) == [Link.CUT]


@pytest.mark.parametrize("clip", [pan(6, step=12), zoom(6, growth=0.5), pan(2)])
def test_fast_motion_is_no_cut(clip):
    assert set(links(clip)) == {Link.MOTION}


def test_a_still_clip_stays_still_bit_for_bit():
    frames = np.stack([pan(1)[0]] * 4)
    assert (smooth(frames, 4) == frames[0]).all()


def test_a_frame_shown_twice_is_copied():
    frames = pan(5)
    frames[3] = frames[2]
    made = smooth(frames, 4)
    assert (made[8:13] == frames[2]).all()


def test_black_stays_black():
    assert not smooth(np.zeros((3, 40, 56, 3), np.uint8), 4).any()


def test_made_frames_are_nearer_to_the_truth_than_plain_flow():
    truth = zoom(9, growth=0.4)
    made, rival = smooth(truth[::2], 2), plain(truth[::2], 2)
    ours = np.mean([psnr(made[t], truth[t]) for t in range(1, 9, 2)])
    assert ours > np.mean([psnr(rival[t], truth[t]) for t in range(1, 9, 2)])
    assert ours > 35


def test_twice_in_one_process_gives_the_same():
    frames = pan(5)
    assert (smooth(frames, 3) == smooth(frames, 3)).all()


def test_progress_rises_to_one_over_every_made_frame():
    seen = []
    smooth(joined(2, frames=4), 3, progress=seen.append)
    assert seen == pytest.approx([n / 6 for n in range(1, 7)])


def test_cancel_takes_hold_within_one_frame():
    token, seen = CancelToken(), []

    def after_two(fraction):
        seen.append(fraction)
        if len(seen) == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        smooth(pan(6), 4, progress=after_two, cancel=token)
    assert len(seen) == 2


def test_a_cancelled_token_stops_before_any_work():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        smooth(pan(2), 2, cancel=token, flow_source=lambda a, b: pytest.fail("worked on"))


def test_another_source_of_flow_fits_in():
    asked = []

    def counted(a, b):
        asked.append(1)
        return dis_flow(a, b)

    smooth(joined(2, frames=4), 2, flow_source=counted)
    assert len(asked) == 2, "one call for each pair that is no cut"


@pytest.mark.parametrize(
    ("frames", "factor", "words"),
    [
        (np.zeros((2, 8, 8, 3), np.float32), 2, "uint8"),
        (np.zeros((8, 8, 3), np.uint8), 2, "uint8"),
        (np.zeros((0, 8, 8, 3), np.uint8), 2, "uint8"),
        (np.zeros((2, 8, 8, 3), np.uint8), 0, "factor"),
    ],
)
def test_what_is_no_clip_is_refused(frames, factor, words):
    with pytest.raises(ValueError, match=words):
        smooth(frames, factor)


@pytest.mark.skipif(not CLIPS.exists(), reason="the development clips are not here")
def test_real_footage_is_nearer_than_plain_flow():
    clip = next(clip for clip in labelled(CLIPS) if clip.path.name == "real_ta2.mp4").frames(9, 288)
    made, rival = smooth(clip[::2], 2), plain(clip[::2], 2)
    held = range(1, 9, 2)
    ours = np.mean([psnr(made[t], clip[t]) for t in held])
    assert ours > np.mean([psnr(rival[t], clip[t]) for t in held]) + 0.3
