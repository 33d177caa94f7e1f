"""One frame between two others."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.motion import Floats, grid, luma, read
from engine.smooth.flow import PairFlow, origin

_DETAIL = 1.5
_NEIGHBOURHOOD = 6
_SHARPEN = 0.5
_LARGEST_GAIN = 1.35


def between(a: NDArray[np.uint8], b: NDArray[np.uint8], flow: PairFlow, time: float) -> NDArray[np.uint8]:
    """The frame at ``time`` (0 … 1, ends excluded) between two frames, uint8 ``[H, W, 3]``.

    Both flows tell a story of where a pixel was and where it will be. Each story is read from both frames,
    and weighs by how well its two readings agree: what one frame hides is told by the other's story.
    """
    earlier, later = a.astype(np.float32), b.astype(np.float32)
    places = grid(*a.shape[:2])
    in_a, in_b = origin(flow.there, time, places), origin(flow.back, 1 - time, places)
    forward = _told(earlier, later, in_a, in_a + read(flow.there, in_a))
    backward = _told(earlier, later, in_b + read(flow.back, in_b), in_b)
    weights = [1 / (_disagreement(*story) + 2) ** 2 for story in (forward, backward)]
    share = np.asarray(weights[0] / (weights[0] + weights[1]), np.float32)[..., None]
    from_a = share * forward[0] + (1 - share) * backward[0]
    from_b = share * forward[1] + (1 - share) * backward[1]
    mixed = np.asarray((1 - time) * from_a + time * from_b, np.float32)
    made = _sharpen(mixed, np.asarray(from_a, np.float32), np.asarray(from_b, np.float32))
    return np.asarray(np.clip(made + 0.5, 0, 255), np.uint8)


def _told(earlier: Floats, later: Floats, in_a: Floats, in_b: Floats) -> tuple[Floats, Floats]:
    return read(earlier, in_a, cv2.INTER_CUBIC), read(later, in_b, cv2.INTER_CUBIC)


def _blur(picture: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def _disagreement(one: Floats, other: Floats) -> Floats:
    """Local mean difference of two pictures, float32 ``[H, W]``, levels."""
    return _blur(np.asarray(cv2.absdiff(one, other).mean(axis=2), np.float32), 3)


def _energy(picture: Floats) -> Floats:
    """Local energy of fine luma detail, float32 ``[H, W]``, levels squared."""
    grey = luma(picture)
    fine = grey - _blur(grey, _DETAIL)
    return _blur(fine * fine, _NEIGHBOURHOOD)


def _sharpen(made: Floats, from_a: Floats, from_b: Floats) -> Floats:
    """Give back the detail that a mean of two pictures loses: else the clip pulses between soft and sharp.

    Only half of it: all of it would cost twice the error.
    """
    wanted = (_energy(from_a) + _energy(from_b)) / 2
    gain = np.clip(np.sqrt((wanted + 0.3) / (_energy(made) + 0.3)), 1, _LARGEST_GAIN)
    return np.asarray(made + _SHARPEN * (gain - 1)[..., None] * (made - _blur(made, _DETAIL)), np.float32)
