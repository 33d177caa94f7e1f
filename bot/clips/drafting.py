"""From a recipe to the drafts of it that a member chooses from, and from the chosen one back to a recipe."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from bot.clips.variation import replanned, request_of
from engine.core.capabilities import Capabilities
from engine.core.receipt import Receipt
from engine.core.recipe import Camera, Kind, Quality, Recipe
from engine.planning.frame_size import AREA, MACROBLOCK
from engine.planning.plan import PlanLimits

FEWEST_STEPS = 4
"""Of a model that draws in fewer, every step is taken."""

APART = 0x7F4A7C15
"""Between the seeds of two drafts. The takes of one draft are another number apart: none is drawn twice."""


MOVES = (Camera.AUTO, Camera.PULL_OUT, Camera.ORBIT, Camera.PAN_RIGHT)
"""How the camera moves in each draft of a picture that is filmed, where the member left that open: the seed
alone hardly changes what the camera does, and there would be nothing to choose."""


@dataclass(frozen=True, kw_only=True)
class DraftPolicy:
    """How drafts are drawn, and how long a member may choose.

    Attributes:
        seconds: length of a draft, where a shorter clip moves as a longer one does.
        steps: share of a model's steps.
        choose_seconds: after which the best is finished.
    """

    seconds: float
    steps: float
    choose_seconds: float


def draft_of(
    recipe: Recipe, number: int, policy: DraftPolicy, capabilities: Capabilities, limits: PlanLimits
) -> Recipe:
    """The recipe of a draft.

    What a model makes of a seed depends on the size and the number of frames, so its drafts keep both and
    take fewer steps. What draws without a model moves alike at any size and length: its drafts are small.

    Args:
        recipe: of the clip.
        number: of the draft, from 1.
        policy: how drafts are drawn.
        capabilities: what this machine has.
        limits: what may be asked for.

    Raises:
        UserError: it cannot be planned here any more.
    """
    seed = (recipe.seed + (number - 1) * APART) % 2**32
    if recipe.steps:
        steps = min(recipe.steps, max(FEWEST_STEPS, math.ceil(recipe.steps * policy.steps)))
        return dataclasses.replace(recipe, seed=seed, steps=steps, quality=Quality.FAST)
    scale = min(1.0, (AREA[Quality.FAST] / (recipe.width * recipe.height)) ** 0.5)
    width, height = (
        max(limits.min_side, round(side * scale / MACROBLOCK) * MACROBLOCK)
        for side in (recipe.width, recipe.height)
    )
    films = recipe.kind is Kind.ANIMATE and recipe.camera is Camera.AUTO
    request = dataclasses.replace(
        request_of(recipe),
        seed=seed,
        camera=MOVES[(number - 1) % len(MOVES)] if films else recipe.camera,
        quality=Quality.FAST,
        size=(width, height),
        seconds=max(limits.min_seconds, min(policy.seconds, recipe.seconds)),
    )
    return replanned(request, recipe, capabilities, limits)


def finished(recipe: Recipe, draft: Recipe, drawn: Receipt, why: str) -> Recipe:
    """The recipe of the clip that a draft was drawn for: its camera, and the seed of the take that was shown.

    Args:
        recipe: of the clip.
        draft: the draft's recipe.
        drawn: its receipt.
        why: for the recipe's reasons.
    """
    seed = drawn.takes[drawn.kept - 1].seed if drawn.takes else recipe.seed
    return dataclasses.replace(recipe, seed=seed, camera=draft.camera, reasons=(*recipe.reasons, why))


def points_of(drawn: Receipt) -> float:
    """What the gate thought of a draft, 0 … 100."""
    return drawn.takes[drawn.kept - 1].score if drawn.takes else 0.0
