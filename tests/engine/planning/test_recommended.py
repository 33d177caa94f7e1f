"""What is recommended for a GPU, and where a clip begins on its memory ladder there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.capabilities import Capabilities
from engine.core.device import GIB
from engine.core.errors import UserError
from engine.core.recipe import Kind, Quality
from engine.core.request import Request, Subject
from engine.diffusion.ladder import first_rung
from engine.families import CATALOGUE, FAMILIES
from engine.families.svd import ladder as svd
from engine.planning.first_rung import beginning
from engine.planning.plan import plan
from engine.planning.recommended import ASKED, WITH_ALL, chosen, recommended, sold_as

SIZES = (8, 12, 24)


@pytest.fixture(scope="module")
def names():
    """Gigabytes of a GPU → names of what is recommended for it."""
    return {size: frozenset(spec.name for spec in recommended(sold_as(size))) for size in SIZES}


def draws_as_with_everything(size, weights):
    device = sold_as(size)
    try:
        return all(
            replace(chosen(asked, quality, device, weights), reasons=())
            == replace(chosen(asked, quality, device), reasons=())
            for asked in ASKED
            for quality in Quality
        )
    except UserError:
        return False


@pytest.mark.parametrize("size", SIZES)
def test_what_is_recommended_is_enough_and_no_more(names, size):
    assert draws_as_with_everything(size, names[size])
    assert names[size] >= set(WITH_ALL)
    left_over = [
        name for name in names[size] - set(WITH_ALL) if draws_as_with_everything(size, names[size] - {name})
    ]
    assert left_over == []


def test_a_larger_gpu_is_recommended_the_larger_engine(names):
    assert not names[8] & {"wan-2.1-1.3b", "wan-2.2-ti2v-5b"}
    assert "wan-2.1-1.3b" in names[12]
    assert "wan-2.2-ti2v-5b" in names[24]


def test_nothing_is_recommended_whose_clips_may_not_be_sold(names):
    for name in frozenset().union(*names.values()):
        assert "non-commercial" not in CATALOGUE[name].licence.name, name


def recipe_of(engine, size=12):
    here = Capabilities(device=sold_as(size), weights=frozenset(CATALOGUE))
    picture = Subject(sha256="0" * 64, width=1600, height=900) if engine == "svd" else None
    kind = Kind.ANIMATE if picture else Kind.TEXT2VIDEO
    return plan(Request(kind=kind, prompt="a fox", engine=engine, seed=1), picture, capabilities=here)


def begins_at(recipe, free):
    begins = beginning(recipe, free)
    assert begins is not None
    return begins


@pytest.mark.parametrize("engine", ["svd", "animatediff", "wan", "wan-5b"])
def test_more_memory_never_begins_further_down(engine):
    recipe = recipe_of(engine)
    begins = [begins_at(recipe, gib * GIB) for gib in (1, 4, 8, 16, 32, 80)]
    depths = [len(each.rungs) for each in begins]
    assert depths == sorted(depths, reverse=True)
    assert (begins[0].fits, begins[-1].fits) == (False, True)
    assert begins[-1].rungs == ()
    assert begins[-1].about == ""
    assert begins[0].about


def test_it_begins_where_the_familys_own_figures_say():
    recipe = recipe_of("svd")
    costs = svd.costs(recipe, svd.USUAL)
    for free in (costs[2], costs[0] - 1, costs[0]):
        begins = begins_at(recipe, free)
        assert begins.rungs == tuple(rung.name for rung in svd.RUNGS[: first_rung(costs, free)])
        assert begins.needed == costs[len(begins.rungs)]


def test_a_family_without_figures_says_nothing():
    assert beginning(replace(recipe_of("svd"), engine="camera"), GIB) is None


def test_every_family_with_models_of_its_own_tells_where_it_begins():
    """The upscaler works on pieces of a frame, so that it always fits."""
    without = [name for name, spec in FAMILIES.items() if spec.trained and not spec.ladder]
    assert without == ["upscale"]
