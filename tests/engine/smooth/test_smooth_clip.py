import cv2
import numpy as np
import pytest

from benchmarks.clips import labelled
from benchmarks.smoothing import fineness, plain, psnr
from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled
from engine.smooth import cuts, gap_motion, interpolation, interpolator, smooth
from engine.smooth.cuts import PairKind, classify_pairs
from engine.smooth.flow import IntermediateFlow
from tests import ROOT
from tests.engine.smooth.moving_scenes import drawing as walking_square
from tests.engine.smooth.moving_scenes import pan, scenery, zoom

CLIPS = ROOT.parent / "shared" / "quality-clips"


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
    assert classify_pairs(joined(1, frames=2)) == [PairKind.CUT]


@pytest.mark.parametrize(
    ("distances", "cut"),
    [
        pytest.param((1.8, 2.0, 1.8), False, id="fast motion, before and after too"),
        pytest.param((0.9, 2.0, 0.9), True, id="far, between pairs that are not"),
        pytest.param((1.9, 2.3, 1.9), True, id="too far for any motion"),
        pytest.param((2.0,), True, id="nothing to compare with"),
    ],
)
def test_a_pair_that_is_no_further_apart_than_those_beside_it_is_no_cut(monkeypatch, distances, cut):
    measured = iter(distances)
    monkeypatch.setattr(cuts, "_distance", lambda _: (next(measured), 30.0))
    found = classify_pairs(pan(len(distances) + 1, 32, 32))
    assert found[len(distances) // 2] is (PairKind.CUT if cut else PairKind.MOTION)


@pytest.mark.parametrize("clip", [pan(6, step=12), zoom(6, growth=0.5), pan(2)])
def test_fast_motion_is_no_cut(clip):
    assert set(classify_pairs(clip)) == {PairKind.MOTION}


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


def test_thin_letters_that_stand_still_over_a_fast_picture_stay_whole():
    frames = pan(5, step=10)
    for frame in frames:
        cv2.putText(frame, "CAPTION x", (10, 120), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1)
    letters = (frames >= 250).all(axis=(0, 3))
    made = smooth(frames, 2)[1::2]
    assert np.percentile(made[:, letters], 5) > 220


def test_a_thing_before_a_ground_leaves_no_shadow_of_itself():
    clip = walking_square(7)
    for factor in (2, 3):
        whole = clip[: (len(clip) - 1) // factor * factor + 1]
        made = smooth(whole[::factor], factor)
        assert min(psnr(made[t], whole[t]) for t in range(len(whole)) if t % factor) > 24


def test_twice_in_one_process_gives_the_same_bytes_whatever_the_threads(monkeypatch):
    frames = zoom(6, growth=0.5)
    first = smooth(frames, 3)
    smooth(pan(3), 2, flow=Counting())
    assert (smooth(frames, 3) == first).all()
    monkeypatch.setattr(interpolator, "_threads", lambda: 1)
    assert (smooth(frames, 3) == first).all()


def test_opencv_has_the_threads_again_that_it_had():
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(2)
        smooth(pan(2), 2)
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)


def accelerating(frames, factor):
    """A camera that gets faster: positions go with the square of the time."""
    picture = scenery(200, 500)
    return np.stack(
        [
            cv2.getRectSubPix(picture, (208, 144), (120 + 1.4 * (t / factor) ** 2, 90)).astype(np.uint8)
            for t in range((frames - 1) * factor + 1)
        ]
    )


def test_what_speeds_up_is_where_it_belongs_and_not_on_the_straight_way(monkeypatch):
    truth = accelerating(6, 2)
    bent = smooth(truth[::2], 2)
    monkeypatch.setattr(gap_motion, "_bend", lambda *_: None)
    straight = smooth(truth[::2], 2)
    inside, first = (3, 5, 7), 1
    gains = {t: psnr(bent[t], truth[t]) - psnr(straight[t], truth[t]) for t in (*inside, first)}
    assert min(gains[t] for t in inside) > 0.5
    assert gains[first] > 0, "the first gap knows one neighbour only"


def test_no_acceleration_is_taken_from_across_a_cut():
    frames = joined(3)
    alone = smooth(frames[:3], 2)
    assert (smooth(frames, 2)[:5] == alone).all()


def test_made_frames_are_as_sharp_as_the_given_ones():
    truth = pan(9, step=1.3)
    made = smooth(truth[::2], 2)
    pulse = np.log2([fineness(made[t]) / fineness(truth[t]) for t in range(1, 9, 2)])
    assert abs(pulse.mean()) < 0.06


def test_progress_rises_to_one_over_every_made_frame():
    seen: list[float] = []
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
        smooth(pan(2), 2, cancel=token, flow=Counting())


class Counting:
    """Knows that nothing moves, sees so many pairs at once, and remembers which it was asked about."""

    def __init__(self, at_once=1):
        self.at_once = at_once
        self.asked = []

    def batch(self, height, width):
        return self.at_once

    def predict(self, frames, pairs):
        self.asked.append([(int(frames[a][0, 0, 0]), int(frames[b][0, 0, 0])) for a, b in pairs])
        return [self.intermediate(frames[a]) for a, _ in pairs]

    def intermediate(self, frame):
        still = np.zeros((*frame.shape[:2], 2), np.float32)
        return IntermediateFlow(to_a=still, to_b=still, share=np.full(frame.shape[:2], 0.5, np.float32))


@pytest.mark.parametrize("at_once", [1, 2, 8])
def test_a_flow_model_is_asked_once_for_each_pair_that_is_no_cut(at_once):
    model = Counting(at_once)
    smooth(joined(2, frames=4), 4, flow=model)
    assert sum(map(len, model.asked)) == 2
    assert len(model.asked) == (2 if at_once == 1 else 1)


@pytest.mark.parametrize("loop", [False, True])
def test_each_pair_is_seen_with_its_own_frames_however_many_are_seen_at_once(loop):
    frames = pan(7, step=2)
    frames[:, 0, 0, 0] = range(7)  # a number that the model can read
    seen = {}
    for at_once in (1, 3, 8):
        model = Counting(at_once)
        made = smooth(frames, 2, loop=loop, flow=model)
        seen[at_once] = {pair for batch in model.asked for pair in batch}, made
        assert max(map(len, model.asked)) <= at_once
    pairs = {(i, i + 1) for i in range(6)} | ({(6, 0)} if loop else set())
    assert all(found == pairs for found, _ in seen.values())
    assert all((made == seen[1][1]).all() for _, made in seen.values())


class Gliding(Counting):
    """Knows that all glides by 11 px a frame."""

    def intermediate(self, frame):
        still = super().intermediate(frame)
        half = np.zeros_like(still.to_a)
        half[..., 0] = 5.5
        return IntermediateFlow(to_a=half, to_b=-half, share=still.share)


@pytest.mark.parametrize("factor", [2, 4])
def test_a_flow_model_that_is_right_brings_frames_nearer_to_the_truth(factor):
    truth = pan(factor * 3 + 1, step=11 / factor)
    made = [smooth(truth[::factor], factor, flow=flow) for flow in (Gliding(), Counting())]
    right, wrong = (
        np.mean([psnr(one[t], truth[t]) for t in range(len(truth)) if t % factor]) for one in made
    )
    assert right > wrong
    assert right > 33


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


def test_detail_that_two_frames_do_not_share_is_partly_given_back(monkeypatch):
    grain = np.random.default_rng(3).normal(0, 9, (3, 144, 208, 1))
    frames = np.clip(pan(3) + grain, 0, 255).astype(np.uint8)
    with_it = fineness(smooth(frames, 2)[1])
    monkeypatch.setattr(interpolation, "_SHARPEN", 0.0)
    assert with_it > 1.15 * fineness(smooth(frames, 2)[1])


def test_a_ghost_of_two_pictures_loses_its_detail_and_one_picture_keeps_it():
    one, other = (scenery(96, 128, seed).astype(np.float32) for seed in (3, 8))
    ghost = (one + other) / 2
    assert fineness(rounded(interpolation._restore(ghost, one, other))) < 0.3 * fineness(rounded(ghost))
    assert np.abs(interpolation._restore(one, one, one) - one).max() < 0.5


def rounded(picture):
    return picture.clip(0, 255).astype(np.uint8)


@pytest.mark.skipif(not CLIPS.exists(), reason="the development clips are not here")
def test_real_footage_is_nearer_than_plain_flow():
    clip = next(clip for clip in labelled(CLIPS) if clip.path.name == "real_ta2.mp4").frames(9, 288)
    made, rival = smooth(clip[::2], 2), plain(clip[::2], 2)
    held_out = range(1, 9, 2)
    ours = np.mean([psnr(made[t], clip[t]) for t in held_out])
    assert ours > np.mean([psnr(rival[t], clip[t]) for t in held_out]) + 0.8
