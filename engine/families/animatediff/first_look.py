"""The draft of a clip: by the tiny decoder where it is installed, else by the map of colours."""

from __future__ import annotations

import sys
from typing import Any

import torch
from diffusers import AutoencoderTiny

from engine.core.device_faults import is_out_of_memory
from engine.core.errors import RenderFailed
from engine.core.family import Frames
from engine.diffusion.loading import dtype_for, load, size_of
from engine.diffusion.preview import draft_frames, draft_size
from engine.families.animatediff import DRAFT_MAP
from engine.families.animatediff.weights import TAESD
from engine.runtime.context import EngineContext

AT_ONCE = 4
"""Frames that are decoded together."""


def first_look(context: EngineContext, latents: torch.Tensor) -> Frames:
    """Make a draft. Nothing that goes wrong with the tiny decoder costs the clip.

    Args:
        context: where the decoder is.
        latents: ``[T, 4, h, w]``, scaled, as they are expected to become.

    Returns:
        uint8 ``[T, H, W, 3]`` of the size that :func:`engine.diffusion.preview.draft_frames` gives.
    """
    folder = context.store.path(TAESD)
    if folder.is_dir():
        try:
            decoder = context.model_cache.get(
                TAESD,
                lambda: load(AutoencoderTiny, folder, device=context.device, dtype=dtype_for(context.device)),
                size_of,
                park=lambda model: model.to("cpu"),
                files=[folder],
            )
            return decoded(decoder.to(latents.device), latents)
        except RenderFailed as error:
            sys.stderr.write(f"{TAESD} cannot be used: {error}\n")
        except Exception as error:
            if not is_out_of_memory(error):
                raise
    return draft_frames(latents, DRAFT_MAP)


def decoded(decoder: Any, latents: torch.Tensor) -> Frames:
    """Decode all frames, a few at a time, and make them as small as drafts are."""
    size, parts = draft_size(latents), []
    with torch.no_grad():
        for few in latents.to(decoder.dtype).split(AT_ONCE):
            whole = decoder.decode(few, return_dict=False)[0].float()
            parts.append(torch.nn.functional.interpolate(whole, size=size, mode="area"))
        levels = torch.cat(parts).nan_to_num(-1.0).mul_(127.5).add_(127.5).clamp_(0, 255).round_()
        pixels: Frames = levels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return pixels
