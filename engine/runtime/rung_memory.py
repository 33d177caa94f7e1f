"""Which rungs of the memory ladder worked, for clips of one shape on this card."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from engine.core.precision import PRECISION
from engine.core.recipe import Recipe

MORE = 1.05
"""With this many times the memory that was free then, less may have to be given up."""


@dataclass(frozen=True, kw_only=True)
class _Worked:
    rungs: frozenset[str]
    free: int


class RungMemory:
    """Remembers what an estimate got wrong, so that the next clip of the shape does not fail first."""

    def __init__(self) -> None:
        """Make one that knows nothing."""
        self._worked: dict[Hashable, _Worked] = {}

    def worked(self, recipe: Recipe, rungs: frozenset[str], free: int) -> None:
        """A clip was drawn with some rungs in force, after memory had run out with fewer.

        Args:
            recipe: of the clip.
            rungs: their names.
            free: bytes of the card that were free before it was drawn.
        """
        self._worked[_shape(recipe)] = _Worked(rungs=rungs, free=free)

    def rungs(self, recipe: Recipe, free: int) -> frozenset[str]:
        """Names of the rungs that a clip needs; none: nothing is known, or more is free than then."""
        known = self._worked.get(_shape(recipe))
        return frozenset() if known is None or free > MORE * known.free else known.rungs


def _shape(recipe: Recipe) -> Hashable:
    """All that decides how much memory a clip takes."""
    return (
        recipe.engine,
        recipe.kind,
        recipe.way,
        recipe.model,
        recipe.settings.get(PRECISION),
        recipe.width,
        recipe.height,
        recipe.frames,
        recipe.guidance > 1,
        recipe.follow,
        frozenset(recipe.inputs),
        len(recipe.styles),
    )
