"""What Wan VACE needs on each rung of its memory ladder: the whole clip is encoded before it is drawn."""

from __future__ import annotations

from engine.core.recipe import Recipe
from engine.core.video_model import count
from engine.diffusion.ladder import Rung
from engine.diffusion.wan.ladder import usual_costs_of
from engine.families.wan_vace import VACE


def usual_costs(recipe: Recipe) -> tuple[tuple[Rung, ...], tuple[int, ...]]:
    """The rungs, and the bytes needed on each, with weights of the usual size."""
    return usual_costs_of(VACE, recipe, encoded=min(count(recipe.frames), VACE.trained_frames))
