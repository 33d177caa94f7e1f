"""What all diffusion families share: steps, drafts, decoding, loading. On tensors and tiny weights."""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import sys
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import engine.diffusion
from engine.core.cancel import CancelToken
from engine.core.device import Device, DeviceKind
from engine.core.draft_map import STABLE_DIFFUSION, DraftMap
from engine.core.errors import Cancelled, HopelessTake, RenderFailed
from engine.core.family import Frames, Hooks
from engine.diffusion.consistency import ConsistencyScheduler
from engine.diffusion.decode import decode
from engine.diffusion.denoised import expected
from engine.diffusion.loading import check_folder, dtype_for, load, size_of
from engine.diffusion.preview import draft_frames
from engine.diffusion.sampling import Steps
from engine.families import FOLDERS, wan
from engine.families.animatediff.schedulers import scheduler_for
from engine.gate.draft import why_hopeless
from tests import ROOT
from tests.engine import tiny  # noqa: F401 - one thread, and the libraries in order
from tests.engine.tiny import svd

from diffusers import (  # isort: skip
    DDIMScheduler,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UniPCMultistepScheduler,
)

LATENTS = torch.zeros(1, 2, 4, 8, 8)
NOISE = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
UNKNOWN = SimpleNamespace(scheduler=object())
"""A pipeline whose scheduler tells nothing."""


def step(steps, pipe=UNKNOWN, latents=LATENTS):
    return steps.callback(pipe, 0, torch.tensor(0), {"latents": latents})


# --- steps


def test_progress_goes_from_begin_to_end_and_never_back_when_the_index_starts_again():
    told: list[float] = []
    steps = Steps(Hooks(progress=told.append), steps=6, begin=0.25, end=0.75)
    for index in (0, 1, 2, 0, 1, 2, 0):  # FreeInit's second and third round
        assert steps.callback(UNKNOWN, index, 0, {"latents": LATENTS}) == {}
    assert told == sorted(told)
    assert told[:2] == pytest.approx([0.25 + 0.5 / 6, 0.25 + 1 / 6])
    assert told[-2:] == [0.75, 0.75]


def test_a_stop_takes_hold_at_the_end_of_the_step():
    token = CancelToken()
    told: list[float] = []
    steps = Steps(Hooks(cancel=token, progress=told.append), steps=4)
    step(steps)
    token.cancel()
    with pytest.raises(Cancelled):
        step(steps)
    assert told == [0.25], "nothing is said of a step that was stopped"


@pytest.mark.parametrize(("count", "at"), [(1, None), (2, None), (3, 2), (4, 2), (15, 5), (25, 9)])
def test_one_draft_is_shown_after_a_third_of_the_steps_and_none_of_a_short_run(count, at):
    shown: list[int] = []
    done: list[int] = []
    steps = Steps(
        Hooks(draft=lambda frames: shown.append(len(done))),
        steps=count,
        preview=lambda latents: NOISE,
    )
    for number in range(count):
        done.append(number)
        step(steps)
    assert shown == ([] if at is None else [at])


def test_a_family_of_16_channels_that_is_not_wan_shows_no_draft_and_loses_no_take():
    latents = torch.zeros(1, 16, 4, 8, 8)
    in_wans_colours = draft_frames(latents[0].movedim(0, 1), wan.WAN_21.draft_map)
    assert why_hopeless(in_wans_colours) is not None, "with Wan's map the take would be given up"
    shown: list[Frames] = []
    steps = Steps(Hooks(draft=shown.append), steps=9)
    for _ in range(9):
        step(steps, latents=latents)
    assert shown == []


def test_each_family_draws_its_drafts_with_its_own_map():
    for folder, package in FOLDERS.items():
        for path in (ROOT / "engine" / "families" / folder).rglob("*.py"):
            if "draft_frames" in path.read_text("utf-8"):
                versions = getattr(package, "VERSIONS", {})
                maps = [version.draft_map for version in versions.values()] or [package.DRAFT_MAP]
                assert all(isinstance(made, DraftMap) for made in maps), (
                    f"{folder} draws drafts without a map"
                )
    channels = {name: len(version.draft_map.weights) for name, version in wan.VERSIONS.items()}
    assert channels == {"wan": 16, "wan-5b": 48}


@pytest.mark.parametrize(
    ("draft", "reason"),
    [(np.full_like(NOISE, 90), "the picture is empty"), (NOISE[[0, 0, 0]], "nothing moves")],
)
def test_a_hopeless_draft_ends_the_take_before_it_is_shown(draft, reason):
    shown: list[Frames] = []
    steps = Steps(Hooks(draft=shown.append), steps=9, preview=lambda latents: draft)
    step(steps)
    step(steps)
    with pytest.raises(HopelessTake, match=reason):
        step(steps)
    assert shown == []


@pytest.mark.parametrize(("broken_from", "ends_at"), [(1, 3), (3, 3), (4, 9), (9, 9)])
def test_broken_latents_are_never_decoded(broken_from, ends_at):
    steps = Steps(Hooks(), steps=9)
    broken = torch.full_like(LATENTS, torch.nan)
    for number in range(1, ends_at):
        step(steps, latents=broken if number >= broken_from else LATENTS)
    with pytest.raises(HopelessTake, match="invalid numbers"):
        step(steps, latents=broken)


# --- what a draft is made from

WAN_FLOW: Any = UniPCMultistepScheduler(
    prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0
)
CLEAN = torch.linspace(-1, 1, 32).view(1, 2, 4, 2, 2)


def walk(scheduler, steps, predict):
    """Denoise with a model that knows the answer; yield each step's time, and the latents around it."""
    scheduler.set_timesteps(steps)
    generator = torch.Generator("cpu").manual_seed(0)
    latents = torch.randn(CLEAN.shape, generator=generator) * scheduler.init_noise_sigma
    for time in scheduler.timesteps:
        scheduler.scale_model_input(latents, time)
        after = scheduler.step(predict(scheduler, time, latents), time, latents).prev_sample
        yield time, latents, after
        latents = after


def velocity_of_euler(scheduler, _time, latents):
    sigma = scheduler.sigmas[scheduler.step_index]
    return (latents / (sigma**2 + 1) - CLEAN) * (sigma**2 + 1) ** 0.5 / sigma


def noise_of_ddim(scheduler, time, latents):
    kept = scheduler.alphas_cumprod[time]
    return (latents - kept**0.5 * CLEAN) / (1 - kept) ** 0.5


@pytest.mark.parametrize(
    ("scheduler", "predict"),
    [
        (
            EulerDiscreteScheduler(
                prediction_type="v_prediction",
                timestep_type="continuous",
                use_karras_sigmas=True,
                sigma_min=0.002,
                sigma_max=700.0,
            ),
            velocity_of_euler,
        ),
        (DDIMScheduler(clip_sample=False, steps_offset=1), noise_of_ddim),
    ],
    ids=["SVD's Euler", "AnimateDiff's DDIM"],
)
def test_a_draft_is_of_the_expected_clip_not_of_the_noise(scheduler, predict):
    for number, (time, before, after) in enumerate(walk(scheduler, 9, predict)):
        if number == 3:
            assert (after - CLEAN).abs().max() > 0.5, "the latents themselves are noise"
            # float32: two points 400 levels up leave four digits.
            assert torch.allclose(expected(scheduler, time, before, after), CLEAN, atol=2e-3)


def guess_of_lightning(scheduler, _time, latents, clip):
    return (latents - clip) / scheduler.sigmas[scheduler.step_index]


def guess_of_ddpm(scheduler, time, latents, clip):
    kept = scheduler.alphas_cumprod[int(time)]
    return (latents - kept**0.5 * clip) / (1 - kept) ** 0.5


def guess_of_wan(scheduler, time, latents, clip):
    index = scheduler.step_index
    sigma = float(scheduler.sigmas[0 if index is None else index])
    return (latents - clip) / max(sigma, 1e-3)


SD_NOISE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}


@pytest.mark.parametrize(
    ("scheduler", "guess", "steps", "draft_map"),
    [
        (scheduler_for("lcm", SD_NOISE), guess_of_ddpm, 6, STABLE_DIFFUSION),
        (scheduler_for("lcm", SD_NOISE), guess_of_ddpm, 8, STABLE_DIFFUSION),
        (scheduler_for("lightning", SD_NOISE), guess_of_lightning, 4, STABLE_DIFFUSION),
        (scheduler_for("full", SD_NOISE), guess_of_ddpm, 20, STABLE_DIFFUSION),
        (WAN_FLOW, guess_of_wan, 20, wan.WAN_21.draft_map),
        (WAN_FLOW, guess_of_wan, 30, wan.WAN_22.draft_map),
    ],
    ids=["AnimateLCM 6", "AnimateLCM 8", "Lightning", "AnimateDiff", "Wan 2.1", "Wan 2.2"],
)
def test_the_draft_of_every_way_shows_the_clip(scheduler, guess, steps, draft_map):
    """Held against the same colours of the finished clip; a noisy draft of AnimateLCM came to .2."""
    generator = torch.Generator("cpu").manual_seed(0)
    coarse = torch.randn((3, len(draft_map.weights), 4, 4), generator=generator)
    clip = torch.nn.functional.interpolate(coarse, scale_factor=4.0, mode="bilinear")
    scheduler.set_timesteps(steps)
    latents = torch.randn(clip.shape, generator=generator) * scheduler.init_noise_sigma
    shown: list[Frames] = []
    counter = Steps(
        Hooks(draft=shown.append), steps=steps, preview=lambda latents: draft_frames(latents, draft_map)
    )
    for time in scheduler.timesteps:
        scheduler.scale_model_input(latents, time)
        latents = scheduler.step(guess(scheduler, time, latents, clip), time, latents).prev_sample
        counter.callback(SimpleNamespace(scheduler=scheduler), 0, time, {"latents": latents})
    (draft,) = shown
    finished = draft_frames(clip, draft_map)
    assert np.corrcoef(draft.ravel(), finished.ravel())[0, 1] > 0.9


def test_where_the_line_is_not_known_the_draft_is_of_the_latents():
    assert torch.equal(expected(object(), 0, LATENTS, CLEAN), CLEAN)
    assert torch.equal(expected(EulerDiscreteScheduler(), 0, None, CLEAN), CLEAN)


def test_the_linear_map_turns_latents_into_small_even_frames_of_bytes():
    latents = torch.zeros(3, 4, 9, 16)
    latents[1] += 3.0
    frames = draft_frames(latents, STABLE_DIFFUSION)
    assert frames.shape == (3, 72, 128, 3)
    assert frames.dtype == np.uint8
    assert (frames[0] == 128).all(), "nothing is grey"
    assert frames[1].mean() > frames[0].mean()
    assert draft_frames(torch.zeros(2, 16, 60, 104), wan.WAN_21.draft_map).shape == (2, 120, 208, 3)


def test_a_map_for_another_number_of_channels_is_refused():
    with pytest.raises(ValueError, match="4 channels for latents of 16"):
        draft_frames(torch.zeros(2, 16, 8, 8), STABLE_DIFFUSION)


def test_a_draft_of_broken_numbers_is_black_and_harmless():
    assert (draft_frames(torch.full((1, 4, 8, 8), torch.nan), STABLE_DIFFUSION) == 0).all()


# --- decoding


def flat(part):
    """A decoder whose frames all have the value of their latent."""
    return part.mean(dim=(1, 2, 3)).view(-1, 1, 1, 1).expand(-1, 3, 4, 6)


def ramp(*values):
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 4, 2, 2).contiguous()


def test_decoding_goes_chunk_by_chunk_straight_to_bytes():
    sizes = []
    told: list[float] = []

    def vae(part):
        sizes.append(len(part))
        return flat(part)

    latents = ramp(-1.0, -0.5, 0.0, 0.5, 1.0)
    frames = decode(vae, latents, chunk=2, hooks=Hooks(progress=told.append), begin=0.5, end=1.0)
    assert sizes == [2, 2, 1]
    assert frames.shape == (5, 4, 6, 3)
    assert frames.dtype == np.uint8
    assert frames[:, 0, 0, 0].tolist() == [0, 64, 128, 191, 255]
    assert told == pytest.approx([0.7, 0.9, 1.0])


def test_what_is_out_of_range_is_clipped_not_wrapped():
    frames = decode(flat, ramp(-3.0, 3.0), chunk=2, hooks=Hooks(), begin=0, end=1)
    assert (frames.min(axis=(1, 2, 3)).tolist(), frames.max(axis=(1, 2, 3)).tolist()) == ([0, 255], [0, 255])


@pytest.mark.parametrize("broken", [torch.nan, torch.inf, -torch.inf])
def test_trap_10_a_number_that_is_not_finite_is_found_before_it_is_a_black_pixel(broken):
    with pytest.raises(HopelessTake, match="invalid numbers"):
        decode(flat, ramp(0.0, 0.0, broken), chunk=2, hooks=Hooks(), begin=0, end=1)


def test_a_stop_takes_hold_between_two_chunks():
    token, sizes = CancelToken(), []

    def vae(part):
        sizes.append(len(part))
        token.cancel()
        return flat(part)

    with pytest.raises(Cancelled):
        decode(vae, ramp(0.0, 0.0, 0.0), chunk=1, hooks=Hooks(cancel=token), begin=0, end=1)
    assert sizes == [1]


def test_trap_11_decoding_keeps_no_gradients_in_a_thread_of_its_own():
    modes = []

    def vae(part):
        modes.append(torch.is_grad_enabled())
        return flat(part)

    thread = threading.Thread(
        target=lambda: (
            modes.append(torch.is_grad_enabled()),
            decode(vae, ramp(0.0), chunk=1, hooks=Hooks(), begin=0, end=1),
        )
    )
    thread.start()
    thread.join()
    assert modes == [True, False]


# --- the sampler of distilled SVD


def test_consistency_sampling_ends_at_the_clip_that_its_model_knows():
    def velocity(scheduler, time, latents):
        sigma = torch.exp(4 * time)
        return (latents / (sigma**2 + 1) - CLEAN) * (sigma**2 + 1) ** 0.5 / sigma

    scheduler = ConsistencyScheduler(torch.Generator("cpu").manual_seed(1))
    stages = list(walk(scheduler, 4, velocity))
    assert torch.exp(4 * scheduler.timesteps).tolist() == pytest.approx([700, 128.56, 13.64, 0.497], rel=0.03)
    assert all((after - CLEAN).abs().max() > 0.3 for _, _, after in stages[:-1])
    assert torch.allclose(stages[-1][2], CLEAN, atol=1e-3)
    assert torch.allclose(scheduler.clean, CLEAN, atol=1e-3), "and it says so, for the draft"


def test_the_noise_of_consistency_sampling_is_the_clips_own():
    def last_of(seed):
        scheduler = ConsistencyScheduler(torch.Generator("cpu").manual_seed(seed))
        return list(walk(scheduler, 3, lambda _scheduler, _time, latents: latents * 0.1))[-1][2]

    torch.manual_seed(5)
    first = last_of(1)
    torch.manual_seed(6)
    assert torch.equal(last_of(1), first)
    assert not torch.equal(last_of(2), first)


# --- loading


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    svd.build(folder)
    return folder


def test_a_snapshot_is_loaded_in_the_devices_own_precision_without_a_word(weights, capfd):
    pipe = load(StableVideoDiffusionPipeline, weights / "svd", device=Device())
    assert {pipe.unet.dtype, pipe.vae.dtype, pipe.image_encoder.dtype} == {torch.float32}
    assert capfd.readouterr() == ("", "")


def test_half_precision_is_for_cuda_alone():
    assert dtype_for(Device(kind=DeviceKind.CUDA)) is torch.float16
    assert dtype_for(Device(kind=DeviceKind.MPS)) is dtype_for(Device()) is torch.float32


def test_the_size_is_that_of_all_parameters_and_what_is_shared_counts_once(weights):
    pipe = load(StableVideoDiffusionPipeline, weights / "svd", device=Device())
    each = [size_of(model) for model in (pipe.unet, pipe.vae, pipe.image_encoder)]
    assert size_of(pipe) == sum(each)
    assert size_of(pipe.unet) == sum(p.numel() * 4 for p in pipe.unet.parameters())
    pipe.register_modules(image_encoder=pipe.vae)
    assert size_of(pipe) == sum(each[:2])


def test_the_half_size_files_are_taken_where_there_are_any(weights, tmp_path):
    assert check_folder(weights / "svd-xt") == "fp16"
    (tmp_path / "model.safetensors").touch()
    assert check_folder(tmp_path) is None


def remove_weights(folder):
    for path in folder.rglob("*.safetensors"):
        path.unlink()


def cut(folder):
    for path in folder.rglob("diffusion*.safetensors"):
        path.write_bytes(path.read_bytes()[:-1000])


def pickle_instead(folder):
    """As an old repository has it: one part is only there in the format that can carry code."""
    path = folder / "unet" / "diffusion_pytorch_model.fp16.safetensors"
    path.rename(path.with_suffix(".bin"))


def with_a_class_of_its_own(folder):
    """Its index asks for code that came with it."""
    write_code(folder / "unet" / "own_unet.py")
    index = folder / "model_index.json"
    parts = json.loads(index.read_text())
    index.write_text(json.dumps(parts | {"unet": ["own_unet", "OwnUNet"]}))


def write_code(path):
    path.write_text(f"open({str(path.with_suffix('.ran'))!r}, 'w').close()\nclass OwnUNet: ...\n")


@pytest.mark.parametrize("place", ["pipeline.py", "unet/unet.py", "control_net_depth.py", "setup.py"])
def test_code_that_lies_beside_weights_is_not_run(tmp_path, weights, place):
    """ControlNet 1.1 comes with the program that trained it: a copy of its folder was refused."""
    folder = tmp_path / "svd"
    shutil.copytree(weights / "svd", folder)
    write_code(folder / place)
    assert load(StableVideoDiffusionPipeline, folder, device=Device()).unet is not None
    assert not list(folder.rglob("*.ran"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (with_a_class_of_its_own, "cannot be loaded"),
        (remove_weights, "not in the safetensors format"),
        (cut, "cannot be loaded"),
        (pickle_instead, "cannot be loaded"),
        (lambda folder: folder.rename(folder.with_name("elsewhere")), "not installed"),
    ],
)
def test_weights_that_cannot_be_trusted_or_read_are_refused_in_words(tmp_path, weights, spoil, said):
    folder = tmp_path / "svd"
    for path in (weights / "svd").rglob("*.*"):
        copy = folder / path.relative_to(weights / "svd")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    spoil(folder)
    with pytest.raises(RenderFailed, match=f"“svd” .*{said}") as refusal:
        load(StableVideoDiffusionPipeline, folder, device=Device())
    assert refusal.value.code == "E_WEIGHTS"
    assert not list(tmp_path.rglob("*.ran"))


def test_trap_2_a_torchvision_that_cannot_be_imported_takes_no_pipeline_down(monkeypatch):
    """One for another torch raises RuntimeError; transformers asks only whether it can be found."""

    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "torchvision":
                raise RuntimeError("operator torchvision::nms does not exist")

    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torchvision", None)  # so that what follows is undone
    monkeypatch.delitem(sys.modules, "torchvision")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    engine.diffusion._leave_a_broken_torchvision_out()
    assert importlib.util.find_spec("torchvision") is None
    with pytest.raises(ImportError):
        importlib.import_module("torchvision")
