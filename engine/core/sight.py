"""What the eyes saw in one picture: places, kinds and certainties that can be stored as JSON.

They are measurements of a picture. Nothing in them tells one person from another.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

VERSION = 2
"""Version 1 knew faces only; it is still read."""

COVERED, LINES = 0.05, 4
"""Share of a picture that letters cover, and the number of lines, from which on it is there to be read. One
large word on a photograph does not make it so."""


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
        letters: the lines of text, the largest first; where they are, not what they say. None likewise.
    """

    faces: tuple[Spot, ...] | None = None
    letters: tuple[Spot, ...] | None = None

    @property
    def is_page(self) -> bool:
        """Whether it is there to be read: a page, a screenshot, a chart with many labels."""
        lines = self.letters or ()
        return len(lines) >= LINES and sum(line.area for line in lines) > COVERED

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
            if told.pop("version") not in {1, VERSION}:
                raise ValueError("a sight of another version")
            places = {"faces": _spots(told["faces"]), "letters": _spots(told.get("letters"))}
            return cls(**{**told, **places})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("no sight") from error


def _spots(told: Any) -> tuple[Spot, ...] | None:
    return None if told is None else tuple(Spot(**spot) for spot in told)
