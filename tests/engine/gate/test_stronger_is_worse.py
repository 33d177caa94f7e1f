"""What gets worse is never judged better. The figures on published clips are in docs/quality.md."""

from functools import cache
from zlib import crc32

import cv2
import numpy as np
import pytest

from benchmarks.defects import DEFECTS
from engine.gate import MEASURES, judge
from engine.gate.clip import Clip
from tests.engine.smooth.moving_scenes import pan

_WORD = {"accepted": 0, "warned": 1, "rejected": 2}


@cache
def scene():
    """Sixteen frames of a textured wall that passes by, 192 pixels wide."""
    frames = pan()
    return np.stack([cv2.resize(frame, (192, 108), interpolation=cv2.INTER_AREA) for frame in frames])


def word(frames):
    return _WORD[judge(frames, scene()[0], 8).outcome]


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_that_grows_is_not_let_through(name):
    words = [
        word(DEFECTS[name](scene(), strength, np.random.default_rng(crc32(name.encode()))))
        for strength in (1.0, 2.0, 3.0)
    ]
    assert words == sorted(words)


def reading(measure, frames):
    return MEASURES[measure](Clip(frames, None, 8)).value


@pytest.mark.parametrize("times", [2, 3, 4, 6])
def test_frames_that_are_shown_more_often_are_counted_as_repeated_all_the_more(times):
    shown = [t // times * times for t in range(len(scene()))]
    assert reading("stutter", scene()[shown]) >= 1 - 1 / times - 0.07


@pytest.mark.parametrize("share", [0.03, 0.25, 1.0, 2.0])
def test_a_still_picture_that_is_enlarged_is_seen_however_far_it_goes(share):
    height, width = scene().shape[1:3]
    zoomed = []
    for scale in np.linspace(1, 1 + share, 16):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, float(scale))
        zoomed.append(cv2.warpAffine(scene()[0], matrix, (width, height), flags=cv2.INTER_CUBIC))
    assert reading("only_zooms", np.stack(zoomed)) >= MEASURES["only_zooms"].warn


@pytest.mark.parametrize("share", [0.07, 0.12, 0.2])
def test_a_wide_tear_is_a_tear(share):
    torn = scene().copy()
    torn[6, 50:] = np.roll(torn[6, 50:], round(share * torn.shape[2]), axis=1)
    torn[9, 60:] = np.roll(torn[9, 60:], round(share * torn.shape[2]), axis=1)
    assert reading("rows_slip", torn) > 2 * reading("rows_slip", scene())
    assert reading("rows_slip", torn) > 0.4


def test_a_frame_that_moves_fast_is_a_fast_one():
    fast = scene()[::3]
    assert reading("pace", fast) > 2 * reading("pace", scene())
    assert reading("fastest_pan", fast) > 2 * reading("fastest_pan", scene())


def test_a_patch_that_flickers_counts_and_pixels_that_do_not_agree_hardly_do():
    lamp, foliage = scene().astype(np.float32), scene().astype(np.float32)
    rng = np.random.default_rng(0)
    signs = np.where(np.arange(16) % 2, 1.15, 0.85)[:, None, None, None]
    lamp *= signs
    foliage *= 1 + 0.15 * rng.standard_normal((*foliage.shape[:3], 1))
    lamp[:, :, 96:] = scene()[:, :, 96:]
    lit, leaves = (np.clip(frames, 0, 255).astype(np.uint8) for frames in (lamp, foliage))
    assert reading("some_patches_pulse", lit) > 3 * reading("some_patches_pulse", leaves)
