"""What a clip is expected to become, in the middle of its denoising.

A sampler walks along a line from noise to the clip: each step goes a little way towards what the model
expects. From two points of the line and their noise levels, its end can be read off. Without that, a draft of
the first third would show nothing but noise: SVD's level is still 70 times the picture's by then.
"""

from __future__ import annotations

from typing import Any

import torch


def expected(scheduler: Any, timestep: Any, before: torch.Tensor | None, after: torch.Tensor) -> torch.Tensor:
    """Follow the last step of a sampler to its end.

    Args:
        scheduler: the pipeline's, after the step.
        timestep: the step's own.
        before, after: latents before and after the step, of any shape.

    Returns:
        float32, the shape of ``after``: the clean latents; ``after`` itself where they cannot be told (a
        sampler that adds noise anew has no line to follow).
    """
    told: torch.Tensor | None = getattr(scheduler, "clean", None)
    if told is not None:  # ours says it
        return told
    levels = None if before is None else _levels(scheduler, timestep)
    if before is None or levels is None:
        return after.float()
    (shrunk_before, noise_before), (shrunk_after, noise_after) = levels
    first, second = before.float() / shrunk_before, after.float() / shrunk_after
    if noise_before <= noise_after:
        return second
    return second + (second - first) * (noise_after / (noise_before - noise_after))


def _levels(scheduler: Any, timestep: Any) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Before and after a step: the factor that the clip was scaled by, and the noise relative to it."""
    family = type(scheduler).__name__
    flows = family == "UniPCMultistepScheduler" and scheduler.config.use_flow_sigmas
    if flows or family in {"EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler"}:
        now = scheduler.step_index
        before, after = (float(scheduler.sigmas[index]) for index in (now - 1, now))
        return (1.0, before), (1.0, after)
    if family == "DDIMScheduler":
        kept = scheduler.alphas_cumprod
        stride = scheduler.config.num_train_timesteps // scheduler.num_inference_steps
        earlier = int(timestep) - stride
        here = float(kept[int(timestep)])
        there = float(kept[earlier] if earlier >= 0 else scheduler.final_alpha_cumprod)
        return (here**0.5, (1 / here - 1) ** 0.5), (there**0.5, (1 / there - 1) ** 0.5)
    return None
