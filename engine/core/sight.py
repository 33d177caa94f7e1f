"""What the eyes saw in one picture: places, kinds and certainties that can be stored as JSON.

They are measurements of a picture. Nothing in them tells one person from another.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

VERSION = 3
"""Version 1 knew faces only, version 2 no things; both are still read."""

COVERED, LINES = 0.05, 4
"""Share of a picture that letters cover, and the number of lines, from which on it is there to be read. One
large word on a photograph does not make it so."""
LARGE = 0.02
"""Share of a picture from which a thing is what the picture shows."""
SOME_FACE = 0.3
"""The height of a face, as a share of the largest one's, from which it belongs to a group."""


class ThingKind(StrEnum):
    """What a thing is."""

    ANIMAL = "animal"
    VEHICLE = "vehicle"
    PRODUCT = "product"


class Shows(StrEnum):
    """What a picture shows, for the words and for the choice of an engine."""

    PAGE = "page"
    PORTRAIT = "portrait"
    GROUP = "group"
    ANIMAL = "animal"
    VEHICLE = "vehicle"
    PRODUCT = "product"


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
class Thing(Spot):
    """An animal, a vehicle or a product at a place."""

    kind: ThingKind


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What was seen in a picture.

    Attributes:
        faces: the surest first. None: nothing looked, because the weights are not here.
        letters: the lines of text, the largest first; where they are, not what they say. None likewise.
        things: animals, vehicles and products, the surest first. None likewise.
    """

    faces: tuple[Spot, ...] | None = None
    letters: tuple[Spot, ...] | None = None
    things: tuple[Thing, ...] | None = None

    @property
    def is_page(self) -> bool:
        """Whether it is there to be read: a page, a screenshot, a chart with many labels."""
        lines = self.letters or ()
        return len(lines) >= LINES and sum(line.area for line in lines) > COVERED

    @property
    def shows(self) -> Shows | None:
        """What it shows; None where nothing is certain. People come before what is with them."""
        if self.is_page:
            return Shows.PAGE
        faces = self.faces or ()
        if faces:
            tallest = max(face.height for face in faces)
            people = sum(face.height >= SOME_FACE * tallest for face in faces)
            return Shows.PORTRAIT if people == 1 else Shows.GROUP
        large = [thing for thing in self.things or () if thing.area >= LARGE]
        return Shows(large[0].kind.value) if large else None

    @property
    def about(self) -> tuple[Spot, ...]:
        """What a cropped picture must not lose: the faces, else the things."""
        return self.faces or self.things or ()

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
            if told.pop("version") not in range(1, VERSION + 1):
                raise ValueError("a sight of another version")
            places = {"faces": _spots(told["faces"]), "letters": _spots(told.get("letters"))}
            return cls(**{**told, **places, "things": _things(told.get("things"))})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("no sight") from error


def _spots(told: Any) -> tuple[Spot, ...] | None:
    return None if told is None else tuple(Spot(**spot) for spot in told)


def _things(told: Any) -> tuple[Thing, ...] | None:
    return (
        None
        if told is None
        else tuple(Thing(**{**thing, "kind": ThingKind(thing["kind"])}) for thing in told)
    )
