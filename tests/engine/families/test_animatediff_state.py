"""AnimateDiff on tiny weights: nothing of a job is left for the next one, however it ends."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled
from engine.core.family import Inputs
from engine.core.recipe import Style
from engine.diffusion.ladder import Start
from engine.families import load
from engine.families.animatediff.draw import _Take
from engine.families.animatediff.ladder import (
    CHUNKED,
    FEW,
    OFFLOAD,
    RUNGS,
    STREAMED,
    TILED,
    chunk_forward,
    costs,
)
from engine.runtime.context import EngineContext
from tests.engine.families.animatediff_bench import (
    CLIP,
    EVERYTHING,
    PICTURE,
    RESTYLE,
    V2,
    V3,
    differ,
    draw,
    furnished,
    small,
)

from diffusers import AnimateDiffPipeline  # isort: skip

OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory (simulated)")


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    return furnished(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def store(context):
    return context.store


@pytest.fixture(scope="module")
def family(context):
    return load("animatediff", context)


@pytest.fixture(scope="module")
def plain(family):
    """What an undisturbed take of ``small()`` looks like."""
    return draw(family)


def held(context, motion=V3):
    """The parts on the rack; they are there since the last take."""
    return context.model_cache.get(
        f"animatediff/epicrealism/{motion}", lambda: pytest.fail("loaded again"), len
    )


def failing(function, error, times=1):
    """Fails some times, then does what it should."""
    calls: list[None] = []

    def call(*args, **kwargs):
        calls.append(None)
        if len(calls) <= times:
            raise error
        return function(*args, **kwargs)

    return call


@pytest.mark.parametrize("stop_at", [0.0, 0.3, 0.9], ids=["at once", "in a step", "in decoding"])
@pytest.mark.parametrize(
    ("inputs", "changes"),
    [
        (Inputs(like=PICTURE), {"words": "0: a bud | 3: a flower"}),
        (Inputs(picture=PICTURE), {}),
        (Inputs(reference=CLIP), RESTYLE),
    ],
    ids=["words", "first frame", "restyle"],
)
def test_a_cancelled_job_leaves_the_next_ones_bytes_as_they_were(family, plain, inputs, changes, stop_at):
    """SparseCtrl's pipeline ignores the library's own way of interrupting it."""
    token, told = CancelToken(), []

    def listen(fraction):
        told.append(fraction)
        if fraction >= stop_at:
            token.cancel()

    with pytest.raises(Cancelled):
        draw(
            family,
            small(**changes, styles=(Style(name="ink"),)),
            inputs=inputs,
            progress=listen,
            cancel=token,
        )
    assert sum(fraction >= stop_at for fraction in told) == 1, "it went on for more than a step"
    assert not differ(draw(family), plain)


@pytest.mark.parametrize(
    ("changes", "files", "parts"),
    [
        ({"model": "toon-in-one"}, "checkpoints/toon-in-one.safetensors", "model.diffusion_model.out.2."),
        ({"model": "toon"}, "checkpoints/toon/unet/*.safetensors", "conv_out."),
        ({}, f"{V3}/*.safetensors", ""),
    ],
    ids=["a single file", "a folder", "a motion adapter"],
)
def test_weights_that_were_replaced_draw_the_next_clip(tmp_path, changes, files, parts):
    context = furnished(tmp_path / "models")
    family = load("animatediff", context)
    before = draw(family, small(**changes))
    (path,) = context.store.folder.glob(files)
    weights = load_file(path)
    save_file({name: value * (2 if parts in name else 1) for name, value in weights.items()}, path)
    after = draw(family, small(**changes))
    assert differ(before, after)
    anew = load("animatediff", EngineContext(store=context.store))
    assert not differ(after, draw(anew, small(**changes)))
    assert len([name for name in context.model_cache.names() if name.startswith("animatediff/")]) == 1


def test_a_job_cancelled_before_it_began_loads_nothing(store):
    context, token = EngineContext(store=store), CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        draw(load("animatediff", context), cancel=token)
    assert context.model_cache.names() == ()


# --- what is left behind


@pytest.mark.parametrize("motion", [V2, V3])
def test_a_job_with_everything_leaves_no_trace_in_the_next(family, context, store, motion):
    """LoRAs, IP-Adapter, FreeNoise and FreeInit all change models that the next job shares."""
    recipe = small(settings={"motion": motion})
    fresh = draw(load("animatediff", EngineContext(store=store)), recipe)
    full = (
        EVERYTHING if motion == V2 else dataclasses.replace(EVERYTHING, settings={"motion": V3, "rounds": 2})
    )
    drawn = draw(family, full, inputs=Inputs(like=PICTURE))
    assert differ(drawn, fresh)
    assert not differ(draw(family, recipe), fresh)
    assert {type(block).__name__ for block in blocks(held(context, motion).unet)} == {"BasicTransformerBlock"}


def blocks(unet):
    return [
        module
        for name, module in unet.named_modules()
        if "motion_modules" in name and name.split(".")[-2] == "transformer_blocks"
    ]


def test_a_long_clip_that_begins_with_a_picture_leaves_no_trace_either(family):
    before = draw(family, inputs=Inputs(picture=PICTURE))
    draw(family, small(frames=26), inputs=Inputs(picture=PICTURE))
    assert not differ(draw(family, inputs=Inputs(picture=PICTURE)), before)


@pytest.mark.parametrize(
    "inputs", [Inputs(like=PICTURE), Inputs(picture=PICTURE)], ids=["like", "first frame"]
)
def test_an_error_in_the_middle_leaves_no_trace(family, context, monkeypatch, inputs):
    recipe = small(settings={"motion": V2})
    before = draw(family, recipe)
    with monkeypatch.context() as broken:
        broken.setattr(held(context, V2).unet, "forward", failing(None, ZeroDivisionError))
        with pytest.raises(ZeroDivisionError):
            draw(family, EVERYTHING, inputs=inputs)
    assert not differ(draw(family, recipe), before)


def test_another_familys_clip_does_not_cost_a_load(family, context):
    """What makes room on the card is kept in main memory."""
    draw(family)
    unet = held(context).unet
    context.model_cache.clear_gpu(keep=frozenset())
    assert held(context).unet is unet


def test_pipelines_share_the_models_but_not_the_scheduler(context, family, plain):
    parts = held(context, V3)
    one, other = parts.pipeline(AnimateDiffPipeline, "full"), parts.pipeline(AnimateDiffPipeline, "full")
    assert one.scheduler is not other.scheduler
    assert one.unet is other.unet is parts.unet
    assert one.vae is other.vae
    assert parts.size < 1.3 * sum(tensor.nbytes for tensor in parts.unet.parameters()) + sum(
        tensor.nbytes
        for model in (one.vae, one.text_encoder)
        for tensor in (*model.parameters(), *model.buffers())
    ), "the motion adapter's weights are held twice"


# --- memory


def whoever_does(stage, context):
    """The model and the method that a stage of a take calls."""
    if stage == "look":
        return context.model_cache.get("sd15-ip-adapter encoder", pytest.fail, len), "forward"
    parts = held(context)
    if stage == "text":
        return parts.pipeline(AnimateDiffPipeline, "full").text_encoder, "forward"
    return (parts.unet, "forward") if stage == "step" else (parts.vae, stage)


@pytest.mark.parametrize(
    ("stage", "inputs", "changes"),
    [
        ("text", Inputs(), {}),
        ("step", Inputs(), {}),
        ("decode", Inputs(), {}),
        ("step", Inputs(picture=PICTURE), {}),
        ("encode", Inputs(picture=PICTURE), {}),
        ("encode", Inputs(reference=CLIP), RESTYLE),
        ("look", Inputs(like=PICTURE), {}),
    ],
)
def test_out_of_memory_at_any_stage_goes_one_rung_down_and_says_so(
    family, context, plain, monkeypatch, stage, inputs, changes
):
    recipe = small(**changes)
    alone = draw(family, recipe, inputs=inputs)
    model, method = whoever_does(stage, context)
    said: list[str] = []
    with monkeypatch.context() as full:
        full.setattr(model, method, failing(getattr(model, method), OUT_OF_MEMORY))
        drawn = draw(family, recipe, inputs=inputs, gave_up=said.append)
    assert said == [(FEW if stage == "decode" else OFFLOAD).about]
    assert abs(drawn.astype(int) - alone).max() <= 1, "it is said to be the same picture"
    assert not differ(draw(family), plain)


def test_the_ladder_is_gone_down_to_its_end_and_every_rung_works(store, plain, monkeypatch):
    """Of each phase only what helps it, and what was denoised is not denoised again."""
    context = EngineContext(store=store, steps_down=len(RUNGS))
    family = load("animatediff", context)
    draw(family)
    unet, vae = held(context).unet, held(context).vae
    said: list[str] = []
    denoising, decoding = (OFFLOAD, CHUNKED, STREAMED), (FEW, TILED)
    with monkeypatch.context() as full:
        full.setattr(unet, "forward", failing(unet.forward, OUT_OF_MEMORY, times=len(denoising)))
        full.setattr(vae, "decode", failing(vae.decode, OUT_OF_MEMORY, times=len(decoding)))
        steps: list[None] = []
        handle = unet.register_forward_hook(lambda *_: steps.append(None))
        drawn = draw(family, gave_up=said.append)
        handle.remove()
    assert said == [rung.about for rung in (*denoising, *decoding)]
    assert len(steps) == small().steps
    assert drawn.shape == plain.shape
    assert not differ(draw(family), plain), "a rung stayed in force"
    assert not [name for name, part in unet.named_modules() if "_diffusers_hook" in vars(part)]


def test_smaller_parts_are_cut_along_frames_where_pixels_would_be_too_many(family, context, plain):
    """The model's own switch cuts its motion modules into as many parts as there are pixels."""
    unet = held(context).unet
    calls: list[int] = []
    handles = [
        module.register_forward_hook(lambda *_: calls.append(1))
        for name, module in unet.named_modules()
        if name.endswith(".ff")
    ]

    def counted():
        calls.clear()
        latents = torch.zeros((2, 4, 6, 4, 4))
        unet(latents, 1, encoder_hidden_states=torch.zeros((12, 77, 32)), return_dict=False)
        return len(calls)

    try:
        with torch.no_grad():
            whole = counted()
            chunk_forward(unet, 1)
            ours = counted()
            unet.enable_forward_chunking()
            theirs = counted()
    finally:
        chunk_forward(unet, None)
        for handle in handles:
            handle.remove()
    assert whole < ours <= 12 * whole
    assert theirs > 1.5 * ours, "with 4×4 latents; the more pixels, the worse"
    assert not differ(draw(family), plain)


@pytest.mark.parametrize(
    ("inputs", "changes"),
    [(Inputs(like=PICTURE), {"words": "0: a bud | 3: a flower"}), (Inputs(picture=PICTURE), {})],
    ids=["windows and look", "first frame"],
)
def test_streamed_layers_draw_the_same_clip_with_all_that_a_job_can_ask_for(
    family, context, monkeypatch, inputs, changes
):
    recipe = small(**changes, styles=(Style(name="ink"),))
    alone = draw(family, recipe, inputs=inputs)
    with monkeypatch.context() as full:
        names = frozenset(rung.name for rung in RUNGS[: RUNGS.index(STREAMED) + 1])
        full.setattr(_Take, "start", lambda _: Start(rungs=names))
        drawn = draw(family, recipe, inputs=inputs)
    assert abs(drawn.astype(int) - alone).max() <= 1, "it is said to be the same picture"
    assert not differ(draw(family, recipe, inputs=inputs), alone)


def test_out_of_memory_on_the_last_rung_is_an_error_and_the_next_job_is_whole(
    family, context, plain, monkeypatch
):
    draw(family)
    unet = held(context).unet
    said: list[str] = []
    with monkeypatch.context() as full:
        full.setattr(unet, "forward", failing(unet.forward, OUT_OF_MEMORY, times=99))
        with pytest.raises(torch.OutOfMemoryError):
            draw(family, small(styles=(Style(name="ink"),)), gave_up=said.append)
    assert said == [rung.about for rung in (OFFLOAD, CHUNKED, STREAMED)]
    assert not differ(draw(family), plain)


def test_each_rung_needs_less_memory_than_the_one_before():
    sizes = {"all_models": 3 * 2**30, "largest": 2 * 2**30}
    recipe = small(width=512, height=512, frames=32)
    needed = costs(recipe, **sizes)
    assert len(needed) == len(RUNGS) + 1
    assert list(needed) == sorted(needed, reverse=True)
    without = costs(
        small(width=512, height=512, frames=16, guidance=1.0), all_models=3 * 2**30, largest=2**31
    )
    assert without[0] < needed[0]
