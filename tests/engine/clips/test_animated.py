"""Stickers and emojis: square, moving, and within the bytes that Discord takes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from engine.clips.animated import animated

FPS = 24.0


def moving(count: int = 48) -> np.ndarray:
    """A bright square that crosses a dark picture of 16:9."""
    frames = np.full((count, 90, 160, 3), 40, np.uint8)
    for number, frame in enumerate(frames):
        frame[30:60, 40 + number : 60 + number] = (230, 120, 60)
    return frames


def opened(data: bytes | None) -> GifImageFile:
    gif = Image.open(io.BytesIO(data or b""))
    assert isinstance(gif, GifImageFile)
    return gif


def test_a_gif_is_square_lasts_as_long_as_the_clip_and_is_repeated():
    data = animated(moving(), FPS, side=128, max_bytes=256 * 1024, max_seconds=5, comment="by a machine")
    gif = opened(data)
    assert gif.size == (128, 128)
    assert gif.info["loop"] == 0
    assert gif.info["comment"] == b"by a machine"
    seconds = 0.0
    for number in range(gif.n_frames):
        gif.seek(number)
        seconds += gif.info["duration"] / 1000
    assert seconds == pytest.approx(2.0, abs=0.15)
    assert gif.n_frames > 5


def test_what_comes_after_the_longest_time_is_left_out():
    data = animated(moving(96), FPS, side=64, max_bytes=256 * 1024, max_seconds=1, comment="")
    gif = opened(data)
    gif.seek(gif.n_frames - 1)
    assert gif.n_frames <= 15


def test_what_does_not_fit_is_made_with_fewer_frames_and_colours_or_not_at_all():
    noise = np.random.default_rng(1).integers(0, 256, (24, 90, 160, 3), dtype=np.uint8)
    most = len(animated(noise, FPS, side=96, max_bytes=10**7, max_seconds=5, comment="") or b"")
    less = animated(noise, FPS, side=96, max_bytes=most // 2, max_seconds=5, comment="")
    assert less is not None
    assert len(less) <= most // 2
    assert animated(noise, FPS, side=96, max_bytes=2_000, max_seconds=5, comment="") is None
