"""What Wan gives up for memory, and what it needs on each rung."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.core.recipe import Recipe
from engine.diffusion.ladder import Phase, Rung
from engine.families.wan import VERSIONS, Footprint, Version, count, grid

OFFLOAD = Rung(name="offload", about="models took turns on the GPU to save memory (same picture)")
TILES = Rung(
    name="tiles",
    about="frames decoded in tiles to save memory (seams are blended)",
    helps=frozenset({Phase.DECODE}),
)
STREAM = Rung(
    name="stream",
    about="layers moved to the GPU one by one to save memory (same picture, slower)",
    helps=frozenset({Phase.DENOISE}),
)

SHORTER = Rung(
    name="shorter",
    about="drawn in shorter pieces and joined to save memory",
    helps=frozenset({Phase.DENOISE}),  # what is denoised already is as long as it is
)

RUNGS = (OFFLOAD, TILES, STREAM)
"""First what costs a second, then what can be seen, then what costs minutes."""

LAYERS_HELD = 0.05
"""The share of a streamed model that is on the card at a time: a layer, and the next one."""

BLOCKS_HELD = 0.3
"""The share of the text encoder that is on the card while its blocks come one by one: its table of words is a
fifth of it, and two of its 24 blocks are another 7 percent."""

READING = 350 * 2**20
"""Bytes that reading a prompt takes beside the text encoder."""


def rungs_of(version: Version) -> tuple[Rung, ...]:
    """The ladder of a version: only one that begins with a picture can go on from its last frame."""
    return (*RUNGS, SHORTER) if version.times_each_token else RUNGS


def shorter(go: int) -> int:
    """Frames of a shorter go."""
    return count(math.ceil(go / 2))


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Bytes of the models, and of those of them that are on the card."""

    transformer: int
    vae: int
    present: int = 0


def costs(recipe: Recipe, weights: Weights, *, go: int, from_picture: bool) -> tuple[int, ...]:
    """Bytes that a take needs on the card, weights included, with the first 0, 1, 2, … rungs in force.

    The text encoder is not among them: it has done its work by then.

    Args:
        recipe: what is drawn.
        weights: of the models.
        go: frames that are drawn in one go.
        from_picture: whether the first frame is encoded.
    """
    version = VERSIONS[recipe.engine]
    width, height = grid(version, recipe.width, recipe.height)
    step, whole, tiled, encode = activations(version.footprint, width, height, go, from_picture=from_picture)
    transformer, vae = weights.transformer, weights.vae
    held = math.ceil(LAYERS_HELD * transformer) + (vae if from_picture else 0)
    all_at_once = (
        transformer + vae + max(step, whole, encode),
        max(transformer + step, vae + max(whole, encode)),
        max(transformer + step, vae + max(tiled, encode)),
        max(held + step, vae + max(tiled, encode)),
    )
    if SHORTER not in rungs_of(version):
        return all_at_once
    step, _, tiled, encode = activations(version.footprint, width, height, shorter(go), from_picture=True)
    held = math.ceil(LAYERS_HELD * transformer) + vae
    return (*all_at_once, min(all_at_once[-1], max(held + step, vae + max(tiled, encode))))


def usual_costs(recipe: Recipe) -> tuple[tuple[Rung, ...], tuple[int, ...]]:
    """The rungs, and the bytes needed on each, with weights of the usual size."""
    version = VERSIONS[recipe.engine]
    needed = costs(
        recipe,
        Weights(transformer=version.transformer, vae=version.vae),
        go=min(count(recipe.frames), version.trained_frames),
        from_picture=bool(recipe.inputs),
    )
    return rungs_of(version), needed


def activations(
    footprint: Footprint, width: int, height: int, frames: int, *, from_picture: bool
) -> tuple[int, int, int, int]:
    """Bytes of a step, of a decode as a whole and in tiles, and of encoding the first frame."""
    pixels = width * height
    tokens = ((frames - 1) // 4 + 1) * pixels // footprint.token_pixels
    return (
        tokens * footprint.step,
        pixels * (footprint.decode + frames * footprint.decoded_frame),
        footprint.tile + pixels * frames * footprint.tiled_frame,
        pixels * footprint.encode if from_picture else 0,
    )
