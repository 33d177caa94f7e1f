"""Families that an owner adds stand beside the built-in ones, and are used like them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import families
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.errors import Unsupported, UserError
from engine.core.family_spec import FamilySpec
from engine.core.recipe import Kind, Recipe
from engine.core.request import Feature, Request, Subject
from engine.families import FAMILIES, families_of, with_added
from engine.planning.choice import check_still_here, engines_for
from engine.planning.first_rung import beginning
from engine.planning.plan import plan
from engine.provenance.statement import TRAINED_MEDIA, source_type
from engine.rendering.limits import RenderLimits
from engine.rendering.render import Renderer
from engine.runtime.context import EngineContext

NAME = "comfyui/mill"
PICTURE = Subject(sha256="a" * 64, width=640, height=360)


class Grey:
    """Draws grey frames with a dot that moves."""

    def __init__(self, context):
        """As every family is made."""

    def draw(self, recipe, inputs, *, seed, hooks):
        del inputs, seed, hooks
        frames = np.full((recipe.frames, recipe.height, recipe.width, 3), 128, np.uint8)
        for index, frame in enumerate(frames):
            frame[20:40, 10 + 4 * index : 40 + 4 * index] = (200, 60, 40)
        return frames


MILL = FamilySpec(
    name=NAME,
    target=f"{__name__}:Grey",
    kinds=frozenset({Kind.ANIMATE, Kind.TEXT2VIDEO}),
    needs_picture=False,
    max_native_fps=16,
    about="a mill",
    rank=60,
    features=frozenset({Feature.FIRST_FRAME, Feature.END}),
    multiple=32,
    made_at="comfyui",
)
HERE = Capabilities(added={NAME: MILL})


def ask(engine="auto", **asked):
    return Request(kind=Kind.TEXT2VIDEO, prompt="a mill", engine=engine, **asked)


def test_an_added_family_stands_in_its_place_among_the_built_in_ones():
    order = list(families_of(HERE))
    assert order.index("wan-5b") < order.index(NAME) < order.index("camera")
    assert families_of(Capabilities()) is FAMILIES
    assert NAME not in FAMILIES


def test_a_built_in_family_keeps_its_name():
    assert with_added({"camera": replace(MILL, name="camera")})["camera"] is FAMILIES["camera"]


def test_an_added_family_is_planned_like_any_and_needs_no_gpu_here():
    assert engines_for(HERE) == (NAME, "camera", "sketch")
    assert plan(ask(size=(330, 170)), capabilities=HERE).engine == NAME
    recipe = plan(ask(NAME, size=(330, 170)), capabilities=HERE)
    assert (recipe.width, recipe.height) == (320, 160)
    assert beginning(recipe, 10**9) is None


def test_what_only_draws_when_asked_by_name_is_never_chosen_for_a_member():
    here = Capabilities(added={NAME: replace(MILL, by_name=True)})
    assert plan(ask(), capabilities=here).engine == "sketch"
    assert plan(ask(NAME), capabilities=here).engine == NAME


def test_what_an_added_family_lacks_is_told_to_who_asks_for_it():
    here = replace(HERE, lacking={NAME: "a ComfyUI server"})
    assert engines_for(here) == ("camera", "sketch")
    with pytest.raises(UserError, match=r"It is missing a ComfyUI server\."):
        plan(ask(NAME), capabilities=here)


def test_the_list_of_engines_in_a_refusal_has_the_added_ones():
    with pytest.raises(UserError, match=r"Choose from: comfyui/mill, sketch"):
        plan(ask("comfyui/gone"), capabilities=HERE)


def test_a_refused_end_picture_names_the_added_engine_that_can():
    asked = Request(kind=Kind.ANIMATE, engine="svd")
    here = replace(HERE, weights=frozenset({"svd-xt"}), slow=True)
    with pytest.raises(UserError, match=NAME):
        plan(asked, PICTURE, end=replace(PICTURE, sha256="b" * 64), capabilities=here)


def made() -> Recipe:
    return plan(ask(NAME, seconds=0.5, fps=16, size=(320, 160)), capabilities=HERE)


def test_a_recipe_whose_engine_was_taken_away_is_refused_in_words():
    check_still_here(made(), HERE)
    with pytest.raises(UserError, match=r"is not here any more\. Ask for a new clip"):
        check_still_here(made(), Capabilities())
    with pytest.raises(UserError, match=r"It is missing a server\. Ask"):
        check_still_here(made(), replace(HERE, lacking={NAME: "a server"}))
    check_still_here(replace(made(), loop=True), Capabilities())


def test_what_describes_a_clip_passes_over_an_engine_that_is_gone():
    assert source_type(made()) == TRAINED_MEDIA
    assert not families.travels(made())


def render(work: Path, added):
    work.mkdir()
    recipe = made()
    return Renderer(EngineContext(added=lambda: added)).render(
        recipe,
        {},
        work=work,
        limits=RenderLimits(max_takes=1),
        on_event=lambda _: None,
        cancel=CancelToken(),
    )


def test_an_added_family_is_drawn_like_any(tmp_path):
    receipt = render(tmp_path / "work", {NAME: MILL})
    assert (receipt.engine, receipt.width, receipt.height) == (NAME, 320, 160)


def test_a_family_that_was_taken_away_meanwhile_is_a_plain_refusal(tmp_path):
    with pytest.raises(Unsupported, match="no engine called 'comfyui/mill'"):
        render(tmp_path / "work", {})
