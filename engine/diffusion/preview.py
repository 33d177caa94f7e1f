"""A first look at a clip, from its latents, without a decoder.

One small matrix takes the latent channels to RGB.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine.core.family import Frames

DRAFT_SIDE = 128
"""Pixels of a draft's longer side, about."""


@dataclass(frozen=True, kw_only=True)
class _Linear:
    """``rgb = latents @ weights + bias``, in -1 … 1."""

    weights: tuple[tuple[float, float, float], ...]
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)


_SD = (
    _Linear(  # as fitted by keturn, discuss.huggingface.co/t/decoding-latents-to-rgb-without-upscaling/23204
        weights=(
            (0.298, 0.207, 0.208),
            (0.187, 0.286, 0.173),
            (-0.158, 0.189, 0.264),
            (-0.184, -0.271, -0.473),
        )
    )
)
_WAN = _Linear(  # the published fit of Wan 2.1's VAE, for latents as the transformer sees them
    weights=(
        (-0.1299, -0.1692, 0.2932),
        (0.0671, 0.0406, 0.0442),
        (0.3568, 0.2548, 0.1747),
        (0.0372, 0.2344, 0.1420),
        (0.0313, 0.0189, -0.0328),
        (0.0296, -0.0956, -0.0665),
        (-0.3477, -0.4059, -0.2925),
        (0.0166, 0.1902, 0.1975),
        (-0.0412, 0.0267, -0.1364),
        (-0.1293, 0.0740, 0.1636),
        (0.0680, 0.3019, 0.1128),
        (0.0032, 0.0581, 0.0639),
        (-0.1251, 0.0927, 0.1699),
        (0.0060, -0.0633, 0.0005),
        (0.3477, 0.2275, 0.2950),
        (0.1984, 0.0913, 0.1861),
    ),
    bias=(-0.1835, -0.0868, -0.3360),
)
_MAPS = {4: _SD, 16: _WAN}
"""By the number of latent channels: SD 1.5, AnimateDiff and SVD share one space; Wan 2.1 has its own."""


def draft_frames(latents: torch.Tensor) -> Frames | None:
    """Make a draft.

    Args:
        latents: ``[T, C, h, w]`` as the denoiser has them (for 4 channels: already scaled by
            ``vae.config.scaling_factor``). Expected clean ones, not noisy ones.

    Returns:
        uint8 ``[T, H, W, 3]``, enlarged by a whole number to about 128 pixels on the longer side, both sides
        even; None where the map of this number of channels is not known.
    """
    linear = _MAPS.get(latents.shape[1])
    if linear is None:
        return None
    with torch.no_grad():
        small = latents.float()
        weights = torch.tensor(linear.weights, device=small.device)
        bias = torch.tensor(linear.bias, device=small.device).view(1, 3, 1, 1)
        colours = torch.einsum("fchw,cr->frhw", small, weights) + bias
        factor = max(2, 2 * round(DRAFT_SIDE / max(small.shape[-2:]) / 2))
        colours = torch.nn.functional.interpolate(
            colours, scale_factor=float(factor), mode="bilinear", align_corners=False
        )
        # What is not finite is left to the decoder to find; a draft of it is black.
        levels = colours.nan_to_num(-1.0).mul_(127.5).add_(127.5).clamp_(0, 255).round_()
        pixels: Frames = levels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return pixels
