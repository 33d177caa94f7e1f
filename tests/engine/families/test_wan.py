"""Wan on tiny random weights, through the renderer and as a backend."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.device import Device, DeviceKind
from engine.core.errors import Cancelled, HopelessTake, RenderFailed
from engine.core.events import Draft, Event, Progress
from engine.core.family import Frames, Hooks, Inputs
from engine.core.recipe import Camera, Kind, Motion, Quality, Recipe
from engine.core.request import Request, Subject
from engine.diffusion.renoise import RenoisingScheduler
from engine.families import CATALOGUE, FAMILIES, load
from engine.families.wan.decode import decode_causal
from engine.families.wan.draw import WanFamily
from engine.planning.plan import plan
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits
from engine.runtime.capabilities import capabilities_of
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.tiny import wan

GIVEN_UP = "each part of the model was on the GPU only while it worked, to save memory"


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("wan")
    wan.build(folder)
    return Store(folder)


@pytest.fixture
def family(store):
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
        "steps": 3,
        "guidance": 6.0,
        "settings": {"flow_shift": 8.0},
    }
    return Recipe(**(given | changes))


def fast(**changes):
    return recipe(way="fastwan", steps=3, guidance=1.0, negative="", settings={}, **changes)


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


def test_our_decode_is_the_pipelines_own(family, store):
    ours = draw(family, recipe())
    import diffusers

    pipe = diffusers.WanPipeline.from_pretrained(store.path("wan-2.1-1.3b"), dtype=torch.float32)
    pipe.scheduler = diffusers.UniPCMultistepScheduler.from_config(pipe.scheduler.config, flow_shift=8.0)
    pipe.set_progress_bar_config(disable=True)
    theirs = pipe(
        prompt="a fox, snow",
        negative_prompt="blurry",
        width=32,
        height=32,
        num_frames=5,
        num_inference_steps=3,
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


@pytest.mark.parametrize("share", [0.0, 0.28, 0.85, 0.9])
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
    assert len(told) >= 3 + 3 + 1


@pytest.mark.parametrize("what", [recipe(steps=6), fast()], ids=["unipc", "fast"])
def test_one_draft_is_shown_at_the_clips_own_pace(family, what):
    drafts: list[Frames] = []
    clip = draw(family, what, draft=drafts.append)
    assert len(drafts) == 1
    assert drafts[0].shape == (len(clip), 128, 128, 3)


def test_the_larger_version_has_no_draft_and_goes_on(family):
    drafts: list[Frames] = []
    draw(family, recipe(engine="wan-5b"), draft=drafts.append)
    assert drafts == []


def fail_once(monkeypatch, cls, method, error):
    """Let a method of a model fail the first time."""
    working = getattr(cls, method)
    failed: list[int] = []

    def failing(*arguments, **options):
        if not failed:
            failed.append(1)
            raise error
        return working(*arguments, **options)

    monkeypatch.setattr(cls, method, failing)


@pytest.mark.parametrize("stage", ["encoding words", "denoising", "decoding"])
def test_out_of_memory_gives_one_thing_up_and_says_so(store, monkeypatch, stage):
    import diffusers
    import transformers

    family = load("wan", EngineContext(store=store))
    whole = draw(family, recipe())
    cls, method = {
        "encoding words": (transformers.UMT5EncoderModel, "forward"),
        "denoising": (diffusers.WanTransformer3DModel, "forward"),
        "decoding": (diffusers.AutoencoderKLWan, "_decode"),
    }[stage]
    fail_once(monkeypatch, cls, method, torch.OutOfMemoryError("CUDA out of memory (simulated)"))
    told: list[str] = []
    assert np.allclose(whole.astype(int), draw(family, recipe(), gave_up=told.append), atol=1)
    assert told == [GIVEN_UP]
    told.clear()
    assert np.array_equal(whole, draw(family, recipe(), gave_up=told.append))
    assert told == []


def test_each_rung_draws_and_the_last_one_is_the_end(store, monkeypatch):
    import diffusers

    context = EngineContext(store=store, steps_down=9)
    family = load("wan", context)
    whole = draw(family, recipe())
    attempts = []
    working = diffusers.WanTransformer3DModel.forward

    def failing(*arguments, **options):
        attempts.append(1)
        raise torch.OutOfMemoryError("CUDA out of memory (simulated)")

    monkeypatch.setattr(diffusers.WanTransformer3DModel, "forward", failing)
    told: list[str] = []
    with pytest.raises(torch.OutOfMemoryError):
        draw(family, recipe(), gave_up=told.append)
    assert len(attempts) == 4
    assert len(told) == 3
    monkeypatch.setattr(diffusers.WanTransformer3DModel, "forward", working)
    assert np.array_equal(whole, draw(family, recipe()))


@pytest.mark.parametrize("rungs", [("offload",), ("offload", "tiles"), ("offload", "tiles", "stream")])
def test_what_is_given_up_does_not_change_the_clip_on_the_same_device(store, rungs):
    inputs = Inputs(picture=picture())
    family = load("wan", EngineContext(store=store))
    what = from_picture()
    whole = draw(family, what, inputs=inputs)
    assert isinstance(family, WanFamily)
    lower = family._attempt(what, inputs.picture, 3, Hooks(), rungs)
    assert np.allclose(whole.astype(int), lower, atol=1)


def test_the_distilled_model_shares_all_but_its_transformer(store):
    context = EngineContext(store=store)
    family = load("wan", context)
    draw(family, recipe())
    draw(family, fast())
    assert len(context.model_cache.names()) == 3


def test_a_decode_in_tiles_can_be_stopped_at_any_of_them(store):
    import diffusers

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
    ("free", "first", "kept"), [(60, 0, True), (14, 0, False), (10, 1, False), (3, 3, False)]
)
def test_other_models_give_way_before_anything_is_given_up(store, monkeypatch, free, first, kept):
    context = EngineContext(store=store, device=Device(kind=DeviceKind.CUDA, memory=80 * 2**30))
    model_cache = context.model_cache
    model_cache.get("another family's", object, lambda _: 9 * 2**30)
    model_cache.get("wan-2.1-1.3b transformer, resident", object, lambda _: 3 * 2**30)

    def free_bytes():
        return (free + (0 if "another family's" in model_cache.names() else 4)) * 2**30

    monkeypatch.setattr("engine.families.wan.draw.free_bytes", free_bytes)
    family = load("wan", context)
    assert isinstance(family, WanFamily)
    assert family._first_rung(recipe()) == first
    assert ("another family's" in model_cache.names()) is kept
    assert "wan-2.1-1.3b transformer, resident" in model_cache.names()


def test_broken_numbers_end_the_take(store, monkeypatch):
    import diffusers

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


def test_the_plan_keeps_to_what_the_model_was_trained_on(store):
    made = plan(
        Request(kind=Kind.TEXT2VIDEO, prompt="a fox", quality=Quality.FAST), capabilities=capabilities(store)
    )
    assert (made.engine, made.way, made.steps, made.guidance) == ("wan", "fastwan", 3, 1.0)
    assert (made.width, made.height) == (848, 480)
    assert made.frames <= 81
    assert (made.frames - 1) % 4 == 0
    assert made.words.startswith("a fox, ")
    assert made.negative == ""
    assert any("natural pace" in reason for reason in made.reasons)


def test_without_the_distilled_weights_more_steps_are_taken(store):
    request = Request(kind=Kind.TEXT2VIDEO, prompt="a fox", quality=Quality.FAST)
    made = plan(request, capabilities=capabilities(store, "fastwan-2.1-1.3b"))
    assert (made.way, made.settings) == ("unipc-15", {"flow_shift": 8.0})
    assert "blurry" in made.negative


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
        from_picture(steps=6) if with_picture else recipe(steps=6),
        inputs,
        work=work,
        limits=RenderLimits(max_takes=1),
        on_event=events.append,
        cancel=CancelToken(),
    )
    assert (receipt.frames, receipt.width, receipt.height) == (5, 32, 32)
    assert read_clip(work / CLIP_NAME).frames.shape == (5, 32, 32, 3)
    assert any(isinstance(event, Progress) for event in events)
    assert any(isinstance(event, Draft) for event in events) is not with_picture
