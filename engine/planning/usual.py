"""Which clips are usual: those that come up again and again, so that preparing for their shapes pays."""

from __future__ import annotations

from engine.core.family_spec import FamilySpec
from engine.core.recipe import Recipe
from engine.core.request import SECONDS
from engine.planning.frame_size import usual_sizes
from engine.planning.pace import pace_of

FPS = 24.0
"""Of a finished clip, where nobody chose. Not the owner's: what is usual must follow from a recipe alone."""


def usual_frames(spec: FamilySpec) -> frozenset[int]:
    """How many frames a family draws for clips of the lengths that a member picks from."""
    return frozenset(pace_of(seconds, FPS, spec).frames for seconds in SECONDS.values())


def neighbours(recipe: Recipe, spec: FamilySpec) -> tuple[tuple[int, int, int], ...]:
    """Widths, heights and frames of a recipe's usual neighbours: another shape, or another length.

    A clip that is drawn in pieces has none.
    """
    go = int(recipe.settings.get("go", recipe.frames))
    if not is_usual(recipe, spec) or recipe.frames > go:
        return ()
    own = recipe.width, recipe.height
    sizes = sorted(usual_sizes(spec, (recipe.quality,)) - {own})
    # What is as long as one go has its own length in its settings.
    lengths = () if recipe.frames == go else sorted(usual_frames(spec) - {recipe.frames})
    return (
        *((*size, recipe.frames) for size in sizes),
        *((*own, frames) for frames in lengths if frames <= go),
    )


def is_usual(recipe: Recipe, spec: FamilySpec) -> bool:
    """Whether a clip has a usual size and a usual number of frames."""
    return recipe.frames in usual_frames(spec) and (recipe.width, recipe.height) in usual_sizes(spec)
