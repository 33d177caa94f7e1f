"""Where something is in a picture: an upright rectangle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from engine.core.sight import Spot
from engine.vision.optical_flow import Floats

_DIGITS = 4
"""Of a share of a picture: a tenth of a pixel in a thousand."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """An upright rectangle, in pixels of the picture; parts of it may lie outside."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def around(cls, points: Floats) -> Self:
        """The smallest box around points, ``[N, 2]`` or more columns, x first."""
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        return cls(
            left=float(low[0]),
            top=float(low[1]),
            width=float(high[0] - low[0]),
            height=float(high[1] - low[1]),
        )

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle, x first."""
        return self.left + self.width / 2, self.top + self.height / 2

    @property
    def area(self) -> float:
        """In square pixels."""
        return self.width * self.height

    def scaled(self, across: float, down: float) -> Box:
        """The same box in a picture of another size."""
        return Box(
            left=self.left * across, top=self.top * down, width=self.width * across, height=self.height * down
        )

    def grown(self, by: float) -> Box:
        """A box around the same middle, its sides ``by`` times as long."""
        x, y = self.centre
        width, height = self.width * by, self.height * by
        return Box(left=x - width / 2, top=y - height / 2, width=width, height=height)

    def within(self, width: float, height: float) -> Box:
        """The part of it that lies inside a picture; empty where none does."""
        left, right = (float(np.clip(x, 0, width)) for x in (self.left, self.right))
        top, bottom = (float(np.clip(y, 0, height)) for y in (self.top, self.bottom))
        return Box(left=left, top=top, width=right - left, height=bottom - top)

    def spot(self, certainty: float, width: int, height: int) -> Spot:
        """What is stored of it: the part that lies inside a picture of this size, in shares of its sides."""
        inside = self.within(width, height).scaled(1 / width, 1 / height)
        return Spot(
            left=round(inside.left, _DIGITS),
            top=round(inside.top, _DIGITS),
            width=round(inside.width, _DIGITS),
            height=round(inside.height, _DIGITS),
            certainty=round(certainty, 2),
        )

    @classmethod
    def of(cls, spot: Spot, width: int, height: int) -> Self:
        """Where a spot is in a picture of this size, in pixels."""
        return cls(
            left=spot.left * width,
            top=spot.top * height,
            width=spot.width * width,
            height=spot.height * height,
        )

    def shared(self, other: Box) -> float:
        """The area that two boxes have in common, in square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 … 1."""
        shared = self.shared(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0
