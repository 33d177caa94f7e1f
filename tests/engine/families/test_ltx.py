"""LTX-2.3 on tiny random weights: picture and sound as the stock pipelines make them, seed by seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.parity.__main__ import SAME
from benchmarks.parity.case import compare
from benchmarks.parity.ltx import cases
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.errors import Cancelled
from engine.core.family import Hooks, Inputs, WithSound
from engine.core.recipe import Kind, Quality, SoundSource
from engine.core.request import Request, Subject
from engine.core.sound import RATE
from engine.diffusion.ladder import Start
from engine.families import CATALOGUE, FAMILIES, load
from engine.families.ltx import ENTRY, SPEC, WORDS, count, draw, grid
from engine.families.ltx.draw import OWN_STEP
from engine.families.ltx.ladder import OFFLOAD, RUNGS, STREAM, TILES, costs
from engine.planning.plan import plan
from engine.runtime.context import EngineContext
from engine.weights.model_spec import HubSource
from engine.weights.store import Store
from tests.engine.tiny import ltx

HERE = Capabilities(weights=frozenset({ENTRY, WORDS}), slow=True)
WORDS_ASKED = Request(
    kind=Kind.TEXT2VIDEO, prompt="a fox", engine="ltx", seconds=0.5, size=(64, 64), raw=True, fps=24
)
PICTURE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    ltx.build(folder)
    return folder


@pytest.fixture(scope="module")
def family(models):
    return load("ltx", EngineContext(store=Store(models)))


@pytest.fixture(scope="module")
def whole(family):
    """The clip of seed 1; most tests draw it in another way."""
    return drawn(family, recipe_of())


def recipe_of(*, animated=False, **changes):
    request = replace(WORDS_ASKED, kind=Kind.ANIMATE) if animated else WORDS_ASKED
    picture = Subject(sha256="a" * 64, width=64, height=64) if animated else None
    return replace(plan(request, picture, capabilities=HERE), **changes)


def drawn(family, recipe, *, picture=None, seed=1, hooks=None):
    made = family.draw(recipe, Inputs(picture=picture), seed=seed, hooks=hooks or Hooks())
    assert isinstance(made, WithSound)
    return made


@pytest.mark.parametrize("way", ["words", "a picture"])
def test_picture_and_sound_are_the_stock_pipelines(models, family, way):
    (case,) = (case for case in cases(Store(models)) if case.way == way)
    found = compare(case, family)
    assert found.picture >= SAME
    assert found.sound is not None
    assert found.sound >= SAME
    assert abs(found.longer) <= OWN_STEP * RATE


def test_the_sound_is_as_long_as_the_frames(whole):
    assert len(whole.sound) == recipe_of().frames * RATE // 24


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(family, whole):
    recipe = recipe_of()
    first, again, other = (
        whole,
        drawn(family, recipe),
        drawn(family, replace(recipe, words="a storm"), seed=2),
    )
    assert np.array_equal(first.frames, again.frames)
    assert np.array_equal(first.sound, again.sound)
    assert not np.array_equal(first.frames, other.frames)
    assert not np.array_equal(first.sound, other.sound)


def test_a_clip_without_sound_is_the_same_picture_and_nothing_else(family, whole):
    recipe = recipe_of()
    silent = family.draw(replace(recipe, sound=SoundSource.NONE), Inputs(), seed=1, hooks=Hooks())
    assert np.array_equal(silent, whole.frames)


@pytest.mark.parametrize("rungs", [(OFFLOAD,), (OFFLOAD, STREAM)])
def test_a_lower_rung_draws_the_same(family, whole, monkeypatch, rungs):
    recipe = recipe_of()
    names = frozenset(rung.name for rung in rungs)
    monkeypatch.setattr(type(family), "_start", lambda self, recipe, models, **_: Start(rungs=names))
    told: list[str] = []
    lower = drawn(family, recipe, hooks=Hooks(gave_up=told.append))
    # Weights that were moved lie elsewhere, and are added up in another order.
    assert np.abs(lower.frames.astype(int) - whole.frames).max() <= 1
    assert np.abs(lower.sound - whole.sound).max() < 1e-5
    assert told == [rung.about for rung in rungs]


def test_a_decode_that_runs_out_of_memory_keeps_what_was_denoised(family, whole, monkeypatch):
    recipe = recipe_of()
    take = draw._Take
    denoised, decode = [], take.decode
    denoise = take.denoise

    def counted(self, go, rungs):
        denoised.append(rungs)
        return denoise(self, go, rungs)

    def short(self, latents, go, rungs):
        if TILES.name not in rungs:
            raise MemoryError
        return decode(self, latents, go, rungs)

    monkeypatch.setattr(take, "denoise", counted)
    monkeypatch.setattr(take, "decode", short)
    told: list[str] = []
    assert np.abs(drawn(family, recipe, hooks=Hooks(gave_up=told.append)).sound - whole.sound).max() < 1e-5
    assert denoised == [()]
    assert TILES.about in told


def test_a_stop_takes_effect_within_a_step(family):
    token, told = CancelToken(), []

    def progress(share):
        told.append(share)
        token.cancel()

    with pytest.raises(Cancelled):
        family.draw(recipe_of(), Inputs(), seed=1, hooks=Hooks(cancel=token, progress=progress))
    assert len(told) == 1


@pytest.mark.parametrize("seconds", [0.5, 1.0, 4.0, 10.0])
@pytest.mark.parametrize("quality", Quality)
def test_the_plan_keeps_to_what_the_model_draws(seconds, quality):
    request = Request(kind=Kind.TEXT2VIDEO, prompt="rain", engine="ltx", seconds=seconds, quality=quality)
    recipe = plan(request, capabilities=HERE)
    assert (recipe.frames - 1) % 8 == 0
    assert recipe.native_fps == 24
    assert recipe.frames <= SPEC.longest
    assert all(side % 32 == 0 for side in grid(recipe.width, recipe.height))
    assert (recipe.steps, recipe.guidance, recipe.sound) == (8, 1.0, SoundSource.DRAWN)
    assert recipe.length == round(seconds * 24)


def test_sound_that_is_asked_for_brings_this_engine_and_wan_comes_first_without():
    wan = frozenset({"wan-2.1-1.3b", "wan-umt5"})
    both = replace(HERE, weights=HERE.weights | wan)
    request = Request(kind=Kind.TEXT2VIDEO, prompt="rain")
    assert plan(request, capabilities=both).engine == "wan"
    assert plan(replace(request, sound=True), capabilities=both).engine == "ltx"
    assert plan(replace(request, engine="ltx", sound=False), capabilities=both).sound is SoundSource.NONE


def test_less_memory_is_needed_further_down():
    recipe = plan(replace(WORDS_ASKED, size=None, seconds=5), capabilities=HERE)
    needed = costs(recipe, 38 * 10**9, 1_450_000_000, from_picture=True)
    assert len(needed) == len(RUNGS) + 1
    assert needed[1] > costs(recipe, 38 * 10**9, 1_450_000_000, from_picture=False)[1]
    assert sorted(needed, reverse=True) == list(needed)
    assert needed[-1] < 16 * 2**30 < needed[0]


def test_the_licence_names_its_revenue_gate():
    for name in (ENTRY, WORDS):
        entry = CATALOGUE[name]
        assert not entry.licence.free
        assert "10,000,000 US dollars a year" in entry.licence.commercial
        assert isinstance(entry.source, HubSource)
        assert len(entry.source.revision) == 40
    assert FAMILIES["ltx"].weights == (ENTRY, WORDS)


@pytest.mark.parametrize(
    ("size", "drawn_at"), [((64, 32), (64, 64)), ((100, 64), (128, 64)), ((960, 544),) * 2]
)
def test_a_frame_is_drawn_at_a_size_that_the_decoder_takes(size, drawn_at):
    assert grid(*size) == drawn_at


def test_a_narrow_clip_is_cut_out_of_what_is_drawn(family):
    made = drawn(family, recipe_of(height=32))
    assert made.frames.shape[1:3] == (32, 64)


def test_frames_come_in_eights():
    assert [count(frames) for frames in (1, 2, 9, 10, 120, 121)] == [1, 9, 9, 17, 121, 121]
