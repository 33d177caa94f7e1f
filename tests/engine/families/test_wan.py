"""Wan on tiny random weights, through the renderer and as a backend."""

import dataclasses
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.errors import Cancelled, HopelessTake, RenderFailed
from engine.core.events import Draft, Event, Progress
from engine.core.family import Frames, Hooks, Inputs
from engine.core.recipe import Camera, Kind, Motion, Quality, Recipe
from engine.core.request import Request, Subject
from engine.diffusion.ladder import Start, first_rung
from engine.diffusion.loading import load as load_weights
from engine.diffusion.renoise import RenoisingScheduler
from engine.diffusion.streaming import streamed
from engine.diffusion.wan.decode import decode_causal
from engine.diffusion.wan.ladder import OFFLOAD, RUNGS, STREAM, TILES, Weights, costs, rungs_of
from engine.diffusion.wan.take import Models
from engine.diffusion.wan.words import Reader, WordMemory
from engine.families import CATALOGUE, FAMILIES, load
from engine.families.wan import AUTHORS_NEGATIVE, VERSIONS
from engine.families.wan.draw import WanFamily, _WanTake
from engine.planning.frame_size import choose_size, usual_sizes
from engine.planning.plan import plan
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits
from engine.runtime.capabilities import capabilities_of
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.tiny import wan

import diffusers  # isort: skip

GIB = 2**30
OFFLOADED = "models took turns on the GPU to save memory (same picture)"


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("wan")
    wan.build(folder)
    return Store(folder)


@pytest.fixture(scope="module")
def family(store):
    """One for all tests that leave it as it was, so that its models are loaded once."""
    return load("wan", EngineContext(store=store))


def recipe(**changes):
    given: dict[str, Any] = {
        "kind": Kind.TEXT2VIDEO,
        "engine": "wan",
        "way": "unipc-15",
        "seed": 3,
        "width": 32,
        "height": 32,
        "frames": 5,
        "native_fps": 16,
        "fps": 16,
        "length": 5,
        "words": "a fox, snow",
        "negative": "blurry",
        "steps": 2,
        "guidance": 6.0,
        "settings": {"flow_shift": 8.0},
    }
    return Recipe(**(given | changes))


def fast(**changes):
    given = {
        "engine": "wan-5b",
        "way": "fastwan",
        "steps": 3,
        "guidance": 1.0,
        "negative": "",
        "settings": {},
    }
    return recipe(**(given | changes))


def from_picture(**changes):
    return recipe(engine="wan-5b", kind=Kind.ANIMATE, settings={"flow_shift": 5.0}, **changes)


def picture(width=70, height=40):
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([columns * 3 % 256, rows * 6 % 256, (rows + columns) * 2 % 256], axis=2).astype(np.uint8)


def draw(family, what, *, inputs=None, seed=3, **hooks):
    return family.draw(what, inputs or Inputs(), seed=seed, hooks=Hooks(**hooks))


@pytest.mark.parametrize(
    ("what", "inputs"),
    [
        (recipe(), Inputs()),
        (fast(), Inputs()),
        (recipe(engine="wan-5b"), Inputs()),
        (from_picture(), Inputs(picture=picture())),
    ],
    ids=["words", "fast", "5b words", "5b picture"],
)
def test_the_same_seed_gives_the_same_bytes_whatever_was_drawn_between(family, what, inputs):
    first = draw(family, what, inputs=inputs)
    assert first.shape == (5, 32, 32, 3)
    assert first.dtype == np.uint8
    draw(family, recipe(), seed=8)
    torch.rand(3)
    assert np.array_equal(first, draw(family, what, inputs=inputs))
    assert not np.array_equal(first, draw(family, what, inputs=inputs, seed=4))


@pytest.fixture
def worked(family, monkeypatch):
    """How often the transformer and its first block worked."""
    transformer = family._models(recipe()).transformer
    counts = {"passes": 0, "blocks": 0}
    for name, module in (("passes", transformer.patch_embedding), ("blocks", transformer.blocks[0].attn1)):
        forward = module.forward

        def count(*args, to=forward, which=name, **more):
            counts[which] += 1
            return to(*args, **more)

        monkeypatch.setattr(module, "forward", count)
    return counts


@pytest.mark.parametrize(
    ("settings", "passes", "blocks"),
    [
        ({}, 16, 16),
        ({"guided": 0.5}, 12, 12),
        # Of eight steps the blocks work on the first three, then on the fifth and the seventh.
        ({"cached_every": 2}, 16, 10),
        ({"guided": 0.5, "cached_every": 2}, 12, 8),
    ],
    ids=["as ever", "guided", "cached", "both"],
)
def test_the_recipe_says_which_steps_are_guided_and_on_which_the_blocks_work(
    family, worked, settings, passes, blocks
):
    drawn = draw(family, recipe(steps=8, settings={"flow_shift": 8.0, **settings}))
    assert drawn.shape == (5, 32, 32, 3)
    assert worked == {"passes": passes, "blocks": blocks}


def test_blocks_that_were_left_out_work_again_in_the_next_clip(family, worked):
    whole = draw(family, recipe(steps=4))
    lighter = draw(family, recipe(steps=8, settings={"flow_shift": 8.0, "guided": 0.5, "cached_every": 2}))
    assert np.array_equal(whole, draw(family, recipe(steps=4)))
    assert not np.array_equal(whole, lighter)


def test_blocks_that_are_streamed_are_never_left_out(family, worked, monkeypatch):
    monkeypatch.setattr(family, "_start", lambda *_: Start(rungs=frozenset({STREAM.name})))
    draw(family, recipe(steps=6, settings={"flow_shift": 8.0, "cached_every": 2}))
    assert worked == {"passes": 12, "blocks": 12}


@pytest.mark.parametrize(("quality", "lighter"), [(Quality.BALANCED, True), (Quality.BEST, False)])
def test_the_best_quality_is_drawn_as_its_authors_do(quality, lighter):
    here = Capabilities(weights=frozenset({"wan-2.1-1.3b", "wan-umt5"}), slow=True)
    made = plan(
        Request(kind=Kind.TEXT2VIDEO, prompt="a fox", engine="wan", quality=quality), capabilities=here
    )
    assert ({"guided", "cached_every"} <= set(made.settings)) == lighter


def test_our_decode_is_the_pipelines_own(family, store):
    ours = draw(family, recipe())
    pipe = wan.pipeline(store.folder)
    pipe.scheduler = diffusers.UniPCMultistepScheduler.from_config(pipe.scheduler.config, flow_shift=8.0)
    pipe.set_progress_bar_config(disable=True)
    theirs = pipe(
        prompt="a fox, snow",
        negative_prompt="blurry",
        width=32,
        height=32,
        num_frames=5,
        num_inference_steps=2,
        guidance_scale=6.0,
        generator=torch.Generator("cpu").manual_seed(3),
    ).frames[0]
    assert np.abs(ours - theirs * 255.0).max() <= 0.51


def test_words_matter_and_so_does_what_is_steered_away_from(family):
    clip = draw(family, recipe())
    assert not np.array_equal(clip, draw(family, recipe(words="a hen")))
    assert not np.array_equal(clip, draw(family, recipe(negative="a hen")))


def test_the_distilled_model_does_not_look_at_negative_words(family):
    assert np.array_equal(draw(family, fast()), draw(family, fast(words="a fox, snow")))


def test_the_picture_decides_the_clip(family):
    clip = draw(family, from_picture(), inputs=Inputs(picture=picture()))
    mirrored = Inputs(picture=np.ascontiguousarray(picture()[:, ::-1]))
    assert not np.array_equal(clip, draw(family, from_picture(), inputs=mirrored))


@pytest.mark.parametrize(("width", "height", "frames"), [(50, 34, 6), (32, 48, 9), (32, 32, 2)])
def test_any_size_and_count_that_is_asked_for_is_drawn(family, width, height, frames):
    clip = draw(family, recipe(width=width, height=height, frames=frames))
    assert clip.shape == (frames, height, width, 3)


class StopsAt:
    """Asks for a stop when progress reaches a share, and remembers what was told."""

    def __init__(self, share):
        self.token = CancelToken()
        self.told = []
        self._share = share

    def __call__(self, share):
        self.told.append(share)
        if share >= self._share:
            self.token.cancel()


@pytest.mark.parametrize("share", [0.0, 0.42, 0.85, 0.9])
def test_a_stop_takes_hold_within_a_step_or_a_latent_frame_and_leaves_no_trace(family, share):
    before = draw(family, recipe())
    stop = StopsAt(share)
    if share == 0:
        stop.token.cancel()
    with pytest.raises(Cancelled):
        draw(family, recipe(), cancel=stop.token, progress=stop)
    assert sum(told >= share for told in stop.told) <= 1
    assert np.array_equal(before, draw(family, recipe()))


def test_progress_rises_to_the_end(family):
    told: list[float] = []
    draw(family, recipe(frames=9), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) >= 2 + 3 + 1


@pytest.mark.parametrize(
    "what", [recipe(steps=3), fast(), recipe(engine="wan-5b", steps=3)], ids=["unipc", "fast", "5b"]
)
def test_one_draft_is_shown_at_the_clips_own_pace(family, what):
    drafts: list[Frames] = []
    clip = draw(family, what, draft=drafts.append)
    assert len(drafts) == 1
    assert drafts[0].shape == (len(clip), 128, 128, 3)


def out_of_memory():
    return torch.OutOfMemoryError("CUDA out of memory (simulated)")


def fail_once(monkeypatch, cls, method):
    """Let a method of a model fail the first time, and count its calls."""
    working = getattr(cls, method)
    calls: list[int] = []

    def failing(*arguments, **options):
        calls.append(1)
        if len(calls) == 1:
            raise out_of_memory()
        return working(*arguments, **options)

    monkeypatch.setattr(cls, method, failing)
    return calls


def counted(monkeypatch, cls, method="forward"):
    """Count the calls of a method of a model."""
    working, calls = getattr(cls, method), []

    def counting(*arguments, **options):
        calls.append(1)
        return working(*arguments, **options)

    monkeypatch.setattr(cls, method, counting)
    return calls


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
    assert [rung.about for rung in (OFFLOAD, TILES)] == told
    told.clear()
    with monkeypatch.context() as full:
        full.setattr(diffusers.WanTransformer3DModel, "forward", always_full)
        with pytest.raises(torch.OutOfMemoryError):
            draw(family, recipe(), gave_up=told.append)
    assert [rung.about for rung in (OFFLOAD, STREAM)] == told
    assert np.array_equal(draw(family, recipe()), draw(load("wan", EngineContext(store=store)), recipe()))


def always_full(*_arguments, **_options):
    raise out_of_memory()


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


# --- what stays in memory


def loads(monkeypatch):
    """What is read from disk."""
    read: list[str] = []

    def reading(kind, folder, **options):
        read.append(f"{folder.name}/{options.get('subfolder', '')}")
        return load_weights(kind, folder, **options)

    monkeypatch.setattr("engine.diffusion.wan.family.load", reading)
    monkeypatch.setattr("engine.diffusion.wan.words.load", reading)
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
    [("wan", [2, 2, 0, 0, 0, 0]), ("wan-5b", [4, 4, 3, 2, 1, 0])],
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


def test_the_distilled_model_is_told_the_times_it_was_distilled_at(family, monkeypatch):
    told: list[float] = []
    working = diffusers.WanTransformer3DModel.forward

    def listening(*arguments, **options):
        told.append(float(options["timestep"].max()))
        return working(*arguments, **options)

    monkeypatch.setattr(diffusers.WanTransformer3DModel, "forward", listening)
    draw(family, fast())
    assert told == [1000, 757, 522]
    take = _WanTake(
        VERSIONS["wan-5b"], fast(), family._models(fast()), (torch.zeros(1), None), Device(), Hooks()
    )
    scheduler = take.scheduler(torch.Generator())
    assert scheduler.sigmas.tolist() == pytest.approx([1.0, 0.7567567, 0.5217391, 0.0])


def test_a_decode_in_tiles_can_be_stopped_at_any_of_them(store):
    vae = diffusers.AutoencoderKLWan.from_pretrained(store.path("wan-2.1-1.3b") / "vae", dtype=torch.float32)
    vae.tile_sample_min_height = vae.tile_sample_min_width = 32
    vae.tile_sample_stride_height = vae.tile_sample_stride_width = 16
    latents = torch.randn((1, 16, 2, 6, 8), generator=torch.Generator().manual_seed(1))
    told: list[float] = []
    given: dict[str, Any] = {"tiles": True, "begin": 0.5, "end": 1.0}
    clip = decode_causal(vae, latents, hooks=Hooks(progress=told.append), **given)
    assert clip.shape == (5, 48, 64, 3)
    assert len(told) == 2 * 3 * 4 + 1
    assert told == sorted(told)
    stop = StopsAt(0.6)
    with pytest.raises(Cancelled):
        decode_causal(vae, latents, hooks=Hooks(cancel=stop.token, progress=stop), **given)
    assert len(stop.told) < len(told) / 2
    assert np.array_equal(clip, decode_causal(vae, latents, hooks=Hooks(), **given))


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


def test_broken_numbers_end_the_take(store, monkeypatch):
    family = load("wan", EngineContext(store=store))
    working = diffusers.WanTransformer3DModel.forward
    monkeypatch.setattr(
        diffusers.WanTransformer3DModel,
        "forward",
        lambda *arguments, **options: (working(*arguments, **options)[0] * float("nan"),),
    )
    with pytest.raises(HopelessTake, match="invalid numbers"):
        draw(family, recipe())


def test_weights_that_are_not_there_are_spoken_of(tmp_path):
    with pytest.raises(RenderFailed, match=r"wan-2\.1-1\.3b") as caught:
        draw(load("wan", EngineContext(store=Store(tmp_path))), recipe())
    assert caught.value.code == "E_WEIGHTS"


def test_new_noise_is_added_at_the_levels_of_the_distillation():
    scheduler = RenoisingScheduler((1.0, 0.5), torch.Generator().manual_seed(1))
    scheduler.set_timesteps(2, device="cpu")
    assert scheduler.timesteps.tolist() == [1000.0, 500.0]
    noisy, velocity = torch.full((1, 4), 3.0), torch.full((1, 4), 2.0)
    noise = torch.randn((1, 4), generator=torch.Generator().manual_seed(1))
    (halfway,) = scheduler.step(velocity, scheduler.timesteps[0], noisy)
    assert torch.allclose(halfway, 0.5 * torch.ones(1, 4) + 0.5 * noise)
    (clean,) = scheduler.step(velocity, scheduler.timesteps[1], halfway)
    assert torch.allclose(clean, halfway - 1.0)
    with pytest.raises(ValueError, match="3 steps"):
        scheduler.set_timesteps(3)


def capabilities(store, *without):
    found = capabilities_of(store, CATALOGUE, Device(), slow=True)
    installed = {path.name for path in store.folder.iterdir()} - set(without)
    return type(found)(device=found.device, weights=frozenset(installed), slow=True)


@pytest.mark.parametrize(
    ("frames", "drawn"), [(2, 5), (5, 5), (6, 9), (49, 49), (80, 81), (81, 81), (82, 85)]
)
def test_a_clip_has_one_frame_and_whole_groups_of_four(frames, drawn):
    assert FAMILIES["wan"].count(frames) == drawn


def words(**changes):
    return Request(**{"kind": Kind.TEXT2VIDEO, "prompt": "a fox", "engine": "wan", **changes})


@pytest.mark.parametrize(
    ("engine", "seconds", "frames", "fps"),
    [("wan", 4, 65, 16), ("wan", 5, 81, 16), ("wan-5b", 4, 97, 24), ("wan-5b", 8, 193, 24)],
)
def test_a_clip_moves_at_the_models_natural_pace(store, engine, seconds, frames, fps):
    made = plan(words(engine=engine, seconds=seconds), capabilities=capabilities(store))
    assert (made.frames, made.native_fps, made.length) == (frames, fps, 24 * seconds)
    assert any("drawn in pieces" in reason for reason in made.reasons) is (frames > 121)


def test_a_clip_longer_than_the_model_knows_is_another_engines_or_shorter(store):
    here = capabilities(store)
    made = plan(words(seconds=8), capabilities=here)
    assert (made.engine, made.frames, made.length) == ("wan", 81, 120)
    assert "5 s, the longest that wan can draw" in made.reasons
    alone = capabilities(store, "wan-2.2-ti2v-5b")
    assert plan(words(seconds=8, engine="auto"), capabilities=alone).engine == "wan"
    assert plan(words(seconds=8, engine="auto", quality=Quality.FAST), capabilities=here).engine == "wan-5b"


@pytest.mark.parametrize(
    ("engine", "size", "frame"),
    [
        ("wan", (1600, 900), (832, 480)),
        ("wan", (900, 1600), (480, 832)),
        ("wan-5b", (1600, 900), (1280, 704)),
        ("wan-5b", (900, 1600), (704, 1280)),
    ],
)
@pytest.mark.parametrize("quality", list(Quality))
def test_frames_have_the_sizes_that_the_model_was_trained_on(store, engine, size, frame, quality):
    subject = Subject(sha256="0" * 64, width=size[0], height=size[1])
    spec = FAMILIES[engine]
    width, height, _ = choose_size(words(engine=engine, quality=quality), subject, spec, 1920)
    assert (width, height) == frame
    assert frame in usual_sizes(spec)


def test_the_distilled_way_is_for_words_only(store):
    made = plan(words(engine="wan-5b", quality=Quality.FAST), capabilities=capabilities(store))
    assert (made.way, made.steps, made.guidance, made.negative) == ("fastwan", 3, 1.0, "")
    assert made.words.startswith("a fox, ")
    subject = Subject(sha256="0" * 64, width=1600, height=900)
    asked = words(engine="wan-5b", kind=Kind.ANIMATE, quality=Quality.FAST)
    assert plan(asked, subject, capabilities=capabilities(store)).way == "unipc-20"


def test_without_the_distilled_weights_more_steps_are_taken(store):
    here = capabilities(store, "fastwan-2.2-ti2v-5b")
    made = plan(words(engine="wan-5b", quality=Quality.FAST), capabilities=here)
    assert (made.way, made.settings) == (
        "unipc-20",
        {"go": 121, "flow_shift": 5.0, "guided": 0.5, "cached_every": 2},
    )


def test_it_is_steered_away_from_what_its_authors_steer_it_away_from(store):
    here = capabilities(store)
    made = plan(words(), capabilities=here)
    assert made.negative.startswith(AUTHORS_NEGATIVE)
    assert made.negative.endswith("static")
    assert plan(words(raw=True), capabilities=here).negative == AUTHORS_NEGATIVE
    assert plan(words(negative="rain"), capabilities=here).negative == "rain"


def test_camera_and_motion_are_said_in_words_unless_the_words_are_raw(store):
    request = Request(
        kind=Kind.TEXT2VIDEO, prompt="a fox", camera=Camera.ORBIT, motion=Motion.WILD, engine="wan"
    )
    assert plan(request, capabilities=capabilities(store)).words.endswith(
        "the camera orbits around, fast and lively motion"
    )
    raw = Request(kind=Kind.TEXT2VIDEO, prompt="a fox", camera=Camera.ORBIT, raw=True, engine="wan")
    assert plan(raw, capabilities=capabilities(store)).words == "a fox"


def test_a_picture_becomes_the_first_frame_where_the_larger_version_is_here(store):
    subject = Subject(sha256="0" * 64, width=1280, height=720, faces=1)
    request = Request(kind=Kind.ANIMATE, prompt="", engine="wan-5b")
    made = plan(request, subject, capabilities=capabilities(store))
    assert made.width % 32 == made.height % 32 == 0
    assert "skin" in made.words
    without = capabilities(store, "wan-2.2-ti2v-5b")
    assert FAMILIES["wan-5b"].lacks(without) is not None


@pytest.mark.parametrize("with_picture", [False, True], ids=["words", "picture"])
def test_a_clip_goes_the_whole_way(store, tmp_path, with_picture):
    inputs = {}
    if with_picture:
        import cv2

        inputs["picture"] = Path(tmp_path / "picture.png")
        cv2.imwrite(str(inputs["picture"]), picture())
    work = tmp_path / "work"
    work.mkdir()
    events: list[Event] = []
    receipt = Renderer(EngineContext(store=store)).render(
        from_picture(steps=3) if with_picture else recipe(steps=3),
        inputs,
        work=work,
        limits=RenderLimits(max_takes=1),
        on_event=events.append,
        cancel=CancelToken(),
    )
    assert (receipt.frames, receipt.width, receipt.height) == (5, 32, 32)
    assert read_clip(work / CLIP_NAME).frames.shape == (5, 32, 32, 3)
    assert any(isinstance(event, Progress) for event in events)
    assert any(isinstance(event, Draft) for event in events)
