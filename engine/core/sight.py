"""What the eyes saw in one picture: places, kinds and certainties that can be stored as JSON.

They are measurements of a picture. Nothing in them tells one person from another.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Something at a place.

    Attributes:
        left, top, width, height: of its upright box, in widths and heights of the picture, 0 … 1.
        certainty: 0 … 1.
    """

    left: float
    top: float
    width: float
    height: float
    certainty: float

    @property
    def area(self) -> float:
        """Share of the picture, 0 … 1."""
        return self.width * self.height


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What was seen in a picture.

    Attributes:
        faces: the surest first. None: nothing looked, because the weights are not here.
    """

    faces: tuple[Spot, ...] | None = None

    def to_json(self) -> str:
        """As one line of JSON."""
        return json.dumps({"version": VERSION, **asdict(self)}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            told = json.loads(text)
            if told.pop("version") != VERSION:
                raise ValueError("a sight of another version")
            return cls(**{**told, "faces": _spots(told["faces"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("no sight") from error


def _spots(told: Any) -> tuple[Spot, ...] | None:
    return None if told is None else tuple(Spot(**spot) for spot in told)
