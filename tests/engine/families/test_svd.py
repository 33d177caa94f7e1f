"""Stable Video Diffusion on tiny weights: the family behind the engine's own door, and its traps."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.errors import Cancelled, HopelessTake, RenderFailed, Unsupported
from engine.core.events import Draft, Event, Progress
from engine.core.family import Frames, Hooks, Inputs
from engine.core.recipe import Before, Camera, Kind, Motion, Outcome, Quality, Role, Stage
from engine.core.request import Request, Subject
from engine.diffusion.goes import goes
from engine.diffusion.ladder import Start
from engine.families import FAMILIES, load
from engine.families.svd.draw import SvdFamily
from engine.families.svd.ladder import RUNGS, SHORTER, SMALLER_DECODE, STREAMED, Weights, costs
from engine.planning.plan import plan
from engine.rendering.render import Renderer, RenderLimits
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.tiny import svd as tiny
from tests.present import present

from diffusers import StableVideoDiffusionPipeline  # isort: skip

GIB = 2**30
ALL = frozenset({"svd-xt", "svd", "animatelcm-svd"})
PICTURE = np.random.default_rng(7).integers(0, 256, (90, 120, 3), dtype=np.uint8)
SUBJECT = Subject(sha256="ab" * 32, width=120, height=90)

OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory (simulated)")


def planned(weights=ALL, *, device=None, subject=SUBJECT, **request):
    capabilities = Capabilities(weights=weights, device=device or Device(), slow=True)
    return plan(Request(kind=Kind.ANIMATE, **request), subject, capabilities=capabilities)


SMALL = {"quality": Quality.FAST, "size": (64, 64), "seconds": 0.5, "fps": 8, "seed": 3, "engine": "svd"}


def small(**changes):
    """Four frames of 64×64 in two steps with guidance, decoded two by two: a moment's work."""
    recipe = planned(frozenset({"svd-xt"}), **SMALL)
    settings = {**recipe.settings, "decode_chunk": 2, **changes.pop("settings", {})}
    return dataclasses.replace(recipe, **{"steps": 2, "settings": settings, **changes})


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    tiny.build(folder)
    return Store(folder)


@pytest.fixture(scope="module")
def context(store):
    return EngineContext(store=store)


@pytest.fixture(scope="module")
def family(context):
    return load("svd", context)


@pytest.fixture
def parts(family):
    """The models that a take uses, loaded."""
    return family._parts(small()).models


@pytest.fixture(scope="module")
def plain(family):
    """What an undisturbed take of ``small()`` looks like."""
    return draw(family)


def draw(family, recipe=None, *, seed=1, picture=PICTURE, **hooks):
    return family.draw(recipe or small(), Inputs(picture=picture), seed=seed, hooks=Hooks(**hooks))


def begin_on(count):
    return Start(rungs=frozenset(rung.name for rung in RUNGS[:count]))


def failing(function, times, error=OUT_OF_MEMORY, *, after=0):
    """Fails some times, after having worked some times, then works."""
    calls: list[None] = []

    def call(*args, **kwargs):
        calls.append(None)
        if after < len(calls) <= after + times:
            raise error
        return function(*args, **kwargs)

    return call


# --- the plan


@pytest.mark.parametrize(
    ("weights", "quality", "way", "steps", "guidance", "model"),
    [
        (ALL, Quality.FAST, "turbo", 4, 1.0, "svd-xt"),
        ({"svd-xt"}, Quality.FAST, "quick", 20, 3.0, "svd-xt"),
        ({"svd-xt", "svd"}, Quality.BALANCED, "light", 20, 3.0, "svd-xt"),
        ({"svd"}, Quality.BEST, "full", 25, 3.0, "svd"),
    ],
)
def test_the_way_follows_the_quality_and_what_is_installed(weights, quality, way, steps, guidance, model):
    recipe = planned(frozenset(weights), quality=quality)
    assert (recipe.engine, recipe.way, recipe.steps) == ("svd", way, steps)
    assert (recipe.guidance, recipe.model) == (guidance, model)


@pytest.mark.parametrize(
    ("shape", "quality", "size"),
    [
        ((160, 90), Quality.FAST, (576, 320)),
        ((160, 90), Quality.BALANCED, (768, 448)),
        ((160, 90), Quality.BEST, (1024, 576)),
        ((90, 160), Quality.BEST, (576, 1024)),
    ],
)
def test_the_frame_has_the_sizes_that_the_model_knows(shape, quality, size):
    subject = Subject(sha256="ab" * 32, width=shape[0], height=shape[1])
    recipe = planned(subject=subject, quality=quality)
    assert (recipe.width, recipe.height) == size


@pytest.mark.parametrize(
    ("motion", "bucket"), [(Motion.GENTLE, 60), (Motion.NORMAL, 127), (Motion.WILD, 200)]
)
def test_the_motion_that_was_wanted_is_a_motion_bucket(motion, bucket):
    recipe = planned(motion=motion)
    assert recipe.settings["motion_bucket"] == bucket
    assert any(f"bucket {bucket}" in reason for reason in recipe.reasons)


def test_what_the_model_cannot_follow_is_said():
    reasons = " ".join(planned(prompt="a storm", camera=Camera.PAN_LEFT).reasons)
    assert "ignores prompts" in reasons
    assert "“pan left” has no effect" in reasons
    assert "no effect" not in " ".join(planned().reasons)


@pytest.mark.parametrize(
    ("weights", "go"), [({"svd-xt"}, 25), ({"svd"}, 14), ({"svd", "animatelcm-svd"}, 25)]
)
def test_so_many_frames_are_drawn_in_one_go_as_the_weights_were_trained_on(weights, go):
    recipe = planned(frozenset(weights), quality=Quality.FAST, seconds=8)
    assert recipe.settings["go"] == go
    assert any(f"more than {go} frames" in reason for reason in recipe.reasons)


def test_four_seconds_are_one_go():
    recipe = planned()
    assert (recipe.frames, recipe.native_fps, recipe.settings["fps"]) == (25, 6.0, 6)


@pytest.mark.parametrize(("memory", "chunk"), [(24, 8), (16, 8), (12, 4), (8, 2)])
def test_trap_4_the_decode_chunk_belongs_to_the_recipe(memory, chunk):
    card = Device(kind=DeviceKind.CUDA, memory=memory * GIB)
    assert planned(device=card).settings["decode_chunk"] == chunk


def test_without_weights_the_family_says_what_it_lacks():
    assert "svd-xt" in present(FAMILIES["svd"].lacks(Capabilities(slow=True)))
    assert FAMILIES["svd"].lacks(Capabilities(weights=frozenset({"svd"}), slow=True)) is None
    assert "GPU" in present(FAMILIES["svd"].lacks(Capabilities(weights=frozenset({"svd"}))))


# --- the whole way


@pytest.fixture
def render(context, tmp_path):
    renderer = Renderer(context)
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), cv2.cvtColor(PICTURE, cv2.COLOR_RGB2BGR))

    def run(recipe, on_event=lambda _: None, cancel=None, files=None):
        limits = RenderLimits(max_takes=1)
        receipt = renderer.render(
            recipe,
            files or {Role.PICTURE: path},
            work=tmp_path,
            limits=limits,
            on_event=on_event,
            cancel=cancel or CancelToken(),
        )
        assert hashlib.sha256((tmp_path / "clip.mp4").read_bytes()).hexdigest() == receipt.sha256
        return receipt

    return run


@pytest.mark.parametrize("weights", [ALL, {"svd-xt"}, {"svd"}], ids=["turbo", "svd-xt", "svd"])
def test_a_wish_becomes_a_clip_the_same_bytes_each_time(render, weights):
    recipe = planned(frozenset(weights), **{**SMALL, "fps": 16})
    recipe = dataclasses.replace(recipe, steps=min(4, recipe.steps))
    first, second = render(recipe), render(recipe)
    assert recipe.factor == 2
    assert (first.engine, first.frames, first.fps) == ("svd", 8, 16)
    assert (first.sha256, first.ladder) == (second.sha256, ())


def test_it_goes_on_with_a_clip_at_that_clips_own_size(render, tmp_path):
    frames = np.random.default_rng(5).integers(0, 256, (6, 72, 96, 3), dtype=np.uint8)
    old = tmp_path / "old.mp4"
    quiet: dict[str, Any] = {"progress": lambda _: None, "cancel": CancelToken()}
    encode(frames, fps=8, path=old, metadata={}, max_bytes=10**6, **quiet)
    recipe = dataclasses.replace(
        planned(frozenset({"svd"}), **SMALL),
        steps=2,
        inputs={Role.BEFORE: "a" * 64},
        before=Before(width=96, height=72, frames=6, engines=("svd",), real=True),
    )
    first, second = (render(recipe, files={Role.BEFORE: old}) for _ in range(2))
    assert (first.frames, first.width, first.height) == (6 + recipe.length - 1, 96, 72)
    assert first.sha256 == second.sha256


def test_the_draft_is_shown_once_before_the_clip_is_drawn(render):
    events: list[Event] = []
    render(planned(**SMALL), on_event=events.append)
    drafts = [number for number, event in enumerate(events) if isinstance(event, Draft)]
    assert len(drafts) == 1
    before = [event for event in events[: drafts[0]] if isinstance(event, Progress)]
    assert before[-1].stage is Stage.DRAWING
    assert before[-1].fraction < 0.6


@pytest.mark.parametrize(
    "stop_at", [0.0, 0.3, 0.9], ids=["before the first step", "in a step", "in decoding"]
)
def test_a_cancelled_job_leaves_the_next_ones_bytes_as_they_were(render, stop_at):
    recipe = planned(**SMALL)
    alone = render(recipe).sha256
    token, told = CancelToken(), []

    def listen(event):
        if isinstance(event, Progress) and event.stage is Stage.DRAWING:
            told.append(event.fraction)
            if event.fraction >= stop_at:
                token.cancel()

    with pytest.raises(Cancelled):
        render(recipe, on_event=listen, cancel=token)
    assert sum(fraction >= stop_at for fraction in told) == 1, "it went on for more than a step"
    assert render(recipe).sha256 == alone


def test_other_jobs_between_leave_the_bytes_as_they_were(render):
    alone = render(small()).sha256
    assert render(planned(**SMALL)).sha256 != alone
    assert render(small(model="svd")).sha256 != alone
    assert render(small()).sha256 == alone


def test_broken_numbers_are_a_rejected_take_with_its_reason(render, parts, monkeypatch):
    monkeypatch.setattr(
        parts["unet"], "forward", lambda latents, *_, **__: (torch.full_like(latents[:, :, :4], torch.nan),)
    )
    with pytest.raises(RenderFailed, match="invalid numbers"):
        render(small())


# --- the picture


def test_the_picture_is_cropped_never_stretched(family, monkeypatch):
    wide = np.zeros((64, 192, 3), np.uint8)
    wide[:, :64] = (255, 0, 0)
    wide[:, 64:128] = (0, 255, 0)
    wide[:, 128:] = (0, 0, 255)
    seen = []
    monkeypatch.setattr(
        StableVideoDiffusionPipeline,
        "_encode_image",
        lambda pipe, image, *_: seen.append(image) or pytest.fail("far enough"),
    )
    with pytest.raises(pytest.fail.Exception):
        draw(family, picture=wide)
    assert (seen[0].mode, seen[0].size) == ("RGB", (64, 64))
    assert seen[0].getcolors() == [(64 * 64, (0, 255, 0))]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": 72}, "multiples of 64"),
        ({"frames": 1}, "at least two"),
        ({"model": "svd-2"}, "not installed"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(family, changes, said):
    with pytest.raises((Unsupported, RenderFailed), match=said):
        draw(family, small(**changes))


def test_without_a_picture_there_is_nothing_to_draw(family):
    with pytest.raises(Unsupported, match="needs a picture"):
        draw(family, picture=None)


@pytest.mark.parametrize(
    ("settings", "conditions"),
    [
        ({}, (7.0, 127.0, 0.02)),
        ({"fps": 0, "motion_bucket": 0, "noise_aug": -1.0}, (0.0, 1.0, 0.0)),
        ({"fps": 99, "motion_bucket": 100_000, "noise_aug": 3.0}, (29.0, 255.0, 0.1)),
    ],
)
def test_the_conditions_are_held_within_what_the_model_was_trained_on(
    family, parts, monkeypatch, settings, conditions
):
    """The pipeline checks nothing, and tells the model of one frame a second less."""
    seen = []
    forward = parts["unet"].forward

    def spy(*args, added_time_ids, **kwargs):
        seen.append(tuple(round(float(value), 4) for value in added_time_ids[0]))
        return forward(*args, added_time_ids=added_time_ids, **kwargs)

    monkeypatch.setattr(parts["unet"], "forward", spy)
    draw(family, small(settings=settings, steps=1))
    assert seen == [conditions]


def test_the_motion_bucket_and_the_seed_change_the_clip(family, plain):
    assert not np.array_equal(plain, draw(family, small(settings={"motion_bucket": 250})))
    assert not np.array_equal(plain, draw(family, seed=2))


@pytest.mark.parametrize(("guidance", "batch"), [(3.0, 2), (1.0, 1)])
def test_without_guidance_the_model_works_half_as_much(family, parts, monkeypatch, guidance, batch):
    seen = []
    forward = parts["unet"].forward
    monkeypatch.setattr(
        parts["unet"], "forward", lambda *args, **kw: seen.append(len(args[0])) or forward(*args, **kw)
    )
    draw(family, small(guidance=guidance, steps=1))
    assert seen == [batch]


def test_the_recipe_says_which_steps_are_guided_and_on_which_the_deep_layers_work(family, parts, monkeypatch):
    """Guidance shows in the batch of the first layer, a step that skips in the silence of the middle."""
    first, middle = parts["unet"].conv_in, parts["unet"].mid_block.resnets[0]
    seen: dict[torch.nn.Module, list[int]] = {first: [], middle: []}
    for layer, calls in seen.items():
        forward = layer.forward
        monkeypatch.setattr(
            layer,
            "forward",
            lambda *args, to=forward, calls=calls, **kw: calls.append(len(args[0])) or to(*args, **kw),
        )
    draw(family, small(guidance=3.0, steps=4, frames=4, settings={"guided": 0.5, "deep_every": 2}))
    assert seen[first] == [8, 8, 4, 4]
    assert seen[middle] == [8, 4]
    for calls in seen.values():
        calls.clear()
    draw(family, small(guidance=3.0, steps=4, frames=4, settings={"guided": 1, "deep_every": 1}))
    assert seen[first] == seen[middle] == [8, 8, 8, 8]


def test_streamed_layers_are_never_skipped(family, parts, monkeypatch):
    worked = []
    middle = parts["unet"].mid_block.resnets[0]
    forward = middle.forward
    monkeypatch.setattr(middle, "forward", lambda *args, **kw: worked.append(1) or forward(*args, **kw))
    monkeypatch.setattr(family, "_start", lambda *_: Start(rungs=frozenset({STREAMED.name})))
    draw(family, small(steps=4, settings={"deep_every": 2}))
    assert len(worked) == 4


# --- chaining


@pytest.mark.parametrize(
    ("frames", "most", "each"),
    [
        (2, 25, (2,)),
        (25, 25, (25,)),
        (26, 25, (14, 13)),
        (49, 25, (25, 25)),
        (50, 25, (18, 17, 17)),
        (3, 2, (2, 2)),
    ],
)
def test_a_long_clip_is_drawn_in_goes_of_about_equal_length(frames, most, each):
    assert goes(frames, most) == each
    assert sum(each) - (len(each) - 1) == frames


def test_each_go_begins_with_the_last_frame_of_the_one_before(family, monkeypatch):
    seen = []
    told: list[float] = []
    encode = StableVideoDiffusionPipeline._encode_image

    def spy(pipe, image, *args):
        seen.append(np.asarray(image))
        return encode(pipe, image, *args)

    monkeypatch.setattr(StableVideoDiffusionPipeline, "_encode_image", spy)
    recipe = small(frames=8, settings={"go": 4})
    clip = draw(family, recipe, progress=told.append)
    assert clip.shape == (8, 64, 64, 3)
    assert len(seen) == 3
    # Goes of 4, 3 and 3 frames, the doubled ones dropped: 0–3, 4–5, 6–7.
    assert np.array_equal(seen[1], clip[3])
    assert np.array_equal(seen[2], clip[5])
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_the_goes_of_a_clip_have_seeds_of_their_own(family):
    """With one seed for all, each go would repeat the noise of the first."""
    recipe = small(frames=5, settings={"go": 3})
    clip = draw(family, recipe)
    alone = draw(family, small(frames=3), picture=clip[2])
    assert not np.array_equal(clip[3:], alone[1:])
    assert np.array_equal(clip[:3], draw(family, small(frames=3)))


def test_only_the_first_go_shows_a_draft(family):
    shown: list[Frames] = []
    draw(family, small(frames=7, steps=3, settings={"go": 4}), draft=shown.append)
    assert [frames.shape for frames in shown] == [(4, 128, 128, 3)]


# --- the traps


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


# --- memory

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


def test_what_was_given_up_for_memory_is_on_the_receipt(render, parts, monkeypatch):
    monkeypatch.setattr(parts["unet"], "forward", failing(parts["unet"].forward, 1))
    assert render(small()).ladder == (RUNGS[0].about,)


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


def test_a_take_is_judged_by_the_gate(render):
    receipt = render(small())
    assert receipt.takes[0].outcome in set(Outcome)
    assert receipt.takes[0].score >= 0
