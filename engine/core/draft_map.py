"""What takes a model's latents to colours: one small matrix, no decoder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DraftMap:
    """``rgb = latents @ weights + bias``, in -1 … 1.

    A matrix fits one latent space only, whatever the number of channels. So each family names its own, and a
    family without one shows no draft.

    Attributes:
        weights: one row of red, green and blue for each latent channel.
        bias: added to each pixel.
    """

    weights: tuple[tuple[float, float, float], ...]
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)


STABLE_DIFFUSION = DraftMap(
    weights=(
        (0.298, 0.207, 0.208),
        (0.187, 0.286, 0.173),
        (-0.158, 0.189, 0.264),
        (-0.184, -0.271, -0.473),
    )
)
"""For the latent space of Stable Diffusion 1.5, in which AnimateDiff and Stable Video Diffusion draw too.

As fitted by keturn, discuss.huggingface.co/t/decoding-latents-to-rgb-without-upscaling/23204.
"""
