"""An enlarged clip is compared with the one it was made from: fresh detail in each frame is flicker."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.gate.upscaled import DIFFERS, FLICKERS, compare, plainly

RNG = np.random.default_rng(2)
HEIGHT, WIDTH, FRAMES = 96, 128, 5


def scene(step):
    """A textured picture that moves by a few pixels a frame, uint8 ``[T, 2 H, 2 W, 3]``."""
    wide = cv2.resize(
        np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8),
        (3 * WIDTH, 3 * HEIGHT),
        interpolation=cv2.INTER_CUBIC,
    )
    return np.stack([wide[8:, step * n :][: 2 * HEIGHT, : 2 * WIDTH] for n in range(FRAMES)])


def smaller(clip):
    return np.stack([cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for frame in clip])


def with_noise(clip, *, size, levels):
    """Other blotches in each frame."""
    blotches = [
        cv2.resize(
            RNG.normal(0, levels, (2 * HEIGHT // size, 2 * WIDTH // size, 1)).astype(np.float32),
            (2 * WIDTH, 2 * HEIGHT),
            interpolation=cv2.INTER_CUBIC,
        )
        for _ in clip
    ]
    return np.clip(clip + np.stack(blotches)[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("step", [0, 2, 6])
def test_detail_that_moves_with_its_clip_does_not_flicker(step):
    sharp = scene(step)
    assert compare(smaller(sharp), sharp).faults == ()
    small = smaller(sharp)
    plain = np.stack([plainly(frame, 2 * WIDTH, 2 * HEIGHT) for frame in small])
    assert compare(small, plain).faults == ()


@pytest.mark.parametrize("step", [0, 2, 6])
@pytest.mark.parametrize("size", [1, 4, 8])
def test_detail_that_is_new_in_each_frame_flickers(step, size):
    sharp = scene(step)
    assert FLICKERS in compare(smaller(sharp), with_noise(sharp, size=size, levels=6)).faults


def test_it_flickers_the_more_the_stronger_the_fresh_detail_is():
    sharp = scene(2)
    values = [
        compare(smaller(sharp), with_noise(sharp, size=4, levels=levels)).flicker for levels in (0, 2, 5)
    ]
    assert values == sorted(values)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda clip: clip[..., ::-1],
        lambda clip: 255 - clip,
        lambda clip: np.clip(clip * 1.2, 0, 255).astype(np.uint8),
        lambda clip: np.roll(clip, 12, axis=2),
        lambda clip: clip[::-1],
        np.zeros_like,
    ],
    ids=["colours swapped", "negative", "brighter", "moved", "backwards", "black"],
)
def test_another_picture_is_told_from_a_larger_one(wrong):
    sharp = scene(6)
    assert DIFFERS in compare(smaller(sharp), wrong(sharp)).faults


def test_one_frame_and_noise_that_nothing_can_follow_are_not_held_against_a_clip():
    sharp = scene(0)[:1]
    assert compare(smaller(sharp), sharp).flicker == 0
    noise = RNG.integers(0, 256, (3, 2 * HEIGHT, 2 * WIDTH, 3), np.uint8)
    assert FLICKERS not in compare(smaller(noise), noise).faults
