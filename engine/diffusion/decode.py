"""From latents to frames, a few at a time: nothing is ever held as floats but one chunk."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from engine.core.errors import HopelessTake
from engine.core.family import Frames, Hooks
from engine.core.sentence import Sentence


def decode(
    vae_decode: Callable[[torch.Tensor], torch.Tensor],
    latents: torch.Tensor,
    *,
    chunk: int,
    hooks: Hooks,
    begin: float,
    end: float,
) -> Frames:
    """Decode a clip chunk by chunk.

    Args:
        vae_decode: latents ``[n, C, h, w]`` → float ``[n, 3, H, W]`` in -1 … 1. It does the scaling.
        latents: ``[T, C, h, w]``, scaled and of the dtype that ``vae_decode`` wants.
        chunk: frames at a time, at least 1. A temporal decoder (SVD) looks across them: there it is part of
            the picture.
        hooks: asked before each chunk whether to stop, told after it of progress.
        begin, end: the shares of the take at which decoding begins and ends.

    Returns:
        uint8 ``[T, H, W, 3]``.

    Raises:
        Cancelled: a stop was asked for.
        HopelessTake: a number is not finite; as a byte it would look like a black pixel.
    """
    frames: Frames | None = None
    total = len(latents)
    for first in range(0, total, chunk):
        hooks.cancel.check()
        part = latents[first : first + chunk]
        with torch.no_grad():  # grad mode is each thread's own, and on in a new one
            pixels = _to_bytes(vae_decode(part))
        if frames is None:
            frames = np.empty((total, *pixels.shape[1:]), np.uint8)
        frames[first : first + len(part)] = pixels
        hooks.progress(begin + (end - begin) * min(1.0, (first + chunk) / total))
    if frames is None:
        raise ValueError("there are no latents to decode")
    return frames


def _to_bytes(decoded: torch.Tensor) -> Frames:
    """Float ``[n, 3, H, W]`` in -1 … 1 → uint8 ``[n, H, W, 3]``, converted where it is, moved once."""
    if not bool(torch.isfinite(decoded).all()):
        raise HopelessTake(Sentence("it contains invalid numbers"))
    levels = decoded.float().mul(127.5).add_(127.5).clamp_(0, 255).round_()
    pixels: Frames = levels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return pixels
