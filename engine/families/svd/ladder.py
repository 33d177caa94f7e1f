"""What Stable Video Diffusion gives up for memory, and what it needs on each rung."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.diffusion.ladder import Phase, Rung
from engine.families.svd.levers import deep_every

_DENOISE, _DECODE = (frozenset({phase}) for phase in (Phase.DENOISE, Phase.DECODE))

OFFLOAD = Rung(name="offload", about=Sentence("models took turns on the GPU to save memory (same picture)"))
CHUNKED = Rung(
    name="chunked",
    about=Sentence("layers worked in smaller parts to save memory (same picture)"),
    helps=_DENOISE,
)
STREAMED = Rung(
    name="streamed",
    about=Sentence("layers moved to the GPU one by one to save memory (slower)"),
    helps=_DENOISE,
)
SMALLER_DECODE = Rung(
    name="decode",
    about=Sentence("frames decoded two at a time to save memory (may flicker more)"),
    helps=_DECODE,
)
SHORTER = Rung(
    name="shorter", about=Sentence("drawn in shorter pieces and joined to save memory"), helps=_DENOISE
)

RUNGS = (OFFLOAD, CHUNKED, STREAMED, SMALLER_DECODE, SHORTER)
"""First what only costs time, then what changes the picture."""

# Bytes for each pixel of a frame, and of a pass, in half precision, as benchmarks/meta_memory.py counts them.
STEP_BYTES = 285
"""Of a denoising step; the feed-forward layers' widening takes most of it."""
CHUNKED_STEP_BYTES = 165
DEEP_BYTES = 10
"""Of what the deep layers found, where it is kept from step to step: 320 channels for 8×8 pixels."""
DECODE_BYTES = 2050
LAYERS_HELD = 0.05
"""The share of a streamed model that is on the card at a time: a layer, and the next one."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Bytes of the models, and of those of them that are on the card."""

    vae: int
    image_encoder: int
    unet: int
    present: int = 0

    @property
    def all(self) -> int:
        """Bytes of all three."""
        return self.vae + self.image_encoder + self.unet


USUAL = Weights(vae=196 * 2**20, image_encoder=1205 * 2**20, unet=2909 * 2**20)
"""Of SVD-XT in half precision."""


def usual_costs(recipe: Recipe) -> tuple[tuple[Rung, ...], tuple[int, ...]]:
    """The rungs, and the bytes needed on each, with weights of the usual size."""
    return RUNGS, costs(recipe, USUAL)


def costs(recipe: Recipe, weights: Weights) -> tuple[int, ...]:
    """Bytes that a take needs on the card, weights included, with the first 0, 1, 2, … rungs in force."""
    pixels = recipe.width * recipe.height
    frames = min(recipe.frames, int(recipe.setting("go")))
    half = math.ceil(frames / 2)
    passes = 2 if recipe.guidance > 1 else 1
    chunk = min(frames, int(recipe.setting("decode_chunk")))
    layers = math.ceil(LAYERS_HELD * weights.unet)
    kept = DEEP_BYTES if deep_every(recipe) > 1 else 0
    step, small_step = (frames * passes * pixels * (each + kept) for each in (STEP_BYTES, CHUNKED_STEP_BYTES))
    decoded, few_decoded = (count * pixels * DECODE_BYTES for count in (chunk, min(chunk, 2)))
    return (
        weights.all + max(step, decoded),
        max(weights.unet + step, weights.vae + decoded),
        max(weights.unet + small_step, weights.vae + decoded),
        weights.vae + max(layers + small_step, decoded),
        weights.vae + max(layers + small_step, few_decoded),
        weights.vae + max(layers + small_step * half // frames, few_decoded),
    )


def chunk_forward(unet: Any, size: int | None) -> None:
    """Turn feed-forward chunking on or off; the model itself can only turn it on."""
    for module in unet.modules():
        if hasattr(module, "set_chunk_feed_forward"):
            module.set_chunk_feed_forward(chunk_size=size, dim=0)
