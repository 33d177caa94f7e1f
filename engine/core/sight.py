"""What the eyes saw in one picture: places, kinds and certainties that can be stored as JSON.

They are measurements of a picture. Nothing in them tells one person from another, and no text is kept.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

VERSION = 1


class Medium(StrEnum):
    """How a picture was made."""

    FLAT = "flat"
    """Screenshots, pages of text, charts, logos, flat drawings, and things on plain white."""
    SHADED = "shaded"
    """Photographs, paintings, shaded drawings."""


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
    """What was seen in a picture. None means that an eye did not look, because its weights are not here.

    Attributes:
        medium: flat or shaded; None: it could be either.
        medium_certainty: 0.5 … 1; 0 where it could be either.
        faces: the surest first.
        bodies: of people with a face, the surest face first; what can be seen of each.
        text: lines of letters, the largest first.
        subject: at most one: what stands out.
        subject_is_whole: it is one piece.
    """

    medium: Medium | None = None
    medium_certainty: float = 0.0
    faces: tuple[Spot, ...] | None = None
    bodies: tuple[Spot, ...] | None = None
    text: tuple[Spot, ...] | None = None
    subject: tuple[Spot, ...] | None = None
    subject_is_whole: bool = False

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
            for name in ("faces", "bodies", "text", "subject"):
                told[name] = _spots(told[name])
            told["medium"] = None if told["medium"] is None else Medium(told["medium"])
            return cls(**told)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("no sight") from error


def _spots(told: Any) -> tuple[Spot, ...] | None:
    return None if told is None else tuple(Spot(**spot) for spot in told)
