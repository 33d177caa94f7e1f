"""What tests of steps and of drafts share."""

from __future__ import annotations

import torch

from tests.engine import tiny  # noqa: F401 - one thread, and the libraries in order

LATENTS = torch.zeros(1, 2, 4, 8, 8)


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
