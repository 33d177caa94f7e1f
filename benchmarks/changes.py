"""What changes of clips are made of."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.family import RawFrames

Frames = NDArray[np.uint8]
Change = Callable[[Frames, float, np.random.Generator], RawFrames]
"""Takes uint8 ``[T, H, W, 3]`` and gives the same, or float32 of 0 … 1. The number is its strength; the
generator gives its chance."""


def graded(strength: float, one: float, two: float, three: float, *, none: float = 0.0) -> float:
    """The amount at a strength; ``none`` is the amount that does nothing."""
    return float(np.interp(strength, [0, 1, 2, 3], [none, one, two, three]))


def levels(values: NDArray[np.floating]) -> Frames:
    """Round to bytes."""
    return np.asarray(np.clip(values + 0.5, 0, 255).astype(np.uint8))


def each(frames: Frames, change: Callable[[int, NDArray[np.float32]], NDArray[np.floating]]) -> Frames:
    """Change every frame, given its number and its levels as floats."""
    return np.stack([levels(change(t, frame.astype(np.float32))) for t, frame in enumerate(frames)])


def saturate(frame: NDArray[np.float32], factor: float) -> NDArray[np.floating]:
    """Push colours away from grey, or towards it."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[..., None]
    return grey + (frame - grey) * factor


def field(rng: np.random.Generator, height: int, width: int, cells: int) -> NDArray[np.float32]:
    """Soft patches of deviation 1 or less, ``[height, width]``."""
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def stranger(frames: Frames) -> Frames:
    """Another scene of the same make: mirrored, turned upside down, other colours, and another place."""
    other = frames[:, ::-1, ::-1, ::-1]
    return np.roll(other, (frames.shape[1] // 3, frames.shape[2] // 4), axis=(1, 2))


def some_of(frames: Frames, rng: np.random.Generator, share: float) -> NDArray[np.bool_]:
    """A share of the frames, at least one."""
    chosen = np.zeros(len(frames), bool)
    chosen[rng.choice(len(frames), max(1, round(share * len(frames))), replace=False)] = True
    return chosen


def blotches(
    frames: Frames, sigma: float, rng: np.random.Generator, *, pixels: int, channels: int, way_up: int
) -> Callable[[NDArray[np.float32]], NDArray[np.floating]]:
    """Adds noise of so many pixels to a frame, new at each call; ``way_up`` is OpenCV's interpolation."""
    height, width = frames.shape[1:3]
    cells = (max(1, height // pixels), max(1, width // pixels), channels)

    def spoil(frame: NDArray[np.float32]) -> NDArray[np.floating]:
        coarse = rng.standard_normal(cells).astype(np.float32)
        return frame + sigma * cv2.resize(coarse, (width, height), interpolation=way_up).reshape(
            height, width, channels
        )

    return spoil


def slid(frame: Frames, shifts: NDArray[np.floating]) -> Frames:
    """Each row moved sideways by its own number of pixels, its border repeated."""
    height, width = frame.shape[:2]
    across = np.arange(width, dtype=np.float32)[None, :] - shifts.astype(np.float32)[:, None]
    down = np.repeat(np.arange(height, dtype=np.float32)[:, None], width, axis=1)
    return np.asarray(
        cv2.remap(frame, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
