from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.recipe import RECIPE_VERSION, Camera, Follow, Kind, Motion, Quality, Recipe, Role, Style

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
finite = st.floats(0, 1e9)
recipes = st.builds(
    Recipe,
    kind=st.sampled_from(Kind),
    engine=text,
    seed=st.integers(0, 2**32 - 1),
    width=st.integers(16, 1920),
    height=st.integers(16, 1920),
    frames=st.integers(2, 600),
    native_fps=st.floats(1, 60),
    fps=st.floats(1, 60),
    length=st.integers(2, 600),
    prompt=text,
    inputs=st.dictionaries(
        st.sampled_from([r.value for r in Role]), st.text("0123456789abcdef", min_size=64, max_size=64)
    ),
    way=st.text(max_size=9),
    follow=st.none() | st.sampled_from(Follow),
    styles=st.lists(st.builds(Style, name=st.text(max_size=9), weight=st.floats(0, 2))).map(tuple),
    settings=st.dictionaries(st.text(max_size=9), st.integers() | st.text(max_size=9)),
    motion=st.sampled_from(Motion),
    camera=st.sampled_from(Camera),
    quality=st.sampled_from(Quality),
    reasons=st.lists(text, max_size=3).map(tuple),
    version=st.just(RECIPE_VERSION),
)
ONE = Recipe(
    kind=Kind.ANIMATE, engine="camera", seed=7, width=64, height=48,
    frames=13, native_fps=12.0, fps=24.0, length=24,
)  # fmt: skip


@given(recipes)
def test_a_recipe_comes_back_from_its_json(recipe):
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert type(again.camera) is Camera
    assert type(again.reasons) is tuple


@given(recipes)
def test_the_json_is_one_line_with_its_keys_in_order(recipe):
    line = recipe.to_json()
    assert "\n" not in line
    keys = list(json.loads(line))
    assert keys == sorted(keys)


def test_equal_recipes_are_equal_text():
    assert dataclasses.replace(ONE).to_json() == ONE.to_json()
    assert dataclasses.replace(ONE, seed=8).to_json() != ONE.to_json()


def test_a_recipe_of_a_newer_version_is_refused():
    newer = dataclasses.replace(ONE, version=RECIPE_VERSION + 1)
    with pytest.raises(ValueError, match=f"version {RECIPE_VERSION + 1}, newer than this program"):
        Recipe.from_json(newer.to_json())


def altered(**changes):
    return json.dumps({**json.loads(ONE.to_json()), **changes})


@pytest.mark.parametrize(
    "words",
    [
        *("", "{", "null", "[]", "{}", '"recipe"', '{"version": "1"}', '{"version": null}', '{"version": 1}'),
        *(altered(extra=1), altered(reasons=None), altered(camera="sideways"), altered(kind=3)),
    ],
)
def test_what_is_no_recipe_is_refused_by_a_value_error(words):
    with pytest.raises(ValueError):
        Recipe.from_json(words)


@given(recipes)
def test_every_take_has_a_seed_of_its_own(recipe):
    seeds = [recipe.take_seed(take) for take in range(1, 21)]
    assert seeds[0] == recipe.seed
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_a_recipe_knows_its_factor_and_its_seconds():
    assert (ONE.factor, ONE.seconds) == (2, 1.0)
    assert dataclasses.replace(ONE, fps=25.0, native_fps=25 / 3).factor == 3


def test_the_profile_names_what_the_time_of_a_render_depends_on():
    assert ONE.profile == "camera/balanced/64x48/24"
    assert dataclasses.replace(ONE, seed=8, prompt="else").profile == ONE.profile
