"""The memory ladder, and what the ways share."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.core.errors import RenderFailed
from engine.core.family import Frames
from engine.core.recipe import Quality
from engine.families import load
from engine.families.svd.draw import SvdFamily
from engine.families.svd.ladder import RUNGS, Weights, costs
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.families.svd.bench import GIB, SMALL, draw, failing, planned, small

STAGES = {
    "encode": ("vae", "encode", 0),
    "look": ("image_encoder", "forward", 0),
    "step": ("unet", "forward", 1),
    "decode": ("vae", "decode", 1),
}


@pytest.mark.parametrize(
    ("stage", "times"), [("encode", 1), ("look", 1), ("step", 1), ("decode", 1), ("step", 3)]
)
def test_out_of_memory_at_any_stage_goes_down_the_ladder_and_says_so(
    family, parts, plain, monkeypatch, stage, times
):
    model, method, after = STAGES[stage]
    monkeypatch.setattr(parts[model], method, failing(getattr(parts[model], method), times, after=after))
    said: list[str] = []
    drawn = draw(family, gave_up=said.append)
    assert said == [rung.about for rung in RUNGS[:times]]
    assert drawn.shape == plain.shape
    monkeypatch.undo()
    assert np.array_equal(draw(family), plain), "the next job has all that this one gave up"


def test_a_decode_that_runs_out_of_memory_is_all_that_is_done_again(family, parts, monkeypatch):
    """In the second go: the first is not drawn again either."""
    recipe = small(frames=5, steps=1, settings={"go": 3})
    whole = draw(family, recipe)
    steps: list[None] = []
    monkeypatch.setattr(parts["vae"], "decode", failing(parts["vae"].decode, 1, after=2))
    handle = parts["unet"].register_forward_hook(lambda *_: steps.append(None))
    said: list[str] = []
    try:
        drawn = draw(family, recipe, gave_up=said.append)
    finally:
        handle.remove()
    assert said == [RUNGS[0].about]
    assert len(steps) == 2, "a step of each go"
    assert np.array_equal(drawn, whole)


def test_a_take_that_is_begun_again_shows_its_draft_once(family, parts, monkeypatch):
    monkeypatch.setattr(parts["vae"], "decode", failing(parts["vae"].decode, 1))
    shown: list[Frames] = []
    draw(family, small(steps=3), draft=shown.append)
    assert len(shown) == 1


def test_a_clip_that_does_not_fit_on_any_rung_is_an_error_of_memory(store):
    family = load("svd", EngineContext(store=store, steps_down=1))
    assert isinstance(family, SvdFamily)
    unet = family._parts(small()).models["unet"]
    unet.forward = failing(unet.forward, 99)
    said: list[str] = []
    with pytest.raises(torch.OutOfMemoryError):
        draw(family, gave_up=said.append)
    assert said == [RUNGS[0].about]


def test_each_rung_needs_no_more_memory_than_the_one_above():
    weights = Weights(vae=GIB // 5, image_encoder=5 * GIB // 4, unet=3 * GIB)
    for quality in Quality:
        needed = costs(planned(quality=quality), weights)
        assert len(needed) == len(RUNGS) + 1
        assert list(needed) == sorted(needed, reverse=True)
        assert needed[0] > needed[1]


def test_the_ways_share_what_they_have_in_common(store):
    context = EngineContext(store=store)
    family = load("svd", context)
    assert isinstance(family, SvdFamily)
    light = family._parts(small()).models
    turbo = family._parts(planned(**SMALL)).models
    assert light["vae"] is turbo["vae"]
    assert light["unet"] is not turbo["unet"]
    assert len(context.model_cache.names()) == 3


def test_distilled_weights_that_do_not_fit_are_refused_in_words(store, tmp_path):
    for name in ("svd-xt", "animatelcm-svd"):
        (tmp_path / name).symlink_to(store.path(name))
    (tmp_path / "animatelcm-svd").unlink()
    (tmp_path / "animatelcm-svd").mkdir()
    vae = store.path("svd-xt") / "vae" / "diffusion_pytorch_model.fp16.safetensors"
    (tmp_path / "animatelcm-svd" / "AnimateLCM-SVD-xt-1.1.safetensors").symlink_to(vae)
    with pytest.raises(RenderFailed, match="do not fit"):
        draw(load("svd", EngineContext(store=Store(tmp_path))), planned(**SMALL))
