"""Where a clip's sound comes from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.family_spec import Way
from engine.core.recipe import Kind, Quality, Recipe, Role, SoundSource
from engine.core.request import Feature, Request, Subject
from engine.families import FAMILIES
from engine.planning.plan import SOUND_AND_NONE, plan
from engine.untrusted.foreign_recipe import read_foreign

PICTURE = Subject(sha256="a" * 64, width=400, height=300)
SOUND = Subject(sha256="b" * 64, width=0, height=0, seconds=10)
CLIP = Subject(sha256="c" * 64, width=400, height=300, seconds=2)
WORDS = Request(kind=Kind.TEXT2VIDEO, prompt="rain on a tin roof", seconds=2)
ANIMATE = Request(kind=Kind.ANIMATE, seconds=2)


@pytest.fixture
def loud(monkeypatch):
    """An engine that makes sound in one of its ways, and animates, restyles and draws words."""
    spec = replace(
        FAMILIES["sketch"],
        name="loud",
        rank=1,
        kinds=frozenset(Kind),
        features=FAMILIES["sketch"].features | {Feature.SOUND},
        ways={
            Quality.FAST: (
                Way(name="mute", about="", steps=1, guidance=1, lacks=frozenset({Feature.SOUND})),
                Way(name="heard", about="", steps=2, guidance=1),
            ),
            Quality.BALANCED: (Way(name="heard", about="", steps=2, guidance=1),),
        },
    )
    monkeypatch.setitem(FAMILIES, "loud", spec)


def source(request, *files, **more):
    return plan(request, *files, capabilities=Capabilities(), **more).sound


def test_an_engine_that_makes_sound_makes_it_unless_it_is_turned_off(loud):
    assert source(WORDS) is SoundSource.DRAWN
    assert source(replace(WORDS, sound=True)) is SoundSource.DRAWN
    assert source(replace(WORDS, sound=False)) is SoundSource.NONE


def test_a_way_that_lacks_sound_is_left_for_one_that_has_it_only_if_it_is_asked_for(loud):
    fast = replace(WORDS, quality=Quality.FAST)
    assert plan(fast).way == "mute"
    assert source(fast) is SoundSource.NONE
    asked = plan(replace(fast, sound=True))
    assert (asked.way, asked.sound) == ("heard", SoundSource.DRAWN)


def test_sound_that_nothing_here_makes_is_refused():
    with pytest.raises(UserError, match="No engine here can do this: sound"):
        plan(replace(WORDS, sound=True))
    with pytest.raises(UserError, match="The engine “sketch” cannot do this: sound"):
        plan(replace(WORDS, sound=True, engine="sketch"))
    assert source(WORDS) is SoundSource.NONE


@pytest.mark.parametrize("wanted", [None, True])
def test_a_sound_that_was_given_needs_no_engine_that_makes_any(wanted):
    recipe = plan(replace(ANIMATE, sound=wanted), PICTURE, sound=SOUND)
    assert recipe.sound is SoundSource.GIVEN
    assert recipe.inputs == {Role.PICTURE: PICTURE.sha256, Role.SOUND: SOUND.sha256}
    assert "with the sound you gave" in recipe.reasons


def test_a_sound_that_was_given_comes_before_the_engines_own(loud):
    assert source(ANIMATE, PICTURE, sound=SOUND) is SoundSource.GIVEN


def test_a_sound_and_no_sound_at_once_is_refused():
    with pytest.raises(UserError, match=SOUND_AND_NONE):
        plan(replace(ANIMATE, sound=False), PICTURE, sound=SOUND)


def test_a_short_sound_is_said_to_be_followed_by_silence():
    short = plan(replace(ANIMATE, seconds=4), PICTURE, sound=replace(SOUND, seconds=1.5, notes=("quiet",)))
    assert "the sound you gave is 1.5 s long; silence follows" in short.reasons
    assert "quiet" in short.reasons


def test_a_clip_that_is_drawn_anew_keeps_its_sound(loud):
    restyle = Request(kind=Kind.RESTYLE, prompt="ink", sound=True)
    kept = plan(restyle, reference=CLIP, sound=SOUND)
    assert kept.sound is SoundSource.GIVEN
    assert "with the sound of the clip you gave" in kept.reasons


def test_a_recipe_keeps_where_its_sound_comes_from_and_an_old_one_is_silent(loud):
    recipe = plan(WORDS)
    assert Recipe.from_json(recipe.to_json()).sound is SoundSource.DRAWN
    old = recipe.to_json().replace('"sound": "drawn", ', "")
    assert "sound" not in old.replace("with sound", "")
    assert Recipe.from_json(old).sound is SoundSource.NONE


def test_a_strangers_recipe_asks_for_no_sound_only_if_it_says_so(loud):
    recipe = plan(WORDS)
    assert read_foreign(recipe.to_json()).request().sound is None
    assert read_foreign(replace(recipe, sound=SoundSource.NONE).to_json()).request().sound is False
    assert read_foreign(recipe.to_json().replace('"sound": "drawn", ', "")).request().sound is None


def test_only_what_makes_sound_says_so():
    """A recipe that asks a family for sound it cannot make fails each time."""
    assert [name for name, spec in FAMILIES.items() if Feature.SOUND in spec.features] == ["ltx"]
