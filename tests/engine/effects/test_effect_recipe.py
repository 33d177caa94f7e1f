import json

import pytest

from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Camera, Effect, Kind, Motion, Recipe, Style
from engine.core.request import Subject
from engine.effects.effect_recipe import MAX_BYTES, MAX_NAME, EffectRecipe
from engine.effects.shipped import SHIPPED
from engine.planning.plan import plan

ONE = EffectRecipe(
    name="Tante Käthe's", about="…", look="old film", amount=0.5, loops=True, prompt="a sea",
    camera=Camera.ORBIT, motion=Motion.WILD, styles=(Style(name="ink", weight=0.7),),
)  # fmt: skip


@pytest.mark.parametrize("effect", [ONE, *SHIPPED.values()], ids=lambda effect: effect.name)
def test_an_effect_comes_back_from_its_file(effect):
    assert EffectRecipe.from_json(effect.to_json()) == effect
    assert len(effect.to_json().encode()) < MAX_BYTES


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"framekiln_effect": 2}, "newer version"),
        ({"framekiln_effect": None}, "framekiln_effect"),
        ({"name": ""}, "name"),
        ({"name": " x"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "@everyone"}, "name"),
        ({"name": "x" * (MAX_NAME + 1)}, "name"),
        ({"amount": 2}, "amount"),
        ({"amount": "much"}, "amount"),
        ({"loops": 1}, "loops"),
        ({"seconds": 10_000}, "seconds"),
        ({"camera": "on a crane"}, "camera"),
        ({"colour": "red"}, "there is no such field"),
        ({"styles": [{"name": "x", "weight": 99}]}, "styles"),
        ({"prompt": "x" * 1001}, "prompt"),
    ],
)
def test_a_file_that_is_wrong_is_refused_and_says_where(change, says):
    data = {**json.loads(ONE.to_json()), **change}
    with pytest.raises(UserError, match=says):
        EffectRecipe.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"x"', "{}", "[" * 5000, b"\xff\xfe{"])
def test_what_is_no_file_at_all_is_refused_in_words(text):
    with pytest.raises(UserError, match="effect"):
        EffectRecipe.from_json(text)


def test_a_large_file_is_refused_before_it_is_read():
    with pytest.raises(UserError, match="KiB"):
        EffectRecipe.from_json(" " * (MAX_BYTES + 1))


PICTURE = Subject(sha256="a" * 64, width=640, height=480)


def test_an_effect_becomes_a_recipe_and_the_recipe_an_effect():
    recipe = plan(SHIPPED["snow globe"].request(), PICTURE)
    assert recipe.effect == Effect(name="Snow globe", look="snow globe", loops=True)
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    made = EffectRecipe.of(again, "Winter", "cold")
    assert (made.name, made.about, made.look, made.loops) == ("Winter", "cold", "snow globe", True)
    assert plan(made.request(), PICTURE).camera is recipe.camera


@pytest.mark.parametrize("model", ["", "svd-xt"])
def test_an_effect_is_made_with_any_engine_that_animates_whatever_weights_its_file_names(model):
    here = Capabilities(weights=frozenset({"svd-xt"}), slow=True)
    recipe = plan(EffectRecipe(name="x", engine="svd", model=model).request(), PICTURE, capabilities=here)
    assert recipe.model == "svd-xt"
    made = EffectRecipe.of(recipe, "x")
    assert made.model == ""
    assert plan(made.request("camera"), PICTURE, capabilities=here).engine == "camera"


@pytest.mark.parametrize("kind", [Kind.TEXT2VIDEO, Kind.RESTYLE])
def test_an_effect_is_made_of_an_animated_picture_only(kind):
    recipe = Recipe(
        kind=kind, engine="camera", seed=1, width=64, height=64, frames=9, native_fps=8, fps=8, length=9
    )
    with pytest.raises(UserError, match="picture"):
        EffectRecipe.of(recipe, "x")


def test_a_recipe_without_an_effect_does_not_name_it():
    recipe = Recipe(
        kind=Kind.ANIMATE,
        engine="camera",
        seed=1,
        width=64,
        height=64,
        frames=9,
        native_fps=8,
        fps=8,
        length=9,
    )
    assert "effect" not in json.loads(recipe.to_json())


def test_a_look_of_a_newer_version_is_refused_when_it_is_planned():
    request = EffectRecipe(name="x", look="kaleidoscope").request()
    with pytest.raises(UserError, match="kaleidoscope"):
        plan(request, PICTURE)


def test_an_effect_has_a_profile_of_its_own_for_the_wait():
    plain = plan(EffectRecipe(name="x", engine="camera").request(), PICTURE)
    made = plan(EffectRecipe(name="x", engine="camera", look="old film").request(), PICTURE)
    assert plain.profile != made.profile
