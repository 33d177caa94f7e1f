"""What a recipe must know of a finished clip that another goes on from, or that is closed into a loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Before:
    """A finished clip; its file is the input of that role.

    Attributes:
        width, height: pixels, even.
        frames: how many it has.
        engines: what drew it, part by part.
        real: a picture or a clip of a member's is in it.
    """

    width: int
    height: int
    frames: int
    engines: tuple[str, ...]
    real: bool

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Read what :func:`dataclasses.asdict` made.

        Raises:
            TypeError, KeyError: it is something else.
        """
        return cls(**{**data, "engines": tuple(data["engines"])})
