"""Clips longer than a motion adapter can hold, and words by frame: FreeNoise's sliding windows.

H. Qiu et al., FreeNoise: Tuning-Free Longer Video Diffusion via Noise Rescheduling, arXiv 2310.15169.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STRIDE = 4
"""Frames from one window to the next: windows of 16 frames share 12."""


@contextmanager
def sliding_windows(freenoise: Any, models: tuple[Any, ...], *, length: int) -> Iterator[None]:
    """Let models look at a clip in windows, for the body of the ``with``.

    Args:
        freenoise: a pipeline with FreeNoise and the same UNet; it rebuilds the blocks. The one that will run,
            where that has it.
        models: the UNet first; a SparseCtrl beside it has motion modules of its own.
        length: frames of a window; neither more than the clip has, nor than the motion adapter can hold.
    """
    unet, *others = models
    try:
        freenoise.enable_free_noise(context_length=length, context_stride=STRIDE)
        for model in others:
            for block in _blocks(model):
                freenoise._enable_free_noise_in_block(block)  # noqa: SLF001 - the library knows UNets only
                _complete(block)
        yield
    finally:
        # Not disable_free_noise(): it stumbles over a middle block without motion, and leaves half undone.
        freenoise._free_noise_context_length = None  # noqa: SLF001 - what that function does first
        for model in (unet, *others):
            for block in _blocks(model):
                freenoise._disable_free_noise_in_block(block)  # noqa: SLF001 - what it does then


def _blocks(model: Any) -> list[Any]:
    """Blocks with motion modules."""
    blocks = [*model.down_blocks, model.mid_block, *getattr(model, "up_blocks", ())]
    return [block for block in blocks if hasattr(block, "motion_modules")]


def _complete(block: Any) -> None:
    """SparseCtrl's motion modules attend once, a UNet's twice; the rebuilt ones forget to say so."""
    for module in block.motion_modules:
        for transformer in module.transformer_blocks:
            if not hasattr(transformer, "attn2"):
                transformer.attn2 = None
