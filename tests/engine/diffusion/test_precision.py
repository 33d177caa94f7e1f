"""Weights in fewer bits: what the plan chooses, how near the clip stays, and when a package is missing."""

import sys

import numpy as np
import pytest
import torch

from bot.cli.gpu_report import what_it_draws
from bot.cli.trials import Trial
from engine.core.capabilities import Capabilities
from engine.core.errors import Unsupported
from engine.core.family import Hooks, Inputs
from engine.core.precision import ABOUT, Precision, precision_of
from engine.core.recipe import Kind, Quality
from engine.core.request import Request
from engine.diffusion.ladder import Start
from engine.diffusion.loading import size_of
from engine.diffusion.precision import FELL_BACK, int8_works, load_in
from engine.families import CATALOGUE, load
from engine.families.wan.draw import WanFamily
from engine.planning.plan import plan
from engine.planning.recommended import sold_as
from engine.runtime.context import EngineContext
from engine.runtime.rung_memory import RungMemory
from tests.engine.families.wan_bench import built, draw, recipe
from tests.engine.tiny.wan import TEXT

import diffusers  # isort: skip


SHARP = 2.2
"""Times what small random weights predict: then their velocities are as large as those of trained ones."""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = built(tmp_path_factory.mktemp("wan"))
    place = store.path("wan-2.1-1.3b") / "transformer"
    transformer = diffusers.WanTransformer3DModel.from_pretrained(place)
    with torch.no_grad():
        transformer.proj_out.weight.mul_(SHARP)
    transformer.save_pretrained(place)
    return store


@pytest.fixture(scope="module")
def family(store):
    return load("wan", EngineContext(store=store))


@pytest.fixture
def torchao_anew():
    """Whether torchao works is asked once; a test that breaks it asks again, before and after."""
    int8_works.cache_clear()
    yield
    int8_works.cache_clear()


def kept(precision):
    return recipe(settings={"flow_shift": 8.0, "precision": str(precision)})


def decibels(one, other):
    return 10 * np.log10(255**2 / np.square(one.astype(float) - other).mean())


# --- the plan


def planned(engine, gigabytes, *packages, quality=Quality.BALANCED):
    here = Capabilities(device=sold_as(gigabytes), weights=frozenset(CATALOGUE), packages=frozenset(packages))
    asked = Request(kind=Kind.TEXT2VIDEO, prompt="a fox", engine=engine, quality=quality, seed=1)
    return plan(asked, capabilities=here)


@pytest.mark.parametrize(
    ("engine", "kept_as"),
    [
        # On 6, 8, 12, 16, 24 and 80 GB: 16 bits where they fit, and where nothing does.
        ("wan", ["bf16"] * 6),
        ("wan-vace", ["bf16", "fp8", "bf16", "bf16", "bf16", "bf16"]),
        ("wan-5b", ["bf16", "bf16", "fp8", "bf16", "bf16", "bf16"]),
        ("ltx", ["bf16", "bf16", "bf16", "bf16", "fp8", "bf16"]),
        ("animatediff", ["bf16"] * 6),
    ],
)
def test_the_card_decides_in_how_many_bits_weights_are_kept(engine, kept_as):
    assert [str(precision_of(planned(engine, size))) for size in (6, 8, 12, 16, 24, 80)] == kept_as


def test_where_torchao_is_here_8_bits_have_a_scale():
    made = planned("wan-5b", 12, "torchao")
    assert precision_of(made) is Precision.INT8
    assert ABOUT[Precision.INT8] in made.reasons
    assert "precision" not in planned("wan-5b", 24, "torchao").settings


def test_what_is_remembered_of_the_ladder_is_of_one_precision():
    memory, free = RungMemory(), 2**30
    memory.worked(kept(Precision.FP8), frozenset({"offload"}), free)
    assert memory.rungs(kept(Precision.FP8), free) == {"offload"}
    assert memory.rungs(recipe(), free) == frozenset()


def test_the_doctor_names_it():
    asked = Request(kind=Kind.TEXT2VIDEO, prompt="a fox")
    trial = Trial(request=asked, role=None, recipe=planned("wan-5b", 12))
    lines = list(what_it_draws((trial,), 11 * 2**30, {}))
    assert any("weights in fp8; begins at the rung “tiles”" in line for line in lines), lines


# --- the clip


@pytest.mark.parametrize(
    ("precision", "least"), [(Precision.FP8, 60.0), (Precision.INT8, 75.0)], ids=["fp8", "int8"]
)
def test_a_clip_of_fewer_bits_is_near_to_that_of_16(family, precision, least):
    """Measured with these weights: see the table in docs/models.md."""
    told: list[str] = []
    clip = draw(family, kept(precision), gave_up=told.append)
    assert told == [ABOUT[precision]]
    whole = draw(family, recipe())
    assert not np.array_equal(clip, whole)
    assert decibels(clip, whole) >= least
    assert np.array_equal(clip, draw(family, kept(precision))), "the same recipe, the same bytes"


@pytest.mark.parametrize(("precision", "least"), [(Precision.FP8, 33.0), (Precision.INT8, 44.0)])
def test_the_weights_take_a_quarter_of_32_bits_and_predict_nearly_the_same(store, precision, least):
    place, part = store.path("wan-2.1-1.3b"), {"subfolder": "transformer", "dtype": torch.float32}
    kind = diffusers.WanTransformer3DModel
    whole, less = (load_in(kind, place, each, **part) for each in (Precision.BF16, precision))
    assert size_of(less.blocks[0].ffn) <= 0.4 * size_of(whole.blocks[0].ffn)
    assert size_of(less.condition_embedder) == size_of(whole.condition_embedder)
    made = torch.Generator().manual_seed(1)
    seen = {
        "hidden_states": torch.randn((1, 16, 2, 4, 4), generator=made),
        "timestep": torch.tensor([500.0]),
        "encoder_hidden_states": torch.randn((1, 8, TEXT), generator=made),
    }
    with torch.no_grad():
        exact, near = (model(**seen, return_dict=False)[0] for model in (whole, less))
    assert 10 * torch.log10(exact.square().mean() / (exact - near).square().mean()) >= least


@pytest.mark.parametrize(
    ("precision", "rungs"),
    [(Precision.FP8, ("offload", "tiles", "stream")), (Precision.INT8, ("offload",))],
)
def test_the_memory_ladder_leaves_it_as_it_is(family, monkeypatch, precision, rungs):
    whole = draw(family, kept(precision))
    with monkeypatch.context() as low:
        low.setattr(WanFamily, "_start", lambda *_: Start(rungs=frozenset(rungs)))
        assert np.allclose(whole.astype(int), draw(family, kept(precision)), atol=1)
    # torchao's tensors are made anew when they move, and the processor may then round the last bit otherwise.
    assert np.allclose(whole.astype(int), draw(family, kept(precision)), atol=int(precision == "int8"))


# --- without the package, or with one that is broken


def broken(*_):
    raise RuntimeError("built for another torch")


@pytest.mark.parametrize("how", ["missing", "broken"])
@pytest.mark.usefixtures("torchao_anew")
def test_without_torchao_a_clip_is_drawn_in_fp8_and_says_so(family, monkeypatch, how):
    in_fp8 = draw(family, kept(Precision.FP8))
    if how == "missing":
        monkeypatch.setitem(sys.modules, "torchao.quantization", None)
    else:
        monkeypatch.setattr("torchao.quantization.quantize_", broken)
    told: list[str] = []
    assert np.array_equal(in_fp8, draw(family, kept(Precision.INT8), gave_up=told.append))
    assert told == [FELL_BACK, ABOUT[Precision.FP8]]


def test_a_recipe_that_names_something_else_is_refused_in_words(family):
    with pytest.raises(Unsupported, match="keep weights as “int2”"):
        family.draw(kept("int2"), Inputs(), seed=1, hooks=Hooks())
