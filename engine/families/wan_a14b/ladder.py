"""What Wan 2.2 A14B needs on each rung of its memory ladder: two experts, of which one works at a time."""

from __future__ import annotations

from engine.core.recipe import Recipe
from engine.core.video_model import count
from engine.diffusion.ladder import Rung
from engine.diffusion.wan.ladder import usual_costs_of
from engine.families.wan_a14b import EXPERTS


def usual_costs(recipe: Recipe) -> tuple[tuple[Rung, ...], tuple[int, ...]]:
    """The rungs, and the bytes needed on each, with weights of the usual size."""
    version = EXPERTS[recipe.engine].version
    # From a picture, the whole clip is encoded, grey but for its first frame.
    encoded = min(count(recipe.frames), version.trained_frames) if recipe.inputs else 0
    return usual_costs_of(version, recipe, encoded=encoded)
