"""Which recipe goes on from a finished clip: by what drew it, what is here, and how long it may become."""

from __future__ import annotations

import dataclasses

import pytest

from bot.clips.continuation import before_of, extended, looped
from bot.clips.variation import lighter, other_words
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.receipt import Receipt
from engine.core.recipe import Camera, Kind, Recipe, Role
from engine.core.request import Request, Subject
from engine.planning.plan import PlanLimits, plan
from engine.provenance.statement import COMPOSITE_MEDIA, COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA, source_type
from tests.bot.fixtures import receipt
from tests.present import present

CLIP = "c" * 64
LIMITS = PlanLimits()
NOTHING = Capabilities()
PICTURE = Subject(sha256="a" * 64, width=800, height=600)
SVD = Capabilities(weights=frozenset({"svd-xt"}), slow=True)
SPARSECTRL = {"sparsectrl-rgb", "motion-v1-5-3", "motion-lora-v1-5-3"}
WORDS = Capabilities(weights=frozenset({"epicrealism", "sd15", "animatelcm", *SPARSECTRL}), slow=True)
SKETCH = {"kind": Kind.TEXT2VIDEO, "prompt": "a red boat", "engine": "sketch", "subject": None}


def made(*, capabilities=NOTHING, subject=PICTURE, **changes) -> tuple[Recipe, Receipt]:
    """A recipe, and what came of it: at the size and length that were asked for."""
    request = Request(
        **{"kind": Kind.ANIMATE, "seed": 7, "camera": Camera.PUSH_IN, "seconds": 4.0, **changes}
    )
    recipe = plan(request, subject, capabilities=capabilities, limits=LIMITS)
    told = receipt("0" * 64, 1)
    return recipe, dataclasses.replace(
        told, engine=recipe.engine, width=recipe.width, height=recipe.height, frames=recipe.length
    )


def longer(recipe, told, *, capabilities=NOTHING, max_seconds=16.0, limits=LIMITS) -> Recipe:
    return extended(
        recipe,
        before_of(recipe, told),
        CLIP,
        capabilities=capabilities,
        limits=limits,
        max_seconds=max_seconds,
    )


@pytest.mark.parametrize(
    ("asked", "drew_with", "have", "engine", "kind"),
    [
        ({}, Capabilities(), Capabilities(), "camera", Kind.ANIMATE),
        ({}, SVD, SVD, "svd", Kind.ANIMATE),
        ({}, SVD, Capabilities(), "camera", Kind.ANIMATE),
        (SKETCH, Capabilities(), Capabilities(), "camera", Kind.ANIMATE),
        (SKETCH, Capabilities(), SVD, "svd", Kind.ANIMATE),
        (SKETCH, Capabilities(), WORDS, "animatediff", Kind.TEXT2VIDEO),
        ({**SKETCH, "engine": "animatediff"}, WORDS, WORDS, "animatediff", Kind.TEXT2VIDEO),
        ({**SKETCH, "engine": "animatediff"}, WORDS, Capabilities(), "camera", Kind.ANIMATE),
    ],
)
def test_a_clip_is_continued_by_its_own_engine_or_another_that_can(asked, drew_with, have, engine, kind):
    part = longer(*made(capabilities=drew_with, **asked), capabilities=have)
    assert (part.engine, part.kind) == (engine, kind)
    assert part.inputs == {Role.BEFORE: CLIP}
    assert present(part.before).engines == (made(capabilities=drew_with, **asked)[0].engine,)
    assert part.asked == "extend"


def test_the_part_is_as_long_as_the_clip_and_goes_the_same_way():
    recipe, told = made(seconds=3.0)
    part = longer(recipe, told)
    assert (part.length, part.fps, part.seed, part.camera) == (72, 24.0, 7, Camera.PUSH_IN)
    assert (part.width, part.height) == (told.width, told.height)
    assert present(part.before).frames == 72


def test_a_clip_becomes_no_longer_than_the_owner_allows():
    recipe, told = made(seconds=4.0)
    for _ in range(2):
        recipe = longer(recipe, told, max_seconds=10.0)
        told = dataclasses.replace(told, frames=told.frames + recipe.length - 1)
    assert 9.0 < told.frames / 24 <= 10.0
    assert present(recipe.before).engines == ("camera",)
    with pytest.raises(UserError, match="10 s at most") as refused:
        longer(recipe, told, max_seconds=10.0)
    assert refused.value.code == "E_LONG"


def test_a_part_is_never_longer_than_any_clip_may_be():
    recipe, told = made(seconds=9.0)
    assert longer(recipe, told, limits=PlanLimits(max_seconds=5.0), max_seconds=60).length == 5 * 24


def test_words_by_frame_go_on_with_the_last_words():
    recipe, told = made(
        capabilities=WORDS,
        kind=Kind.TEXT2VIDEO,
        engine="animatediff",
        subject=None,
        prompt="0: a bud | 8: a flower",
        camera=Camera.AUTO,
    )
    assert longer(recipe, told, capabilities=WORDS).prompt == "a flower"


def test_a_new_prompt_and_try_lighter_keep_the_clip_before():
    part = longer(*made())
    for other in (
        other_words(part, "snow", Capabilities(), LIMITS, longest=400),
        lighter(part, Capabilities(), LIMITS),
    ):
        assert (other.before, other.inputs) == (part.before, part.inputs)


def test_a_loop_is_a_recipe_of_its_own_and_draws_nothing():
    recipe, told = made()
    loop = looped(recipe, before_of(recipe, told), CLIP, max_seconds=6.0)
    assert (loop.loop, loop.inputs, loop.asked) == (True, {Role.BEFORE: CLIP}, "loop")
    assert loop.length == 144
    assert loop.profile.startswith("loop/")
    assert Recipe.from_json(loop.to_json()) == loop
    for again in (
        lambda: looped(loop, before_of(loop, told), CLIP, max_seconds=6.0),
        lambda: other_words(loop, "snow", Capabilities(), LIMITS, longest=400),
        lambda: lighter(loop, Capabilities(), LIMITS),
    ):
        with pytest.raises(UserError) as refused:
            again()
        assert refused.value.code == "E_LOOP"


def test_a_loop_can_be_gone_on_from():
    recipe, told = made()
    loop = looped(recipe, before_of(recipe, told), CLIP, max_seconds=6.0)
    assert not longer(loop, told).loop


@pytest.mark.parametrize(
    ("asked", "drew_with", "have", "source"),
    [
        ({}, Capabilities(), Capabilities(), COMPOSITE_MEDIA),
        ({}, SVD, Capabilities(), COMPOSITE_TRAINED_MEDIA),
        ({**SKETCH, "engine": "animatediff"}, WORDS, Capabilities(), TRAINED_MEDIA),
    ],
)
def test_a_longer_clip_says_what_its_beginning_was_made_from(asked, drew_with, have, source):
    recipe, told = made(capabilities=drew_with, **asked)
    part = longer(recipe, told, capabilities=have)
    assert source_type(part) == source
    grown = dataclasses.replace(told, frames=told.frames + part.length - 1)
    assert source_type(looped(part, before_of(part, grown), CLIP, max_seconds=9.0)) == source
