"""Wan 2.2 A14B on tiny random weights: beside the stock pipelines, its two experts, and its files."""

import dataclasses
import sys
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.parity import a14b
from benchmarks.parity.__main__ import SAME
from benchmarks.parity.case import compare
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.errors import RenderFailed, Unsupported
from engine.core.family import Inputs
from engine.core.precision import ABOUT, Precision
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.request import Request, Subject
from engine.diffusion.ladder import Start
from engine.diffusion.wan.ladder import HALF, RUNGS
from engine.families import CATALOGUE, FAMILIES, load
from engine.families.wan_a14b import ENTRY, EXPERTS, FOUR_STEPS, I2V, T2V
from engine.families.wan_a14b.draw import WanA14B
from engine.planning.plan import plan
from engine.planning.recommended import chosen, sold_as
from engine.rendering.render import Renderer, RenderLimits
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.families.wan_bench import draw
from tests.engine.tiny import wan_a14b

SIDE, FRAMES = 32, 9
ROWS, COLUMNS = np.mgrid[0:SIDE, 0:SIDE]
FIRST = np.stack([COLUMNS * 8, ROWS * 8, ROWS * 0], axis=2).astype(np.uint8)
GUIDANCE = {engine: experts.guidance for engine, experts in EXPERTS.items()}
STEPS = 4


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("a14b")
    wan_a14b.build(folder)
    return Store(folder)


@pytest.fixture(scope="module")
def family(store):
    return load(T2V, EngineContext(store=store))


@pytest.fixture(scope="module")
def whole(family):
    """A clip of which nothing was given up."""
    return draw(family, recipe())


def recipe(engine=T2V, **changes):
    experts = EXPERTS[engine]
    given: dict[str, Any] = {
        "kind": Kind.TEXT2VIDEO,
        "engine": engine,
        "way": "unipc-40",
        "seed": 3,
        "width": SIDE,
        "height": SIDE,
        "frames": FRAMES,
        "native_fps": 16,
        "fps": 16,
        "length": FRAMES,
        "words": "a fox, snow",
        "negative": "blurry",
        "steps": STEPS,
        "guidance": experts.guidance,
        "settings": {
            "flow_shift": experts.version.shift,
            "guidance_low": experts.guidance_low,
            "precision": "gguf",
        },
    }
    return Recipe(**(given | changes))


def in_four(engine=T2V, **changes):
    return recipe(engine, way=FOUR_STEPS, guidance=1.0, negative="", **changes)


def given(engine):
    return Inputs(picture=FIRST) if engine == I2V else Inputs()


# --- beside the stock pipeline


def test_a_clip_is_the_stock_pipelines_own(store):
    context = EngineContext(store=store)
    cases = a14b.cases(store)
    assert {case.family for case in cases} == {T2V, I2V}
    assert {case.recipe.way for case in cases} == {"unipc-40", FOUR_STEPS}
    for case in cases:
        assert compare(case.shorter(STEPS), load(case.family, context)).worst >= SAME, case.way


def test_a_clip_goes_the_whole_way_and_its_receipt_says_how_the_weights_were_kept(store, tmp_path):
    picture = tmp_path / "picture.png"
    Image.fromarray(FIRST).save(picture)
    (tmp_path / "work").mkdir()
    receipt = Renderer(EngineContext(store=store)).render(
        in_four(I2V, kind=Kind.ANIMATE, inputs={"picture": "0" * 64}),
        {"picture": picture},
        work=tmp_path / "work",
        limits=RenderLimits(max_takes=1),
        on_event=lambda _: None,
        cancel=CancelToken(),
    )
    assert (receipt.frames, receipt.width, receipt.height) == (FRAMES, SIDE, SIDE)
    assert receipt.ladder == (ABOUT[Precision.GGUF],)


# --- two experts


@pytest.fixture
def seen(family):
    """Which expert worked, step by step, and who leaves the card when it comes."""
    models, seen = family._models(recipe()), []
    names = {id(models.transformer): "high", id(models.second): "low"}

    def look(model, _):
        placed = getattr(model, "_hf_hook", None)  # accelerate's, where models take turns
        leaves = "" if placed is None else f" for {names.get(id(placed.prev_module_hook.model), 'vae')}"
        seen.append(names[id(model)] + leaves)

    hooks = [model.register_forward_pre_hook(look) for model in models.transformers]
    yield seen
    for hook in hooks:
        hook.remove()


def test_where_models_take_turns_the_first_expert_leaves_when_the_second_comes(
    family, whole, monkeypatch, seen
):
    monkeypatch.setattr(WanA14B, "_start", lambda *_: Start(rungs=frozenset({"offload"})))
    assert np.allclose(whole.astype(int), draw(family, recipe()), atol=1)
    assert list(dict.fromkeys(seen)) == ["high for vae", "low for high"]
    assert seen == sorted(seen)


def test_the_memory_ladder_leaves_the_clip_as_it_is_and_the_loras_come_off(family, whole, monkeypatch):
    """But for bfloat16, which rounds: what that does is measured where Wan is."""
    fast = draw(family, in_four())
    exact = frozenset(rung.name for rung in RUNGS) - {HALF.name}
    with monkeypatch.context() as low:
        low.setattr(WanA14B, "_start", lambda *_: Start(rungs=exact))
        assert np.allclose(fast.astype(int), draw(family, in_four()), atol=1)
    assert np.array_equal(whole, draw(family, recipe()))


# --- its files


def copied(store, folder, *without):
    for place in store.folder.iterdir():
        if place.name not in without:
            (folder / place.name).symlink_to(place)
    return Store(folder)


@pytest.mark.parametrize(
    ("entry", "what"),
    [(EXPERTS[T2V].version.entry, recipe()), (ENTRY, recipe()), (EXPERTS[T2V].loras, in_four())],
    ids=["experts", "shared", "loras"],
)
def test_what_is_not_installed_is_named(store, tmp_path, entry, what):
    family = load(T2V, EngineContext(store=copied(store, tmp_path, entry)))
    with pytest.raises(RenderFailed, match=f"“{entry}” are not installed") as caught:
        draw(family, what)
    assert caught.value.code == "E_WEIGHTS"


@pytest.mark.parametrize("kept", [0, 20, 4000], ids=["empty", "a stub", "cut off"])
def test_a_damaged_file_is_spoken_of(store, tmp_path, kept):
    entry = EXPERTS[T2V].version.entry
    here = copied(store, tmp_path, entry)
    for file in (EXPERTS[T2V].high, EXPERTS[T2V].low):
        (tmp_path / entry / file).parent.mkdir(parents=True)
        (tmp_path / entry / file).write_bytes((store.path(entry) / file).read_bytes()[:kept])
    with pytest.raises(RenderFailed, match=r"cannot be loaded|wan-2.2-a14b-t2v") as caught:
        draw(load(T2V, EngineContext(store=here)), recipe())
    assert caught.value.code == "E_WEIGHTS"


def test_without_the_package_that_reads_it_the_way_out_is_named(store, monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(RenderFailed, match="pip install gguf"):
        draw(load(T2V, EngineContext(store=store)), recipe())
    here = Capabilities(device=sold_as(24), weights=frozenset(CATALOGUE))
    assert "pip install gguf" in str(FAMILIES[T2V].lacks(here))
    assert FAMILIES[T2V].lacks(dataclasses.replace(here, packages=frozenset({"gguf"}))) is None


def test_without_a_picture_the_pair_for_pictures_refuses_in_words(store):
    with pytest.raises(Unsupported, match="needs a picture"):
        draw(load(I2V, EngineContext(store=store)), in_four(I2V))


def test_it_comes_in_no_other_precision(family):
    other = recipe()
    with pytest.raises(Unsupported, match="“fp8”"):
        draw(family, dataclasses.replace(other, settings={**other.settings, "precision": "fp8"}))


# --- the plan


def test_it_is_planned_as_its_authors_draw_it():
    here = Capabilities(device=sold_as(24), weights=frozenset(CATALOGUE), packages=frozenset({"gguf"}))
    asked = Request(kind=Kind.TEXT2VIDEO, prompt="a fox", engine=T2V, quality=Quality.BEST, seed=1)
    made = plan(asked, capabilities=here)
    assert (made.way, made.steps, made.guidance, made.frames) == ("unipc-40", 40, 4.0, 65)
    assert made.settings == {"go": 81, "flow_shift": 12.0, "guidance_low": 3.0, "precision": "gguf"}
    fast = plan(dataclasses.replace(asked, quality=Quality.FAST), capabilities=here)
    assert (fast.way, fast.steps, fast.guidance, fast.negative) == (FOUR_STEPS, 4, 1.0, "")
    assert "flow_shift" not in fast.settings, "their noise is shifted by a number of its own"
    photo = Subject(sha256="0" * 64, width=1600, height=900)
    moved = plan(dataclasses.replace(asked, kind=Kind.ANIMATE, engine=I2V), photo, capabilities=here)
    assert (moved.guidance, moved.settings["guidance_low"], moved.settings["flow_shift"]) == (3.5, 3.5, 5.0)


@pytest.mark.parametrize(
    ("asked", "engine"), [("a prompt", T2V), ("a picture and a prompt", I2V), ("a picture alone", "svd")]
)
def test_it_is_chosen_at_best_where_the_card_holds_an_expert(asked, engine):
    assert chosen(asked, Quality.BEST, sold_as(24)).engine == engine
    for quality, gigabytes in ((Quality.BALANCED, 24), (Quality.FAST, 80), (Quality.BEST, 12)):
        assert chosen(asked, quality, sold_as(gigabytes)).engine not in {T2V, I2V}
