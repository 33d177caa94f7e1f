"""A first look at a clip, from its latents, without a decoder.

One small matrix takes the latent channels to RGB.
"""

from __future__ import annotations

import torch

from engine.core.draft_map import DraftMap
from engine.core.family import Frames

DRAFT_SIDE = 128
"""Pixels of a draft's longer side, about."""


def draft_size(latents: torch.Tensor) -> tuple[int, int]:
    """Height and width of a draft: a whole multiple of the latents', about 128 pixels on the longer side."""
    high, wide = latents.shape[-2:]
    factor = max(2, 2 * round(DRAFT_SIDE / max(high, wide) / 2))
    return factor * high, factor * wide


def draft_frames(latents: torch.Tensor, draft_map: DraftMap) -> Frames:
    """Make a draft.

    Args:
        latents: ``[T, C, h, w]`` as the denoiser has them (for Stable Diffusion: already scaled by
            ``vae.config.scaling_factor``). Expected clean ones, not noisy ones.
        draft_map: the one that was fitted to these latents.

    Returns:
        uint8 ``[T, H, W, 3]``, enlarged by a whole number to about 128 pixels on the longer side, both sides
        even.

    Raises:
        ValueError: the map is for another number of channels.
    """
    if latents.shape[1] != len(draft_map.weights):
        raise ValueError(f"a map of {len(draft_map.weights)} channels for latents of {latents.shape[1]}")
    with torch.no_grad():
        small = latents.float()
        weights = torch.tensor(draft_map.weights, device=small.device)
        bias = torch.tensor(draft_map.bias, device=small.device).view(1, 3, 1, 1)
        colours = torch.einsum("fchw,cr->frhw", small, weights) + bias
        colours = torch.nn.functional.interpolate(
            colours, size=draft_size(small), mode="bilinear", align_corners=False
        )
        # What is not finite is left to the decoder to find; a draft of it is black.
        levels = colours.nan_to_num(-1.0).mul_(127.5).add_(127.5).clamp_(0, 255).round_()
        pixels: Frames = levels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return pixels
