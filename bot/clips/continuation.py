"""From a finished clip to the recipe of a longer one, or of a loop."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from bot.clips.variation import request_of
from bot.text import clip_texts
from db.codes import BotCode
from engine.core.capabilities import Capabilities
from engine.core.errors import Code, UserError
from engine.core.family_spec import FamilySpec
from engine.core.prompt_schedule import is_scheduled, parse
from engine.core.receipt import Receipt
from engine.core.recipe import Before, Kind, Recipe, Role
from engine.core.request import AUTO, SECONDS, Feature, Length, Request, Subject
from engine.core.sentence import Sentence
from engine.families import families_of
from engine.planning.choice import engines_for
from engine.planning.plan import PlanLimits, plan

SLOWER = 2
"""How many times as slowly a clip in slow motion is shown."""

LEAST_SECONDS = 1.0
"""Less is not worth a job."""


def before_of(recipe: Recipe, receipt: Receipt) -> Before:
    """What is to be known of a finished clip, from how it was made and what came of it."""
    earlier = () if recipe.before is None else recipe.before.engines
    real = bool(recipe.inputs.keys() & {Role.PICTURE, Role.END, Role.REFERENCE, Role.SOUND})
    return Before(
        width=receipt.width,
        height=receipt.height,
        frames=receipt.frames,
        engines=tuple(dict.fromkeys((*earlier, recipe.engine))),
        real=real or (recipe.before is not None and recipe.before.real),
        sound=receipt.sound,
    )


def extended(
    recipe: Recipe,
    before: Before,
    clip: str,
    *,
    capabilities: Capabilities,
    limits: PlanLimits,
    max_seconds: float,
) -> Recipe:
    """The recipe of a longer clip: the old one, and a part that goes on from its last frame.

    The part is as long as the old clip's own drawn part was, as far as there is room. What drew the clip goes
    on with it where it can; else something that animates pictures.

    Args:
        recipe: of the old clip.
        before: the old clip.
        clip: hex digest of its file.
        capabilities: what this machine has.
        limits: what a request may ask for.
        max_seconds: how long a clip may become.

    Raises:
        UserError: it is long enough, or upscaled, or nothing here can go on with it.
    """
    if recipe.kind is Kind.UPSCALE:
        raise UserError(Code.UPSCALE, clip_texts.UPSCALED_IS_NOT_DRAWN)
    room = max_seconds - before.frames / recipe.fps
    if room < LEAST_SECONDS:
        raise UserError(BotCode.LONG, clip_texts.long_enough(before.frames / recipe.fps, max_seconds))
    usual = SECONDS[Length.NORMAL] if recipe.only_remade else recipe.length / recipe.fps
    # The part begins with the last frame of the old clip, which is shown once.
    seconds = min(max(usual, LEAST_SECONDS), room, limits.max_seconds)
    refusal: UserError | None = None
    for request in _ways_on(recipe, capabilities):
        sized = dataclasses.replace(request, seconds=seconds, size=(before.width, before.height))
        try:
            return resumed(
                sized, before, clip, capabilities=capabilities, limits=limits, max_seconds=max_seconds
            )
        except UserError as error:
            refusal = refusal or error
    raise refusal or UserError(Code.NO_ENGINE, clip_texts.NOTHING_GOES_ON)


def resumed(
    request: Request,
    before: Before,
    clip: str,
    *,
    capabilities: Capabilities,
    limits: PlanLimits,
    max_seconds: float,
) -> Recipe:
    """The recipe of a part that goes on from a clip, at the request's rate; the rest as :func:`extended`.

    Raises:
        UserError: it cannot be planned, or the whole would become too long.
    """
    picture = Subject(sha256="", width=before.width, height=before.height)
    part = plan(request, picture, capabilities=capabilities, limits=limits)
    if before.frames + part.length - 1 > max_seconds * part.fps:
        raise UserError(BotCode.LONG, clip_texts.long_enough(before.frames / part.fps, max_seconds))
    return dataclasses.replace(part, inputs={Role.BEFORE: clip}, before=before)


def looped(recipe: Recipe, before: Before, clip: str, *, max_seconds: float) -> Recipe:
    """The recipe of a loop; arguments as for :func:`extended`.

    Raises:
        UserError: it is a loop already.
    """
    if recipe.loop:
        raise UserError(BotCode.LOOP, clip_texts.ALREADY_A_LOOP)
    return Recipe(
        kind=recipe.kind,
        engine=recipe.engine,
        prompt=recipe.prompt,
        helped=recipe.helped,
        inputs={Role.BEFORE: clip},
        seed=recipe.seed,
        width=before.width,
        height=before.height,
        frames=before.frames,
        native_fps=recipe.fps,
        fps=recipe.fps,
        length=max(before.frames, min(2 * before.frames - 2, int(max_seconds * recipe.fps))),
        motion=recipe.motion,
        camera=recipe.camera,
        quality=recipe.quality,
        reasons=(Sentence("a loop made from the clip before it; nothing was drawn"),),
        before=before,
        loop=True,
    )


def slowed(recipe: Recipe, before: Before, clip: str, *, max_seconds: float) -> Recipe:
    """The recipe of the clip at half its speed; arguments as for :func:`extended`.

    Raises:
        UserError: it would become too long.
    """
    length = (before.frames - 1) * SLOWER + 1
    if length > max_seconds * recipe.fps:
        raise UserError(BotCode.LONG, clip_texts.long_enough(before.frames / recipe.fps, max_seconds))
    return Recipe(
        kind=recipe.kind,
        engine=recipe.engine,
        prompt=recipe.prompt,
        helped=recipe.helped,
        inputs={Role.BEFORE: clip},
        seed=recipe.seed,
        width=before.width,
        height=before.height,
        frames=before.frames,
        native_fps=recipe.fps,
        fps=recipe.fps,
        length=length,
        motion=recipe.motion,
        camera=recipe.camera,
        quality=recipe.quality,
        reasons=(Sentence("the clip before it at half its speed; nothing was drawn"),),
        before=before,
        slow=SLOWER,
    )


def _ways_on(recipe: Recipe, capabilities: Capabilities) -> Iterator[Request]:
    """Who could go on, the likeliest first."""
    request = dataclasses.replace(
        request_of(recipe),
        prompt=_last_words(recipe),
        follow=None,
        strength=None,
        seed=recipe.seed,
        effect=None,
    )
    anybody = dataclasses.replace(request, model="", styles=(), negative=None)
    families = families_of(capabilities)
    here = {name: families[name] for name in engines_for(capabilities)}
    if recipe.engine in here and (kind := _kind_on(here[recipe.engine])) is not None:
        yield dataclasses.replace(request, kind=kind)
    if recipe.kind is not Kind.ANIMATE:
        for name, spec in here.items():
            if name != recipe.engine and not spec.by_name and _kind_on(spec) is Kind.TEXT2VIDEO:
                yield dataclasses.replace(anybody, kind=Kind.TEXT2VIDEO, engine=name)
    yield dataclasses.replace(anybody, kind=Kind.ANIMATE, engine=AUTO)


def _kind_on(spec: FamilySpec) -> Kind | None:
    """How an engine goes on from a picture; None where it cannot."""
    if Kind.ANIMATE in spec.kinds:
        return Kind.ANIMATE
    begins = Kind.TEXT2VIDEO in spec.kinds and Feature.FIRST_FRAME in spec.features
    return Kind.TEXT2VIDEO if begins else None


def _last_words(recipe: Recipe) -> str:
    """The words that the old clip ended with: of words by frame the last ones."""
    if not is_scheduled(recipe.prompt):
        return recipe.prompt
    steps = parse(recipe.prompt, recipe.frames)
    return steps[max(steps)]
