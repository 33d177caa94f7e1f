"""A recipe that is asked for again with other words, or lighter: nothing that was chosen is lost."""

from __future__ import annotations

import dataclasses

import pytest

from bot.clips import variation
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Camera, Follow, Kind, Motion, Quality, Recipe, Style
from engine.core.request import Request, Subject
from engine.planning.plan import PlanLimits, plan

WEIGHTS = frozenset({"epicrealism", "sd15", "animatelcm", "sd15-ip-adapter"})
HERE = Capabilities(
    weights=WEIGHTS | {"controlnet-canny", "motion-lora-zoom-in"},
    checkpoints=("mine",),
    styles=("ink",),
    slow=True,
)
LIMITS = PlanLimits()
PICTURE = Subject(sha256="a" * 64, width=800, height=600)
CLIP = Subject(sha256="b" * 64, width=800, height=600, seconds=3.0)


def full(**changes) -> Recipe:
    request = Request(
        **{
            "kind": Kind.TEXT2VIDEO,
            "prompt": "a cat on a wall",
            "seed": 7,
            "quality": Quality.BALANCED,
            "motion": Motion.WILD,
            "camera": Camera.PUSH_IN,
            "seconds": 2.0,
            "model": "mine",
            "styles": (Style(name="ink", weight=0.7),),
            "follow": Follow.EDGES,
            **changes,
        }
    )
    reference = None if request.follow is None and request.kind is Kind.TEXT2VIDEO else CLIP
    return plan(request, like=PICTURE, reference=reference, capabilities=HERE, limits=LIMITS)


def changed(one: Recipe, other: Recipe) -> set[str]:
    """Names of the fields in which two recipes differ, the reasons aside."""
    return {
        field.name
        for field in dataclasses.fields(Recipe)
        if getattr(one, field.name) != getattr(other, field.name)
    } - {"reasons"}


@pytest.mark.parametrize("changes", [{}, {"follow": None}, {"follow": None, "engine": "animatediff"}])
def test_the_same_words_make_the_same_recipe(changes):
    recipe = full(**changes)
    assert changed(recipe, variation.other_words(recipe, recipe.prompt, HERE, LIMITS, longest=400)) == set()


def test_other_words_change_what_is_read_and_nothing_that_was_chosen():
    recipe = full()
    other = variation.other_words(recipe, "a king, portrait", HERE, LIMITS, longest=400)
    assert changed(recipe, other) == {"prompt", "words", "negative"}
    assert other.words.startswith("a king, portrait")
    assert "cat" not in other.words
    assert other.inputs == {"like": "a" * 64, "reference": "b" * 64}


@pytest.mark.parametrize("remade", [variation.lighter, variation.other_words])
def test_an_engine_with_weights_of_its_own_is_not_asked_for_a_model(remade):
    """Its recipe names those weights, as if they had been chosen."""
    here, asked = Capabilities(weights=frozenset({"svd-xt"}), slow=True), Request(kind=Kind.ANIMATE)
    recipe = plan(asked, PICTURE, capabilities=here, limits=LIMITS)
    words = {"prompt": "a cat", "longest": 400} if remade is variation.other_words else {}
    assert remade(recipe, capabilities=here, limits=LIMITS, **words).model == recipe.model == "svd-xt"


def test_what_the_member_steered_away_from_stays():
    recipe = full(negative="rain")
    assert recipe.negative == "rain"
    assert variation.other_words(recipe, "a bowl of soup", HERE, LIMITS, longest=400).negative == "rain"


def test_raw_words_stay_raw():
    recipe = full(raw=True)
    other = variation.other_words(recipe, "soup", HERE, LIMITS, longest=400)
    assert (other.words, other.negative) == ("soup", recipe.negative)


def test_a_restyled_clip_keeps_its_strength_and_length():
    recipe = full(kind=Kind.RESTYLE, follow=None, strength=0.4, camera=Camera.AUTO, seconds=None)
    assert recipe.seconds == 3.0
    other = variation.other_words(recipe, "a clay figure", HERE, LIMITS, longest=400)
    assert (other.kind, other.strength, other.length) == (Kind.RESTYLE, recipe.strength, recipe.length)


def test_lighter_is_smaller_and_quicker_and_otherwise_the_same():
    recipe = full()
    light = variation.lighter(recipe, HERE, LIMITS)
    assert changed(recipe, light) <= {"quality", "width", "height", "way", "steps", "guidance", "settings"}
    assert light.quality is Quality.FAST
    assert light.width * light.height < recipe.width * recipe.height
    assert light.words == recipe.words


def test_what_cannot_be_made_here_any_more_says_so():
    with pytest.raises(UserError, match="animatediff"):
        variation.lighter(full(), Capabilities(), LIMITS)
