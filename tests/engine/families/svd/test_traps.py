"""Faults that the pipeline invites."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from engine.core.cancel import CancelToken
from engine.core.device import Device, DeviceKind
from engine.core.errors import Cancelled, HopelessTake
from engine.diffusion.ladder import Start
from engine.families import load
from engine.families.svd.draw import SvdFamily
from engine.families.svd.ladder import RUNGS, SHORTER, SMALLER_DECODE, STREAMED
from engine.runtime.context import EngineContext
from tests.engine.families.svd.bench import GIB, draw, failing, planned, small


def begin_on(count):
    return Start(rungs=frozenset(rung.name for rung in RUNGS[:count]))


@pytest.mark.parametrize(("memory", "chunk"), [(24, 8), (16, 8), (12, 4), (8, 2)])
def test_trap_4_the_decode_chunk_belongs_to_the_recipe(memory, chunk):
    card = Device(kind=DeviceKind.CUDA, memory=memory * GIB)
    assert planned(device=card).settings["decode_chunk"] == chunk


def test_trap_3_a_stop_takes_hold_at_the_next_step_though_the_pipeline_cannot_be_interrupted(family, parts):
    token, told = CancelToken(), []
    steps: list[None] = []

    def listen(fraction):
        told.append(fraction)
        token.cancel()

    handle = parts["unet"].register_forward_hook(lambda *_: steps.append(None))
    try:
        with pytest.raises(Cancelled):
            draw(family, small(steps=20), progress=listen, cancel=token)
    finally:
        handle.remove()
    assert (len(steps), len(told)) == (2, 1), "one step was done, and the one that was under way"


def test_trap_4_the_decode_chunk_changes_the_picture(family, plain):
    assert not np.array_equal(plain, draw(family, small(settings={"decode_chunk": 4})))


@pytest.mark.parametrize("stage", ["encode", "decode"])
def test_trap_5_the_vae_is_back_in_its_precision_after_any_error(store, monkeypatch, stage):
    """In half precision the pipeline makes it float32 for the encoding, and only then back."""
    family = load("svd", EngineContext(store=store))
    assert isinstance(family, SvdFamily)
    family._dtype = torch.float16
    vae = family._parts(small()).models["vae"]
    assert vae.dtype is torch.float16
    monkeypatch.setattr(vae, stage, failing(getattr(vae, stage), 1, ValueError("broken")))
    with pytest.raises(ValueError, match="broken"):
        draw(family, small(steps=1, frames=2))
    assert vae.dtype is torch.float16
    assert draw(family, small(steps=1, frames=2)).shape == (2, 64, 64, 3)


@pytest.mark.parametrize("count", range(1, len(RUNGS) + 1))
def test_trap_6_every_rung_of_the_ladder_is_one_that_this_model_has(family, parts, plain, monkeypatch, count):
    """Slicing and tiling are not: its VAE has neither."""
    monkeypatch.setattr(family, "_start", lambda *_: begin_on(count))
    said: list[str] = []
    drawn = draw(family, small(settings={"decode_chunk": 4}), gave_up=said.append)
    assert said == [rung.about for rung in RUNGS[:count]]
    monkeypatch.undo()
    for module in (part for model in ("unet", "vae", "image_encoder") for part in parts[model].modules()):
        assert not {"_hf_hook", "_diffusers_hook"} & vars(module).keys(), "a hook of the offloading is left"
        assert getattr(module, "_chunk_size", None) is None
    given_up = RUNGS[:count]
    same = draw(family, small(settings={"decode_chunk": 2 if SMALLER_DECODE in given_up else 4}))
    # The first three are exact but for the order in which smaller matrices are multiplied.
    assert (np.abs(drawn.astype(int) - same).max() <= 1) == (SHORTER not in given_up)
    assert np.array_equal(draw(family), plain), "nothing of it stays for the next job"


def test_streamed_layers_come_one_by_one_while_it_draws(family, parts, monkeypatch):
    """What diffusers calls group offloading is silent where it does nothing: so its hooks are counted."""
    seen = []
    monkeypatch.setattr(family, "_start", lambda *_: begin_on(RUNGS.index(STREAMED) + 1))
    leaf = parts["unet"].conv_in
    handle = leaf.register_forward_hook(lambda *_: seen.append(hooked(parts["unet"])))
    try:
        draw(family, small(steps=1, guidance=1.0))
    finally:
        handle.remove()
    leaves = [part for part in parts["unet"].modules() if part._parameters and not list(part.children())]
    assert seen == [len(leaves)]
    assert hooked(parts["unet"]) == 0


def hooked(model):
    return sum(
        part._diffusers_hook.get_hook("group_offloading") is not None
        for part in model.modules()
        if hasattr(part, "_diffusers_hook")
    )


@pytest.mark.parametrize("stage", ["unet", "latents"])
def test_trap_10_broken_numbers_are_found_before_they_are_black_pixels(family, parts, monkeypatch, stage):
    if stage == "unet":
        forward = parts["unet"].forward
        monkeypatch.setattr(
            parts["unet"], "forward", lambda *args, **kw: (forward(*args, **kw)[0] * torch.nan,)
        )
    else:
        decode = parts["vae"].decode
        broken = torch.tensor(torch.inf)
        monkeypatch.setattr(parts["vae"], "decode", lambda z, **kw: decode(z * broken, **kw))
    with pytest.raises(HopelessTake, match="invalid numbers"):
        draw(family)


def test_trap_11_a_take_in_another_thread_is_the_same_and_shares_no_scheduler(family, plain):
    drawn = {}
    threads = [
        threading.Thread(target=lambda seed=seed: drawn.update({seed: draw(family, seed=seed)}))
        for seed in (1, 2)
    ]
    for thread in threads:
        thread.start()
        thread.join()
    assert np.array_equal(drawn[1], plain)
    assert not np.array_equal(drawn[2], plain)
