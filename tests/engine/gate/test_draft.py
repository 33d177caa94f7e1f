import numpy as np
import pytest

from engine.gate.draft import why_hopeless
from tests.engine.smooth.moving_scenes import ball, drawing, pan


@pytest.mark.parametrize("scene", [pan, ball, drawing])
@pytest.mark.parametrize("side", [16, 4])
def test_a_draft_of_a_clip_that_lives_is_not_given_up(scene, side):
    assert why_hopeless(scene()[:, ::side, ::side]) is None


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        (np.zeros((9, 64, 96, 3), np.uint8), "the picture is empty"),
        (pan()[[0] * 9], "nothing moves"),
        (np.zeros((3, 2, 2, 3), np.uint8), "the picture is empty"),
    ],
)
def test_what_no_further_step_mends_is_said(frames, reason):
    assert why_hopeless(frames) == reason


def test_one_empty_frame_is_no_reason_yet():
    frames = pan()
    frames[0] = 0
    assert why_hopeless(frames) is None


def test_a_single_frame_cannot_stand_still():
    assert why_hopeless(pan()[:1]) is None


def test_a_faint_picture_is_not_empty_and_a_slow_one_does_not_stand():
    """Just above each limit: what further steps can still make a clip of."""
    faint = np.zeros((4, 64, 96, 3), np.uint8)
    faint[:, :, ::2] = 4  # a deviation of 2 levels
    faint[1::2] += 1  # and of the whole picture from frame to frame, 1 level
    assert why_hopeless(faint) is None
    still = pan()[[0] * 4]
    still[2:, :8, :4] += 1  # one patch changes by half a level
    assert why_hopeless(still) is None
