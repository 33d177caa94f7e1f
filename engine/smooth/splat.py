"""Where the pixels of a frame are at a later moment: each one is followed along the flow.

At the edge of something that moves, pixels of what is in front arrive where nothing else does, and nothing
arrives where the background comes into view. The places without arrivals therefore tell what one of two
frames does not show.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.vision.optical_flow import Floats

_ENOUGH = 0.3
"""Arrivals per pixel, from which on a place is taken to be known by them alone."""

_REACH = 3.0
"""Width over which the flow is carried into places without arrivals, pixels of the field."""

_NONE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Splat:
    """The pixels of one frame at another moment.

    Attributes:
        flow: the flow of the pixels that are at each place then, float32 ``[h, w, 2]``.
        count: how many of them are there, float32 ``[h, w]``; about 1 on a surface, 0 in a gap.
    """

    flow: Floats
    count: Floats


def splat(flow: Floats, time: float, places: Floats) -> Splat:
    """Follow each pixel of a frame for a part of the way to the other frame.

    Args:
        flow: float32 ``[h, w, 2]``, x first, pixels of that size.
        time: share of the way, 0 … 1.
        places: float32 ``[h, w, 2]``, from :func:`engine.vision.optical_flow.grid`.
    """
    height, width = flow.shape[:2]
    ends = places + time * flow
    corner = np.floor(ends)
    within = ends - corner
    column, row = corner[..., 0].astype(np.int64), corner[..., 1].astype(np.int64)
    count = np.zeros(height * width)
    total = np.zeros((2, height * width))
    for right in (0, 1):
        for below in (0, 1):
            x, y = column + right, row + below
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            share = np.abs(1 - right - within[..., 0]) * np.abs(1 - below - within[..., 1])
            index, weight = (y * width + x)[inside], share[inside]
            count += np.bincount(index, weight, count.size)
            for axis in (0, 1):
                total[axis] += np.bincount(index, weight * flow[..., axis][inside], count.size)
    counted = count.reshape(height, width).astype(np.float32)
    summed = np.ascontiguousarray(total.reshape(2, height, width).transpose(1, 2, 0), np.float32)
    known = np.clip(counted / _ENOUGH, 0, 1)[..., None]
    own = summed / (counted[..., None] + _NONE)
    around = cv2.GaussianBlur(summed, (0, 0), _REACH) / (
        cv2.GaussianBlur(counted, (0, 0), _REACH)[..., None] + _NONE
    )
    return Splat(flow=np.asarray(known * own + (1 - known) * around, np.float32), count=counted)
