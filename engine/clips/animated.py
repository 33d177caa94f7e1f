"""A clip as a small animated GIF, for where no film is taken: stickers and emojis."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.vision.crop import cover

RATES = (15.0, 12.0, 10.0, 8.0, 6.0)
"""Frames a second; each step down is taken only where the one before is too large."""

COLOURS = (128, 64, 32)
FEWEST_FRAMES = 2


def animated(
    frames: NDArray[np.uint8], fps: float, *, side: int, max_bytes: int, max_seconds: float, comment: str
) -> bytes | None:
    """Make a square GIF of the middle of a clip, that is repeated for ever.

    Args:
        frames: uint8 ``[T, H, W, 3]``, RGB.
        fps: their rate.
        side: of the GIF, in pixels.
        max_bytes: that it may have.
        max_seconds: that it may last; what comes after is left out.
        comment: stands in the file.

    Returns:
        The best that fits; None where nothing does.
    """
    clip = frames[: max(FEWEST_FRAMES, int(max_seconds * fps))]
    small = np.stack([cover(frame, side, side) for frame in clip])
    for rate, colours in _steps():
        data = _gif(_at(small, fps, rate), rate, colours, comment)
        if len(data) <= max_bytes:
            return data
    return None


def _steps() -> Iterator[tuple[float, int]]:
    for colours in COLOURS:
        for rate in RATES:
            yield rate, colours


def _at(frames: NDArray[np.uint8], fps: float, rate: float) -> NDArray[np.uint8]:
    """Those of the frames that are shown at a rate."""
    count = max(FEWEST_FRAMES, round(len(frames) / fps * rate))
    shown = np.minimum(len(frames) - 1, np.arange(count) * len(frames) // count)
    return frames[shown]


def _gif(frames: NDArray[np.uint8], rate: float, colours: int, comment: str) -> bytes:
    """One palette for all frames, so that what stands still does not shimmer."""
    sample = np.concatenate([cv2.resize(frame, (64, 64), interpolation=cv2.INTER_AREA) for frame in frames])
    palette = Image.fromarray(np.ascontiguousarray(sample)).quantize(colours, Image.Quantize.MEDIANCUT)
    shown = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    ends = [round(number / rate * 100) for number in range(len(frames) + 1)]  # a GIF counts in 1/100 s
    times = [10 * (end - begin) for begin, end in itertools.pairwise(ends)]
    out = io.BytesIO()
    shown[0].save(
        out, "GIF", save_all=True, append_images=shown[1:], duration=times, loop=0,
        disposal=1, optimize=False, comment=comment.encode(),
    )  # fmt: skip
    return out.getvalue()
