"""What Wan needs on each rung of its memory ladder."""

from __future__ import annotations

from engine.core.recipe import Recipe
from engine.diffusion.ladder import Rung
from engine.diffusion.wan.ladder import usual_costs_of
from engine.families.wan import VERSIONS


def usual_costs(recipe: Recipe) -> tuple[tuple[Rung, ...], tuple[int, ...]]:
    """The rungs, and the bytes needed on each, with weights of the usual size."""
    return usual_costs_of(VERSIONS[recipe.engine], recipe, encoded=int(bool(recipe.inputs)))
