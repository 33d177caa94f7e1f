"""Whether a picture is flat, like a screenshot, or shaded, like a photograph; measured without a network.

What was drawn by a program has areas of exactly one colour, also after it was saved as JPEG. Photographs have
grain, and paintings have brush strokes. Shaded drawings cannot be told from photographs this way. They need
not be, since both have depth.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.sight import Medium

SIDE = 1024
"""Longer side of the picture that is measured, in pixels, at most."""

_SAME = 1
"""Levels between neighbours of one colour; a JPEG rounds by so much."""
_FLAT_FROM, _SHADED_UP_TO = 0.5, 0.35
"""Share of the picture that has exactly the colour of its surroundings. Between the two, nothing is said."""
_RAMP = 0.3


@dataclass(frozen=True, kw_only=True)
class SeenMedium:
    """A picture's medium.

    Attributes:
        certainty: 0.5 … 1.
    """

    medium: Medium
    certainty: float


def see_medium(picture: NDArray[np.uint8]) -> SeenMedium | None:
    """Tell flat from shaded.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.

    Returns:
        None where it could be either.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = picture if scale == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    kernel = np.ones((3, 3), np.uint8)
    spread = cv2.subtract(cv2.dilate(small, kernel), cv2.erode(small, kernel)).max(axis=2)
    same = float((spread <= _SAME).mean())
    if same >= _FLAT_FROM:
        return SeenMedium(medium=Medium.FLAT, certainty=_certainty(same - _FLAT_FROM))
    if same <= _SHADED_UP_TO:
        return SeenMedium(medium=Medium.SHADED, certainty=_certainty(_SHADED_UP_TO - same))
    return None


def _certainty(beyond: float) -> float:
    return min(1.0, 0.5 + beyond / _RAMP / 2)
