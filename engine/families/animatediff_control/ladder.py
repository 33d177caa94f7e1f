"""What AnimateDiff with ControlNet needs on each rung: what AnimateDiff does, and one model more."""

from __future__ import annotations

from engine.core.recipe import Recipe
from engine.diffusion.ladder import Rung
from engine.families.animatediff import ladder

CONTROLNET = 690 * 2**20
"""Bytes of a ControlNet in half precision."""


def usual_costs(recipe: Recipe) -> tuple[tuple[Rung, ...], tuple[int, ...]]:
    """The rungs, and the bytes needed on each, with weights of the usual size."""
    return ladder.usual_costs(recipe, others=CONTROLNET)
