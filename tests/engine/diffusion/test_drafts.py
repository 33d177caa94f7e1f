"""What a draft is made from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from engine.core.draft_map import STABLE_DIFFUSION
from engine.core.family import Frames, Hooks
from engine.diffusion.denoised import expected
from engine.diffusion.preview import draft_frames
from engine.diffusion.sampling import Steps
from engine.families import wan
from engine.families.animatediff.schedulers import scheduler_for
from tests.engine import tiny  # noqa: F401 - one thread, and the libraries in order

from diffusers import (  # isort: skip
    DDIMScheduler,
    EulerDiscreteScheduler,
    UniPCMultistepScheduler,
)
from tests.engine.diffusion.steps_bench import CLEAN, LATENTS, walk

WAN_FLOW: Any = UniPCMultistepScheduler(
    prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0
)


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
