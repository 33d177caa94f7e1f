"""A flow model that is asked about a whole clip before it is smoothed."""

import numpy as np
import pytest
import torch

from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled
from engine.smooth import precompute_flow, smooth, smooth_to_rate
from engine.smooth.flow import IntermediateFlow, searched_size
from engine.smooth.precomputed import PackedFlow
from engine.smooth.rife import Rife, weight_shapes
from tests.engine.smooth.moving_scenes import pan, zoom


@pytest.fixture(scope="module")
def rife():
    """Small random weights, so that the flow they tell is small too."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(5)
    return Rife(
        {name: 0.02 * torch.randn(shape, generator=generator) for name, shape in weight_shapes().items()}
    )


class Counted:
    """RIFE, which remembers how many pairs it was asked about at once."""

    def __init__(self, rife, most):
        self._rife, self._most = rife, most
        self.asked: list[int] = []

    def batch(self, height, width):
        return self._most

    def predict(self, frames, pairs):
        self.asked.append(len(pairs))
        return self._rife.predict(frames, pairs)


@pytest.mark.parametrize("size", [(64, 96), (45, 70), (180, 640)])
def test_a_clip_does_not_show_when_the_model_was_asked(rife, size):
    frames = zoom(4, *size)
    precomputed = precompute_flow(frames, rife)
    assert (smooth(frames, 3, flow=precomputed) == smooth(frames, 3, flow=rife)).all()
    to_rate = [smooth_to_rate(frames, 8, 25, flow=flow) for flow in (precomputed, rife)]
    assert (to_rate[0] == to_rate[1]).all()


def test_what_the_model_said_has_a_say(rife):
    frames = zoom(4)
    assert (smooth(frames, 2, flow=precompute_flow(frames, rife)) != smooth(frames, 2)).any()


def test_a_cut_and_a_frame_shown_twice_do_not_put_the_gaps_out_of_order(rife):
    frames = np.concatenate([pan(3, 64, 96), 255 - zoom(2, 64, 96), pan(3, 64, 96)])
    frames[6] = frames[5]
    assert (smooth(frames, 2, flow=precompute_flow(frames, rife)) == smooth(frames, 2, flow=rife)).all()


def test_it_is_asked_about_several_gaps_at_once_and_tells_how_far_it_is(rife):
    model = Counted(rife, 3)
    told: list[float] = []
    precomputed = precompute_flow(zoom(9, 32, 32), model, progress=told.append)
    assert model.asked == [3, 3, 2]
    assert told == [3 / 8, 6 / 8, 1.0]
    assert len(precomputed.gaps) == 8
    assert precompute_flow(zoom(1, 32, 32), model).gaps == ()


def test_a_stop_is_looked_for_before_each_batch(rife):
    token = CancelToken()
    model = Counted(rife, 2)
    with pytest.raises(Cancelled):
        precompute_flow(
            zoom(9, 32, 32),
            model,
            progress=lambda share: token.cancel() if share > 0.4 else None,
            cancel=token,
        )
    assert model.asked == [2, 2]


def test_a_large_gap_is_kept_in_a_quarter_of_its_frames_floats():
    height, width = 320, 576
    told = IntermediateFlow(
        to_a=np.full((height, width, 2), 3.0, np.float32),
        to_b=np.full((height, width, 2), -5.0, np.float32),
        share=np.full((height, width), 0.25, np.float32),
    )
    packed = PackedFlow.of(told)
    assert packed.flows.nbytes + packed.share.nbytes <= 2.5 * height * width
    unpacked = packed.unpacked()
    assert unpacked.share.shape == searched_size(height, width) == (160, 288)
    assert [float(np.median(field)) for field in (unpacked.to_a, unpacked.to_b, unpacked.share)] == [
        1.5,
        -2.5,
        0.25,
    ]
    assert [float(np.ptp(field)) for field in (unpacked.to_a, unpacked.to_b, unpacked.share)] == [0, 0, 0]


def test_what_was_said_of_other_frames_is_refused(rife):
    with pytest.raises(ValueError, match="a flow for 2 gaps"):
        smooth(zoom(4, 32, 32), 2, flow=precompute_flow(zoom(3, 32, 32), rife))
    with pytest.raises(ValueError, match="a flow for 2 gaps"):
        smooth(zoom(3, 32, 32), 2, flow=precompute_flow(zoom(3, 32, 32), rife), loop=True)
