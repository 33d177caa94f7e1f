"""Decoding with a video VAE that goes from frame to frame and looks back, never ahead: Wan's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from engine.core.family import Frames, Hooks
from engine.diffusion.decode import decode

AT_ONCE = 16
"""Decoded frames that are turned into bytes together."""


def decode_causal(
    vae: Any, latents: torch.Tensor, *, tiles: bool, hooks: Hooks, begin: float, end: float
) -> Frames:
    """Decode a clip in one call, and still stop at any latent frame.

    Args:
        vae: an AutoencoderKLWan.
        latents: ``[1, C, t, h, w]``, as the transformer has them.
        tiles: one part of the picture after the other, for memory. It shows a little where they meet.
        hooks: asked before each latent frame whether to stop, and told how far it is.
        begin, end: the shares of the take at which decoding begins and ends.

    Returns:
        uint8 ``[4 * (t - 1) + 1, H, W, 3]``.

    Raises:
        Cancelled: a stop was asked for.
        HopelessTake: a number is not finite.
    """
    if tiles:
        vae.enable_tiling()
    else:
        vae.disable_tiling()
    total = latents.shape[2] * (_tiles(vae, latents) if tiles else 1)
    decoded = begin + 0.9 * (end - begin)
    done = 0

    def look(*_: Any) -> None:
        nonlocal done
        hooks.cancel.check()
        hooks.progress(begin + (decoded - begin) * min(1.0, done / total))
        done += 1

    listening = vae.decoder.register_forward_pre_hook(look)
    try:
        with torch.no_grad():
            video = vae.decode(_scaled(vae, latents), return_dict=False)[0]
    finally:
        listening.remove()
        vae.clear_cache()  # a decode that was broken off leaves what it would have looked back to
    frames = video[0].movedim(1, 0)
    return decode(lambda part: part, frames, chunk=AT_ONCE, hooks=hooks, begin=decoded, end=end)


@contextmanager
def in_half(vae: Any) -> Iterator[None]:
    """Let a VAE compute in bfloat16 in the body of the ``with``. Afterwards its weights are the ones it had.

    What was rounded cannot be put back into float32, so the weights wait where they are. bfloat16 has the
    range of float32, which float16 has not.

    Args:
        vae: an AutoencoderKLWan. In main memory, so that the card holds its weights in bfloat16 alone.
    """
    kept = [(parameter, parameter.data) for parameter in vae.parameters()]
    try:
        for parameter, weights in kept:
            parameter.data = weights.to(torch.bfloat16)
        yield
    finally:
        for parameter, weights in kept:
            parameter.data = weights


def _scaled(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """The pipeline's own arithmetic in float32, so that its bytes and ours are the same."""
    latents = latents.float()
    mean, spread = (
        torch.tensor(values).view(1, -1, 1, 1, 1).to(latents)
        for values in (vae.config.latents_mean, vae.config.latents_std)
    )
    return (latents / (1.0 / spread) + mean).to(vae.dtype)


def _tiles(vae: Any, latents: torch.Tensor) -> int:
    steps = (vae.tile_sample_stride_height, vae.tile_sample_stride_width)
    sides = (side * vae.spatial_compression_ratio for side in latents.shape[-2:])
    return math.prod(math.ceil(side / step) for side, step in zip(sides, steps, strict=True))
