"""From a recipe back to the request behind it: for other words, or for a lighter clip."""

from __future__ import annotations

import dataclasses

from bot.requests.wording import worded
from bot.text.clip_texts import LOOPS_ARE_NOT_DRAWN, UPSCALED_IS_NOT_DRAWN
from db.codes import BotCode
from engine.core.capabilities import Capabilities
from engine.core.errors import Code, UserError
from engine.core.recipe import Kind, Quality, Recipe, Role
from engine.core.request import Request, Subject
from engine.families import chosen_model
from engine.planning.frame_size import AREA
from engine.planning.plan import PlanLimits, plan

LIGHTER = 0.75
"""“Try lighter” has at most this share of each side, or about: what failed small is tried smaller."""


def request_of(recipe: Recipe) -> Request:
    """The request that a recipe answers, with the planner's choices asked for by name."""
    return Request(
        kind=recipe.kind,
        prompt=recipe.prompt,
        motion=recipe.motion,
        camera=recipe.camera,
        quality=recipe.quality,
        seconds=recipe.seconds,
        fps=recipe.fps,
        size=(recipe.width, recipe.height),
        seed=recipe.seed,
        engine=recipe.engine,
        raw=bool(recipe.words) and recipe.words == recipe.prompt,
        negative=recipe.negative,
        model=chosen_model(recipe.engine, recipe.model),
        styles=recipe.styles,
        follow=recipe.follow,
        strength=recipe.strength or None,
        sound=None if recipe.sounds else False,
        effect=recipe.effect,
        helped=recipe.helped,
    )


def other_words(
    recipe: Recipe, prompt: str, capabilities: Capabilities, limits: PlanLimits, *, longest: int
) -> Recipe:
    """The same clip of other words: what the engine reads is made of them anew.

    Args:
        recipe: of the clip.
        prompt: the words, as they were written.
        capabilities: what this machine has.
        limits: what may be asked for.
        longest: characters of the words that are read.

    Raises:
        UserError: it cannot be made here any more, or there are no words left.
    """
    plain = dataclasses.replace(request_of(recipe), raw=False, negative=None)
    usual = replanned(plain, recipe, capabilities, limits)
    request = dataclasses.replace(
        plain,
        prompt=prompt,
        raw=usual.words != recipe.words == recipe.prompt,
        # What the member did not choose is chosen anew, to suit the new words.
        negative=None if usual.negative == recipe.negative else recipe.negative,
        helped=recipe.helped if prompt == recipe.prompt else None,
    )
    return replanned(worded(request, capabilities, limit=longest), recipe, capabilities, limits)


def lighter(recipe: Recipe, capabilities: Capabilities, limits: PlanLimits) -> Recipe:
    """The same clip, drawn smaller and quicker.

    Raises:
        UserError: it cannot be made here any more.
    """
    scale = min(LIGHTER, (AREA[Quality.FAST] / (recipe.width * recipe.height)) ** 0.5)
    width, height = (
        max(limits.min_side, round(side * scale / 16) * 16) for side in (recipe.width, recipe.height)
    )
    request = dataclasses.replace(request_of(recipe), quality=Quality.FAST, size=(width, height))
    return replanned(request, recipe, capabilities, limits)


def replanned(request: Request, recipe: Recipe, capabilities: Capabilities, limits: PlanLimits) -> Recipe:
    """Plan a request anew from the files of a recipe.

    Raises:
        UserError: it cannot be made here any more, or was not drawn.
    """
    if recipe.only_remade:
        raise UserError(BotCode.LOOP, LOOPS_ARE_NOT_DRAWN)
    if recipe.kind is Kind.UPSCALE:
        raise UserError(Code.UPSCALE, UPSCALED_IS_NOT_DRAWN)
    files = {
        Role(role): Subject(sha256=digest, width=recipe.width, height=recipe.height)
        for role, digest in recipe.inputs.items()
    }
    made = plan(
        request,
        files.get(Role.PICTURE) or files.get(Role.BEFORE),
        end=files.get(Role.END),
        like=files.get(Role.LIKE),
        reference=files.get(Role.REFERENCE),
        sound=files.get(Role.SOUND),
        capabilities=capabilities,
        limits=limits,
    )
    # A part that goes on from a clip has no picture of its own: its picture is the last frame.
    if recipe.before is None:
        return made
    return dataclasses.replace(made, inputs=recipe.inputs, before=recipe.before)
