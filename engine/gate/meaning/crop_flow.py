"""Optical flow between two crops of a face, and where it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.shape import HIGH, WIDE
from engine.vision.optical_flow import MEDIUM, Floats, dense, grid, read

_WINDOW = 13
"""Pixels of the window in which the flow is checked."""
_SURE, _DETAIL = 0.4, 2.5
"""Correlation of a window with itself, moved along the flow, and its detail in levels, for a sure flow."""


@dataclass(frozen=True)
class CropFlow:
    """How one crop moved to become another.

    Attributes:
        flow: float32 ``[HIGH, WIDE, 2]``, pixels of the crop.
        moved_back: the other crop, moved back along the flow, float32 ``[HIGH, WIDE]``.
        sure: where both show the same thing, with enough detail, bool ``[HIGH, WIDE]``.
    """

    flow: Floats
    moved_back: Floats
    sure: NDArray[np.bool_]


def flow_between(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> CropFlow:
    """Follow every pixel of a crop into another one, both uint8 ``[HIGH, WIDE]``."""
    flow = dense(one, other, MEDIUM)
    back = read(other.astype(np.float32), grid(HIGH, WIDE) + flow)
    alike, contrast = _alike(one.astype(np.float32), back)
    return CropFlow(flow, back, np.asarray((alike > _SURE) & (contrast > _DETAIL), np.bool_))


def _alike(one: Floats, other: Floats) -> tuple[Any, Any]:
    """Correlation of each window with the same window of another picture, and the other's contrast."""

    def mean(values: Any) -> Any:
        return cv2.blur(values, (_WINDOW, _WINDOW))

    a, b = mean(one), mean(other)
    aa = np.maximum(mean(one * one) - a * a, 0)
    bb = np.maximum(mean(other * other) - b * b, 0)
    return (mean(one * other) - a * b + 4) / np.sqrt((aa + 4) * (bb + 4)), np.sqrt(aa)
