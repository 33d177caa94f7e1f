"""What LTX gives up for memory, and what it needs on each rung."""

from __future__ import annotations

import math

from engine.core.precision import precision_of
from engine.core.recipe import Recipe, Role
from engine.core.sentence import Sentence
from engine.diffusion.ladder import Phase, Rung
from engine.families.ltx import (
    DECODED,
    DECODED_IN_TILES,
    STEP,
    STEP_FROM_PICTURE,
    VAE,
    grid,
    tokens,
    transformer_in,
)

OFFLOAD = Rung(name="offload", about=Sentence("models took turns on the GPU to save memory (same picture)"))
TILES = Rung(
    name="tiles",
    about=Sentence("frames decoded in tiles to save memory (seams are blended)"),
    helps=frozenset({Phase.DECODE}),
)
STREAM = Rung(
    name="stream",
    about=Sentence("blocks moved to the GPU one by one to save memory (same picture, slower)"),
    helps=frozenset({Phase.DENOISE}),
)

RUNGS = (OFFLOAD, TILES, STREAM)
"""First what costs a second, then what can be seen, then what costs minutes."""

BLOCKS_HELD = 0.06
"""The share of the streamed transformer that is on the card at a time: two of its 48 blocks, and the rest."""


def usual_costs(recipe: Recipe) -> tuple[tuple[Rung, ...], tuple[int, ...]]:
    """The rungs, and the bytes needed on each, with weights of the usual size."""
    return RUNGS, costs(
        recipe, transformer_in(precision_of(recipe)), VAE, from_picture=Role.PICTURE in recipe.inputs
    )


def costs(recipe: Recipe, transformer: int, vae: int, *, from_picture: bool) -> tuple[int, ...]:
    """Bytes that a take needs on the card, weights included, with the first 0, 1, 2, … rungs in force.

    What reads the words is not among them: it has done its work by then.

    Args:
        recipe: what is drawn.
        transformer, vae: bytes of the models.
        from_picture: whether it begins with a picture.
    """
    width, height = grid(recipe.width, recipe.height)
    step = tokens(width, height, recipe.frames) * (STEP_FROM_PICTURE if from_picture else STEP)
    pixels = width * height * recipe.frames
    whole, tiled = pixels * DECODED, pixels * DECODED_IN_TILES
    held = math.ceil(BLOCKS_HELD * transformer) + vae
    return (
        transformer + vae + max(step, whole),
        max(transformer + step, vae + whole),
        max(transformer + step, vae + tiled),
        max(held + step, vae + tiled),
    )
