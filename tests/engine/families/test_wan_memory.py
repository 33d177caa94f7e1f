"""Wan on tiny random weights: what it gives up for memory, and what stays in memory."""

import dataclasses
from contextlib import contextmanager

import numpy as np
import pytest
import torch
import transformers

from engine.core.device import Device, DeviceKind
from engine.core.family import Inputs
from engine.diffusion.ladder import Start, first_rung
from engine.diffusion.loading import load as load_weights
from engine.diffusion.streaming import streamed
from engine.diffusion.wan.ladder import HALF, OFFLOAD, RUNGS, STREAM, TILES, Weights, costs, rungs_of
from engine.diffusion.wan.take import Models
from engine.diffusion.wan.words import Reader, WordMemory
from engine.families import load
from engine.families.wan import VERSIONS
from engine.families.wan.draw import WanFamily
from engine.runtime.context import EngineContext
from tests.engine.families.wan_bench import (
    built,
    counted,
    draw,
    fail_once,
    fast,
    from_picture,
    out_of_memory,
    picture,
    recipe,
)

import diffusers  # isort: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return built(tmp_path_factory.mktemp("wan"))


@pytest.fixture(scope="module")
def family(store):
    """One for all tests that leave it as it was, so that its models are loaded once."""
    return load("wan", EngineContext(store=store))


GIB = 2**30
OFFLOADED = "models took turns on the GPU to save memory (same picture)"


@pytest.mark.parametrize(
    ("stage", "given_up"),
    [
        ("encoding words", []),
        ("denoising", [OFFLOADED]),
        ("decoding", [OFFLOADED]),
    ],
)
def test_out_of_memory_gives_one_thing_up_and_says_so(store, monkeypatch, stage, given_up):
    family = load("wan", EngineContext(store=store))
    whole = draw(load("wan", EngineContext(store=store)), recipe())
    cls, method = {
        "encoding words": (transformers.UMT5EncoderModel, "forward"),
        "denoising": (diffusers.WanTransformer3DModel, "forward"),
        "decoding": (diffusers.AutoencoderKLWan, "_decode"),
    }[stage]
    fail_once(monkeypatch, cls, method)
    told: list[str] = []
    assert np.allclose(whole.astype(int), draw(family, recipe(), gave_up=told.append), atol=1)
    assert told == given_up
    told.clear()
    assert np.array_equal(whole, draw(family, recipe(), gave_up=told.append))
    assert told == []


def test_a_decode_that_runs_out_of_memory_is_all_that_is_done_again(store, family, monkeypatch):
    whole = draw(family, recipe())
    steps = counted(monkeypatch, diffusers.WanTransformer3DModel)
    fail_once(monkeypatch, diffusers.AutoencoderKLWan, "_decode")
    assert np.array_equal(whole, draw(family, recipe()))
    assert len(steps) == 2 * recipe().steps, "the clip was denoised again"


def test_only_what_helps_is_given_up(store, monkeypatch):
    context = EngineContext(store=store, steps_down=9)
    family = load("wan", context)
    told: list[str] = []
    with monkeypatch.context() as full:
        full.setattr(diffusers.AutoencoderKLWan, "_decode", always_full)
        with pytest.raises(torch.OutOfMemoryError):
            draw(family, recipe(), gave_up=told.append)
    assert [rung.about for rung in (OFFLOAD, HALF, TILES)] == told
    told.clear()
    with monkeypatch.context() as full:
        full.setattr(diffusers.WanTransformer3DModel, "forward", always_full)
        with pytest.raises(torch.OutOfMemoryError):
            draw(family, recipe(), gave_up=told.append)
    assert [rung.about for rung in (OFFLOAD, STREAM)] == told
    assert np.array_equal(draw(family, recipe()), draw(load("wan", EngineContext(store=store)), recipe()))


def always_full(*_arguments, **_options):
    raise out_of_memory()


@pytest.mark.parametrize("engine", ["wan", "wan-5b"])
def test_a_decode_in_half_precision_is_near_and_leaves_the_weights_as_they_were(store, monkeypatch, engine):
    family = load(engine, EngineContext(store=store))
    what = recipe(engine=engine)
    whole = draw(family, what).astype(int)
    with monkeypatch.context() as small:
        small.setattr(WanFamily, "_start", lambda *_: Start(rungs=frozenset({"offload", "half"})))
        told: list[str] = []
        rounded = draw(family, what, gave_up=told.append).astype(int)
    far = np.mean((rounded - whole) ** 2)
    assert HALF.about in told
    assert 0 < far < 255**2 / 10**4.6, "46 dB"
    assert np.array_equal(whole, draw(family, what))


@pytest.mark.parametrize("rungs", [("offload",), ("offload", "tiles"), ("offload", "tiles", "stream")])
def test_what_is_given_up_does_not_change_the_clip_on_the_same_device(store, family, monkeypatch, rungs):
    inputs = Inputs(picture=picture())
    what = from_picture()
    whole = draw(family, what, inputs=inputs)
    monkeypatch.setattr(WanFamily, "_start", lambda *_: Start(rungs=frozenset(rungs)))
    assert np.allclose(whole.astype(int), draw(family, what, inputs=inputs), atol=1)


def test_a_longer_clip_goes_on_from_its_last_frame(family, monkeypatch):
    """With a decode that fails in the second piece: the first is not drawn again."""
    what = from_picture(frames=8, length=8, steps=1)
    what = dataclasses.replace(what, settings={"flow_shift": 5.0, "go": 5})
    inputs = Inputs(picture=picture())
    whole = draw(family, what, inputs=inputs)
    assert whole.shape == (8, 32, 32, 3)
    steps = counted(monkeypatch, diffusers.WanTransformer3DModel)
    working, calls = diffusers.AutoencoderKLWan._decode, []

    def fails_second(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            raise out_of_memory()
        return working(*arguments, **options)

    monkeypatch.setattr(diffusers.AutoencoderKLWan, "_decode", fails_second)
    assert np.array_equal(whole, draw(family, what, inputs=inputs))
    assert len(steps) == 2 * 2 * what.steps


def test_where_little_memory_is_free_it_is_drawn_in_shorter_pieces(family, monkeypatch):
    monkeypatch.setattr(
        WanFamily, "_start", lambda *_: Start(rungs=frozenset({"offload", "tiles", "shorter"}))
    )
    steps = counted(monkeypatch, diffusers.WanTransformer3DModel)
    told: list[str] = []
    what = recipe(engine="wan-5b", frames=9, length=9, steps=1, settings={"flow_shift": 5.0, "go": 9})
    clip = draw(family, what, gave_up=told.append)
    assert clip.shape == (9, 32, 32, 3)
    assert len(steps) == 2 * 2, "two pieces, each with and without the words"
    assert told[-1] == "drawn in shorter pieces and joined to save memory"


def loads(monkeypatch):
    """What is read from disk."""
    read: list[str] = []

    def reading(kind, folder, **options):
        read.append(f"{folder.name}/{options.get('subfolder', '')}")
        return load_weights(kind, folder, **options)

    for module in ("precision", "wan.family", "wan.words"):
        monkeypatch.setattr(f"engine.diffusion.{module}.load", reading)
    return read


@pytest.mark.parametrize("rungs", range(len(RUNGS) + 1))
def test_nothing_is_loaded_twice_however_far_down_the_ladder(store, monkeypatch, rungs):
    family = load("wan", EngineContext(store=store))
    read = loads(monkeypatch)
    monkeypatch.setattr(
        WanFamily, "_start", lambda *_: Start(rungs=frozenset(rung.name for rung in RUNGS[:rungs]))
    )
    counts = []
    for seed in range(2):
        before = len(read)
        draw(family, recipe(steps=1, words=f"a fox, {seed}"), seed=seed)
        counts.append(len(read) - before)
    assert counts == [3, 0]


@pytest.mark.parametrize(
    ("engine", "rungs"),
    [("wan", [2, 2, 0, 0, 0, 0]), ("wan-5b", [5, 5, 4, 2, 1, 0])],
)
def test_where_the_ladder_begins_on_each_card(engine, rungs):
    """6, 8, 12, 16, 24 and 80 GB, of which a desktop and CUDA take some; the longest clip, full size."""
    version = VERSIONS[engine]
    weights = Weights(transformer=version.transformer, vae=version.vae)
    width, height = {"wan": (832, 480), "wan-5b": (1280, 704)}[engine]
    longest = recipe(engine=engine, width=width, height=height, frames=version.trained_frames)
    needed = costs(version, longest, weights, go=version.trained_frames, encoded=int(engine == "wan-5b"))
    assert list(needed) == sorted(needed, reverse=True)
    assert len(needed) == len(rungs_of(version)) + 1
    cards = [int((gib - 0.6) * GIB) for gib in (6, 8, 12, 16, 24, 80)]
    assert [first_rung(needed, free) for free in cards] == rungs


def test_one_text_encoder_reads_for_both_versions(store, monkeypatch):
    family = load("wan", EngineContext(store=store))
    read = loads(monkeypatch)
    draw(family, recipe(steps=1))
    draw(family, recipe(engine="wan-5b", steps=1, words="a hen"))
    assert [name for name in read if "text_encoder" in name] == ["wan-umt5/text_encoder"]


def test_words_that_were_read_are_not_read_again(store, monkeypatch):
    family = load("wan", EngineContext(store=store))
    read = counted(monkeypatch, transformers.UMT5EncoderModel)
    draw(family, recipe(steps=1))
    assert len(read) == 2
    draw(family, recipe(steps=1), seed=9)
    assert len(read) == 2, "the same words, and what is steered away from"
    draw(family, recipe(steps=1, words="a hen"))
    assert len(read) == 3


def test_the_least_recently_used_words_are_forgotten():
    memory = WordMemory(most=2)
    rows = {text: torch.full((number + 1, 4), float(number)) for number, text in enumerate("abc")}
    memory.keep({"a": rows["a"]})
    memory.keep({"b": rows["b"]})
    memory.take("a")
    memory.keep({"c": rows["c"]})
    assert memory.missing(["a", "b", "b", "c"]) == ("b",)
    assert len(memory) == 2
    padded = memory.take("c")
    assert padded.shape == (1, 512, 4)
    assert torch.equal(padded[0, :3], rows["c"])
    assert not padded[0, 3:].any()


@pytest.mark.parametrize(
    ("free", "whole"), [(40 * GIB, True), (20 * GIB, False), (1 * GIB, False)], ids=["roomy", "less", "full"]
)
def test_the_text_encoder_comes_block_by_block_where_it_would_crowd_the_rest(
    store, family, monkeypatch, free, whole
):
    models = family._models(recipe())
    reader = Reader(store.path("wan-umt5"), torch.float32)
    monkeypatch.setattr("engine.diffusion.wan.family.free_bytes", lambda: free)
    monkeypatch.setattr("engine.diffusion.wan.family.size_of", lambda _: 11 * GIB)
    monkeypatch.setattr(family, "_on_cuda", True)
    placed: list[str] = []

    @contextmanager
    def streaming(streamed_models, device, *, blocks_of):
        with streamed(streamed_models, device, blocks_of=blocks_of):
            groups = [module for module in reader.encoder.encoder.block if hasattr(module, "_diffusers_hook")]
            placed.append(f"{len(groups)} blocks")
            yield

    monkeypatch.setattr("engine.diffusion.wan.family.streamed", streaming)
    alone = reader.read(["a fox"])["a fox"]
    read = family._read(reader, ("a fox",), models, beside=11 * GIB)["a fox"]
    assert placed == ([] if whole else ["2 blocks"])
    assert torch.allclose(alone, read, atol=1e-6)


def test_the_distilled_model_shares_all_but_its_transformer(store):
    context = EngineContext(store=store)
    family = load("wan", context)
    draw(family, recipe(engine="wan-5b", steps=1))
    draw(family, fast())
    assert {name for name in context.model_cache.names() if "words" not in name} == {
        "wan-umt5",
        "wan-2.2-ti2v-5b vae",
        "wan-2.2-ti2v-5b transformer",
        "fastwan-2.2-ti2v-5b transformer",
    }


@pytest.mark.parametrize(
    ("free", "rungs", "kept"), [(60, 0, True), (14, 0, False), (10, 1, False), (3, 3, False)]
)
def test_other_models_give_way_before_anything_is_given_up(store, monkeypatch, free, rungs, kept):
    context = EngineContext(store=store, device=Device(kind=DeviceKind.CUDA, memory=80 * GIB))
    model_cache = context.model_cache
    model_cache.get("another family's", object, lambda _: 9 * GIB)
    model_cache.get("wan-2.1-1.3b transformer", object, lambda _: 3 * GIB)

    def free_bytes():
        return (free + (0 if "another family's" in model_cache.names() else 4)) * GIB

    monkeypatch.setattr("engine.diffusion.wan.family.free_bytes", free_bytes)
    family = load("wan", context)
    assert isinstance(family, WanFamily)
    models = Models(
        transformer=torch.nn.Linear(1, 1),
        vae=torch.nn.Linear(1, 1),
        names=frozenset({"wan-2.1-1.3b transformer"}),
    )
    monkeypatch.setattr(Models, "weights", lambda _: Weights(transformer=3 * GIB, vae=GIB // 2))
    begin = family._start(recipe(), models, (16 * GIB, 12 * GIB, 9 * GIB, 5 * GIB))
    assert begin.rungs == {rung.name for rung in RUNGS[:rungs]}
    assert ("another family's" in model_cache.names()) is kept
    assert "wan-2.1-1.3b transformer" in model_cache.names()
