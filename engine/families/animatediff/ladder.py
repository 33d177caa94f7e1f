"""What AnimateDiff gives up for memory, and what it needs on each rung."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from engine.core.device import Device
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.diffusion.ladder import Phase, Rung
from engine.diffusion.streaming import streamed

_DENOISE, _DECODE = (frozenset({phase}) for phase in (Phase.DENOISE, Phase.DECODE))

FEW = Rung(
    name="few", about=Sentence("frames decoded one at a time to save memory (same picture)"), helps=_DECODE
)
OFFLOAD = Rung(name="offload", about=Sentence("models took turns on the GPU to save memory (same picture)"))
CHUNKED = Rung(
    name="chunked",
    about=Sentence("layers worked in smaller parts to save memory (same picture)"),
    helps=_DENOISE,
)
STREAMED = Rung(
    name="streamed",
    about=Sentence("layers moved to the GPU one by one to save memory (same picture, slower)"),
    helps=_DENOISE,
)
TILED = Rung(
    name="tiled", about=Sentence("frames decoded in tiles to save memory (seams are blended)"), helps=_DECODE
)

RUNGS = (FEW, OFFLOAD, CHUNKED, STREAMED, TILED)
"""First what costs the least time, last what can be seen."""

DECODE_CHUNK = 4
"""Frames decoded at a time. Each is decoded by itself, so this is no part of the picture."""

# Bytes for each pixel of a frame, and of a pass, in half precision, as benchmarks/meta_memory.py counts them.
STEP_BYTES = 265
"""Of a denoising step: the widened feed-forward of the topmost layers, and what is kept for the way up."""
CHUNKED_STEP_BYTES = 155
DECODE_BYTES = 1540
TILED_BYTES = 1230
HELD = 0.1
"""What stays on the card of streamed models: the decoder, and two layers; a share of the largest model."""


USUAL_MODELS, USUAL_UNET = 2837 * 2**20, 2438 * 2**20
"""Bytes in half precision: of all models of Stable Diffusion 1.5 with a motion adapter, and of the UNet."""


def usual_costs(recipe: Recipe, others: int = 0) -> tuple[tuple[Rung, ...], tuple[int, ...]]:
    """The rungs, and the bytes needed on each, with weights of the usual size.

    Args:
        recipe: what is drawn.
        others: bytes of models beside AnimateDiff's own.
    """
    return RUNGS, costs(recipe, all_models=USUAL_MODELS + others, largest=USUAL_UNET)


def decode_chunk(rungs: Sequence[str]) -> int:
    """Frames that are decoded at a time."""
    return 1 if FEW.name in rungs else DECODE_CHUNK


def costs(recipe: Recipe, *, all_models: int, largest: int) -> tuple[int, ...]:
    """Bytes that a take needs on the card, with the first 0, 1, 2, … rungs in force.

    Args:
        all_models: bytes of all models together.
        largest: bytes of the largest of them, beside which the others wait.
    """
    pixels = recipe.width * recipe.height
    passes = 2 if recipe.guidance > 1 else 1
    step, small_step = (recipe.frames * passes * pixels * each for each in (STEP_BYTES, CHUNKED_STEP_BYTES))
    decoded = pixels * DECODE_BYTES
    held = math.ceil(HELD * largest)
    return (
        all_models + max(step, DECODE_CHUNK * decoded),
        all_models + max(step, decoded),
        largest + max(step, decoded),
        largest + max(small_step, decoded),
        held + max(small_step, decoded),
        held + max(small_step, pixels * TILED_BYTES),
    )


@contextmanager
def placed(pipe: Any, rungs: Sequence[str], device: Device) -> Iterator[None]:
    """Put a pipeline where the rungs say, for the body of the ``with``; then undo what others would see.

    An error in the middle would leave hooks of a pipeline that is gone on the models that it shared.
    """
    where = device.kind.value
    try:
        if CHUNKED.name in rungs:
            chunk_forward(pipe.unet, 1)
        if TILED.name in rungs:
            pipe.vae.enable_tiling()
        if STREAMED.name in rungs:
            with streamed(_all_but_the_decoder(pipe), device):
                pipe.vae.to(where)
                yield
            return
        if OFFLOAD.name in rungs:
            pipe.enable_model_cpu_offload(device=where)
        else:
            pipe.to(where)
        yield
    finally:
        pipe.vae.disable_tiling()
        chunk_forward(pipe.unet, None)
        pipe.remove_all_hooks()


def chunk_forward(unet: Any, size: int | None) -> None:
    """Turn feed-forward chunking on or off.

    The model's own switch cuts motion modules along batch, height and width: with 16 frames of 512×512 that
    makes 54,912 calls a step of the 36 there were. Along their frames they are 16 each.
    """
    for name, module in unet.named_modules():
        if hasattr(module, "set_chunk_feed_forward"):
            module.set_chunk_feed_forward(chunk_size=size, dim=1 if "motion_modules" in name else 0)


def _all_but_the_decoder(pipe: Any) -> tuple[Any, ...]:
    """The models that work in a step. The motion adapter's weights are the UNet's own by now."""
    models = {name: model for name, model in pipe.components.items() if isinstance(model, torch.nn.Module)}
    return tuple(model for name, model in models.items() if name not in {"vae", "motion_adapter"})
