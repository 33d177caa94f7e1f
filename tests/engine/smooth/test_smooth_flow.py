from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from engine.smooth.coarse_flow import guided_by_neighbours, search_coarse
from engine.smooth.flow import REDUCED, IntermediateFlow, PairFlow, find_coarse, find_flow
from engine.smooth.gap_motion import gap_motion, sample_positions
from engine.smooth.splat import splat
from engine.vision.optical_flow import grid
from tests.engine.smooth.moving_scenes import pan, scenery
from tests.present import present

HEIGHT, WIDTH = 96, 128


def sliding(pixels, frame):
    """What a flow model says that knows that all goes right by so many pixels."""
    half = np.zeros((*frame.shape[:2], 2), np.float32)
    half[..., 0] = pixels / 2
    return IntermediateFlow(to_a=-half, to_b=half, share=np.full(frame.shape[:2], 0.5, np.float32))


def test_the_search_starts_from_what_the_model_said():
    """A fence looks the same one post further: only who knows better sees how far it went."""
    columns = np.arange(256)
    posts = (128 + 90 * np.sin(columns * 2 * np.pi / 16))[None, :, None]
    fence = np.broadcast_to(posts, (128, 256, 3))
    a, b = fence.astype(np.uint8), np.roll(fence, 20, axis=1).astype(np.uint8)
    alone, told = find_flow(a, b), find_flow(a, b, sliding(20, a))
    assert np.median(alone.forward[..., 0]) * REDUCED < 10
    assert np.median(told.forward[..., 0]) * REDUCED == pytest.approx(20, abs=1)
    assert np.median(told.backward[..., 0]) * REDUCED == pytest.approx(-20, abs=1)


def test_motion_too_large_for_the_search_is_found_from_the_motion_before_and_after():
    picture = scenery(72, 400)[..., 0].astype(np.uint8)
    slow, fast, place = 30, 44, 150
    lefts = np.cumsum([place, -slow, -fast, -slow])
    frames = [picture[:, left : left + 128].copy() for left in lefts]
    before, gap, after = (search_coarse(a, b) for a, b in pairwise(frames))
    known = np.zeros((72, 128, 2), np.float32)
    known[..., 0] = slow
    before, after = (replace(find_coarse, forward=known, backward=-known) for find_coarse in (before, after))
    for one, other in ((before, after), (before, None), (None, after)):
        forward, backward = guided_by_neighbours(gap, one, other)
        assert np.median(forward[:, :60, 0]) == pytest.approx(fast, abs=1)
        assert np.median(backward[:, 68:, 0]) == pytest.approx(-fast, abs=1)
    assert abs(np.median(gap.forward[:, :60, 0]) - fast) > 5


@pytest.mark.parametrize("told", [-90, 0, 90])
def test_a_model_that_is_wrong_is_one_guess_among_those_of_the_neighbours(told):
    frames = pan(4, step=26)
    coarse_flows = [find_coarse(a, b) for a, b in pairwise(frames)]
    found = find_flow(frames[1], frames[2], sliding(told, frames[1]), coarse_flows)
    inside = found.forward[:, 10:-10, 0] * REDUCED
    assert np.median(inside) == pytest.approx(-26, abs=0.2)
    assert np.percentile(np.abs(inside + 26), 75) < 1


def bent(speed, acceleration):
    """Pixels to the right, halfway, of where a pixel would be that goes straight."""
    forward = flows([speed] * 40)
    before, after = flows([speed - acceleration] * 40), flows([speed + acceleration] * 40)
    here = PairFlow(forward=forward, backward=-forward)
    way = gap_motion(
        here, PairFlow(forward=before, backward=-before), PairFlow(forward=after, backward=-after)
    )
    straight = replace(way, acceleration_a=None, acceleration_b=None)
    ends = [sample_positions(one, 0.5, 48, 160).by_forward.in_a[24, 80, 0] for one in (way, straight)]
    return float(ends[1] - ends[0])


def test_what_speeds_up_goes_a_curve_and_what_shakes_hardly():
    glides, shakes = bent(8.0, 2.0), bent(0.1, 2.0)
    assert glides == pytest.approx(-REDUCED * 2.0 / 8, rel=0.1)
    assert abs(shakes) < 0.75 * abs(glides)


def zoomed(growth):
    """The flow model's view of a picture that grows about its corner."""
    rows, columns = np.mgrid[:24, :32].astype(np.float32)
    halfway = np.dstack([columns, rows])
    start = halfway / (1 + growth / 2)
    return IntermediateFlow(
        to_a=start - halfway, to_b=start * (1 + growth) - halfway, share=np.full((24, 32), 0.5, np.float32)
    )


@pytest.mark.parametrize("time", [0.25, 0.5, 0.8])
def test_what_the_model_knows_of_the_middle_is_moved_to_any_time(time):
    growth = 0.3
    still = np.zeros((24, 32, 2), np.float32)
    seen = sample_positions(
        gap_motion(PairFlow(forward=still, backward=still, intermediate=zoomed(growth)), None, None),
        time,
        HEIGHT,
        WIDTH,
    )
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    places = np.dstack([columns, rows])
    # Pixel centres of the reduced fields lie between those of the frame.
    corner = REDUCED / 2 - 0.5
    start = (places - corner) / (1 + time * growth)
    inside = (slice(8, -32), slice(8, -32))
    model = present(seen.model)
    assert np.abs(model.in_a - start - corner)[inside].max() < 0.6
    assert np.abs(model.in_b - start * (1 + growth) - corner)[inside].max() < 0.6
    assert seen.share[inside] == pytest.approx(1 - time, abs=1e-4)


def flows(columns):
    """A field that goes right by so many pixels in each column."""
    field = np.zeros((12, len(columns), 2), np.float32)
    field[..., 0] = columns
    return field


def test_pixels_that_move_together_arrive_together():
    forward = splat(flows([3.0] * 40), 0.5, grid(12, 40))
    assert forward.count[1:-1, 3:-3] == pytest.approx(1, abs=1e-5)
    assert forward.flow[..., 0] == pytest.approx(3, abs=1e-3)


def test_nothing_arrives_where_the_background_comes_into_view():
    """The right half goes away; what is behind it was not to be seen."""
    forward = splat(flows([0.0] * 20 + [8.0] * 20), 0.75, grid(12, 40))
    assert forward.count[:, 20:26].max() < 1e-6
    assert forward.count[:, 2:19] == pytest.approx(1, abs=1e-5)
    assert np.isfinite(forward.flow).all()


def test_what_moves_in_front_lies_over_what_it_covers():
    forward = splat(flows([8.0] * 20 + [0.0] * 20), 1.0, grid(12, 40))
    assert forward.count[:, 21:27] == pytest.approx(2, abs=1e-5)


@pytest.mark.parametrize("time", [0.25, 0.75])
def test_what_only_one_frame_shows_is_known_to_be_shown_by_it(time):
    """A block goes right over a still ground: behind it the later frame alone shows the ground."""
    forward, backward = np.zeros((24, 64, 2), np.float32), np.zeros((24, 64, 2), np.float32)
    forward[:, 16:32, 0], backward[:, 24:40, 0] = 8, -8
    seen = sample_positions(
        gap_motion(PairFlow(forward=forward, backward=backward), None, None), time, 96, 256
    )
    begin, end = 16 + round(8 * time), 32 + round(8 * time)  # where the block is then
    assert seen.only_b[4:-4, 16:begin].mean() > 0.2
    assert seen.only_a[4:-4, end:40].mean() > 0.2
    assert max(seen.only_a[:, :12].max(), seen.only_b[:, :12].max()) < 0.1
