import cv2
import numpy as np
import pytest

from benchmarks.smoothing import fineness, psnr
from benchmarks.smoothing_whole import ghosts
from engine.smooth import smooth, smooth_to_rate
from engine.smooth.object_tracker import places_of
from engine.vision.box import Box
from engine.vision.sighting import Sighting, Thing
from tests.engine.smooth.moving_scenes import pan, scenery

SIZE = 64
HEAD = slice(40, 40 + SIZE), slice(72, 72 + SIZE)
INSIDE = slice(56, 88), slice(88, 120)
BOX = Box(left=72, top=40, width=SIZE, height=SIZE)


def turns(frames=3):
    """A head that shows another side in each frame, over scenery that glides: no flow finds its motion."""
    out = pan(frames, 144, 208, step=3)
    for t, frame in enumerate(out):
        frame[HEAD] = scenery(SIZE, SIZE, 30 + t).astype(np.uint8)
    return out


def seen(thing=Thing.BODY, frames=(0, 1, 2), box=BOX):
    return [Sighting(thing=thing, frame=t, box=box) for t in frames]


def detail(frame):
    """Energy of fine detail; a double of two textures has less than a quarter."""
    return fineness(np.ascontiguousarray(frame[INSIDE]))


def alike(one, other):
    """Correlation of what is finer than shades."""
    fine = [
        frame[INSIDE] - cv2.GaussianBlur(frame[INSIDE].astype(np.float32), (0, 0), 3)
        for frame in (one, other)
    ]
    return float(np.corrcoef(fine[0].ravel(), fine[1].ravel())[0, 1])


@pytest.fixture(scope="module")
def doubled():
    return smooth(turns(), 4)


@pytest.mark.parametrize("thing", [Thing.BODY, Thing.FACE])
def test_a_head_that_would_be_doubled_is_shown_once_as_in_the_nearer_frame(doubled, thing):
    frames = turns()
    made = smooth(frames, 4, sightings=seen(thing))
    for place, nearer, other in ((1, 0, 1), (2, 0, 1), (3, 1, 0), (5, 1, 2), (7, 2, 1)):
        assert alike(made[place], frames[nearer]) > 0.25 + max(0, alike(made[place], frames[other]))
        assert detail(made[place]) > 0.4 * detail(frames[nearer]) > 1.5 * detail(doubled[place])
    assert (made[::4] == frames).all()


def test_what_is_around_a_head_is_drawn_as_without_the_eyes(doubled):
    made = smooth(turns(), 4, sightings=seen())
    assert (made[:, :16] == doubled[:, :16]).all()
    assert (made[:, :, :30] == doubled[:, :, :30]).all()


def test_a_head_whose_motion_is_found_is_drawn_as_without_the_eyes():
    frames = pan(3, 144, 208, step=3)
    made, plain = (smooth(frames, 2, sightings=sightings) for sightings in (seen(), ()))
    assert psnr(made[1], plain[1]) > 50


def test_a_head_seen_in_the_first_frame_alone_is_followed():
    frames = turns()
    frames[1][HEAD] = frames[0][HEAD]
    made = smooth(frames, 2, sightings=seen(frames=(0,)))
    assert detail(made[3]) > 0.4 * detail(frames[1])


def test_a_head_that_was_lost_is_followed_no_further():
    frames = turns()
    made, plain = (smooth(frames, 2, sightings=sightings) for sightings in (seen(frames=(0,)), ()))
    assert (made[1] != plain[1]).any()
    assert (made[3] == plain[3]).all()


def sign(shift, grain):
    """Letters on a wall that the camera passes, with grain of its own in each frame."""
    picture = scenery(200, 320, 9).astype(np.uint8)
    cv2.putText(picture, "OPEN LATE", (70, 110), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (250, 250, 250), 2)
    place = np.array([[1, 0, -shift], [0, 1, -shift / 3]], np.float32)
    moved = cv2.warpAffine(picture, place, (256, 144), flags=cv2.INTER_CUBIC).astype(np.float32)
    noise = np.random.default_rng(round(shift)).normal(0, grain, moved.shape)
    return np.clip(moved + noise, 0, 255).astype(np.uint8)


def test_letters_move_as_one():
    frames = np.stack([sign(9 * t, 25) for t in range(4)])
    line = seen(Thing.TEXT, (0,), Box(left=66, top=80, width=180, height=40))
    real, letters = sign(13.5, 0), (slice(76, 112), slice(60, 220))
    made, plain = (smooth(frames, 2, sightings=sightings)[3] for sightings in (line, ()))
    assert psnr(made[letters], real[letters]) > psnr(plain[letters], real[letters]) + 0.1


@pytest.mark.parametrize(
    "box",
    [
        Box(left=-500, top=-500, width=100, height=100),
        Box(left=20, top=20, width=0, height=0),
        Box(left=-50, top=-50, width=4000, height=4000),
        Box(left=207, top=143, width=3, height=3),
    ],
)
@pytest.mark.parametrize("thing", Thing)
def test_any_box_can_be_drawn(thing, box):
    frames = turns()
    made = smooth(frames, 2, sightings=[*seen(thing, (0, 1, 2, 9), box), *seen(thing)])
    assert (made[::2] == frames).all()


@pytest.mark.parametrize("shape", [(9, 14), (1, 1), (17, 300)])
def test_frames_that_are_too_small_for_flow_are_drawn(shape):
    frames = pan(2, *shape)
    assert len(smooth(frames, 2, sightings=seen(frames=(0, 1)))) == 3


def test_a_cut_is_not_bridged_by_a_head():
    frames = np.concatenate([turns(2), pan(2, 144, 208, seed=8)[:, ::-1, ::-1, ::-1]])
    made = smooth(frames, 2, sightings=seen(frames=(0, 1, 2, 3)))
    assert (made[3] == frames[1]).all()


def test_a_loop_and_another_rate_keep_heads_whole_too():
    frames = turns()
    ring = smooth(frames, 2, loop=True, sightings=seen())
    assert detail(ring[5]) > 0.4 * detail(frames[2])
    faster = smooth_to_rate(frames, 8, 20, sightings=seen())
    assert detail(faster[1]) > 0.4 * detail(frames[0])


def test_the_places_of_what_was_seen_are_those_of_the_frames_around():
    places = places_of(seen(frames=(1,)), 1.5, 144, 208)
    assert places[HEAD].all()
    assert not places[:, :60].any()
    assert not places_of(seen(frames=(1,)), 2.5, 144, 208).any()
    with_body = places_of(seen(Thing.FACE, (1,)), 0.5, 144, 208)
    assert with_body[40:, 20:190].all(), "a face has a body under it"


def test_ghosts_are_edges_that_the_real_frame_has_not():
    everywhere = np.ones((144, 208), np.bool_)
    real, other = (np.full((144, 208, 3), 90, np.uint8) for _ in range(2))
    cv2.rectangle(real, (20, 40), (80, 100), (220, 220, 220), -1)
    cv2.rectangle(other, (120, 40), (180, 100), (220, 220, 220), -1)
    double = np.asarray(cv2.addWeighted(real, 0.5, other, 0.5, 0), np.uint8)
    assert ghosts(real, real, everywhere) == (0, 0)
    assert ghosts(double, real, everywhere) == pytest.approx((1, 0), abs=0.05)
    assert ghosts(other, real, everywhere) == pytest.approx((1, 1), abs=0.05)
    assert ghosts(double, real, everywhere & (np.arange(208) < 100)) == (0, 0)
