"""Wan on tiny random weights, through the renderer and as a family."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.device import Device
from engine.core.errors import Cancelled, HopelessTake, RenderFailed, Unsupported
from engine.core.events import Draft, Event, Progress
from engine.core.family import Frames, Hooks, Inputs
from engine.diffusion.ladder import Start
from engine.diffusion.renoise import RenoisingScheduler
from engine.diffusion.wan.decode import decode_causal
from engine.diffusion.wan.ladder import STREAM
from engine.families import load
from engine.families.wan import VERSIONS
from engine.families.wan.draw import _WanTake
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.families.wan_bench import StopsAt, built, draw, fast, from_picture, picture, recipe
from tests.engine.tiny import wan

import diffusers  # isort: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return built(tmp_path_factory.mktemp("wan"))


@pytest.fixture(scope="module")
def family(store):
    """One for all tests that leave it as it was, so that its models are loaded once."""
    return load("wan", EngineContext(store=store))


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


@pytest.mark.parametrize("files", ["wan-2.1-1.3b/transformer", "wan-2.1-1.3b/vae", "wan-umt5/text_encoder"])
def test_weights_that_were_replaced_draw_the_next_clip(tmp_path, files):
    store = built(tmp_path / "wan")
    family = load("wan", EngineContext(store=store))
    before = draw(family, recipe())
    for path in (store.folder / files).glob("*.safetensors"):
        save_file({name: tensor * 1.5 for name, tensor in load_file(path).items()}, path)
    after = draw(family, recipe())
    assert not np.array_equal(before, after)
    assert np.array_equal(after, draw(load("wan", EngineContext(store=store)), recipe()))


def test_a_tokenizer_that_knows_no_words_is_refused_in_words(tmp_path):
    """transformers makes one of whatever is there, and all prompts would give one clip."""
    store = built(tmp_path / "wan")
    path = store.path("wan-umt5") / "tokenizer" / "tokenizer.json"
    told = json.loads(path.read_text())
    told["model"]["vocab"] = told["model"]["vocab"][:5]
    path.write_text(json.dumps(told))
    with pytest.raises(RenderFailed, match=r"The tokenizer in “wan-umt5” is damaged") as caught:
        draw(load("wan", EngineContext(store=store)), recipe())
    assert caught.value.code == "E_WEIGHTS"


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


def test_a_recipe_that_lacks_a_number_is_refused_in_words(family):
    with pytest.raises(Unsupported, match="wan needs: flow_shift"):
        draw(family, recipe(settings={}))


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
