"""Where a redrawn clip begins: its source's latents, with noise as far as the strength asks."""

from __future__ import annotations

from typing import Any

import torch

from engine.core.family import Frames, Hooks

CHUNK = 4
"""Frames encoded at a time, and between two looks at the cancel token."""


def noised(
    pipe: Any,
    frames: Frames,
    *,
    steps: int,
    strength: float,
    generator: torch.Generator,
    hooks: Hooks,
    end: float,
) -> torch.Tensor:
    """Encode a clip and add the noise of the first step that is left.

    The pipeline could do it, but in one go that cannot be stopped, and with the VAE in float32 until it is
    done: an error in between would leave it there.

    Args:
        pipe: an AnimateDiffVideoToVideoPipeline.
        frames: uint8 ``[T, H, W, 3]``.
        steps: denoising steps of a whole drawing.
        strength: their share that is left, above 0, to 1.
        generator: on the CPU, so that a seed means the same on every machine.
        hooks: asked before each chunk whether to stop.
        end: the share of the take that is done when all is encoded.

    Returns:
        ``[1, 4, T, h, w]`` for the pipeline's ``latents``.
    """
    vae, device = pipe.vae, pipe._execution_device  # noqa: SLF001 - with offloading, ``device`` is the CPU
    parts = []
    with torch.no_grad():
        for first in range(0, len(frames), CHUNK):
            hooks.cancel.check()
            pixels = torch.from_numpy(frames[first : first + CHUNK]).to(device).permute(0, 3, 1, 2)
            scaled = pixels.to(vae.dtype).div(127.5).sub(1)
            parts.append(vae.encode(scaled).latent_dist.sample(generator))
            hooks.progress(end * min(1.0, (first + CHUNK) / len(frames)))
    latents = torch.cat(parts) * vae.config.scaling_factor
    pipe.scheduler.set_timesteps(steps, device=device)
    timesteps, _ = pipe.get_timesteps(steps, pipe.scheduler.timesteps, strength, device)
    noise = torch.randn(latents.shape, generator=generator).to(device, latents.dtype)
    mixed: torch.Tensor = pipe.scheduler.add_noise(latents, noise, timesteps[:1])
    return mixed.permute(1, 0, 2, 3)[None]
