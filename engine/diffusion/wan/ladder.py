"""What a family of Wan's gives up for memory, and what it needs on each rung."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.core.precision import precision_of
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.core.video_model import LATENT_FRAMES, Footprint, Version, count
from engine.diffusion.ladder import Phase, Rung

OFFLOAD = Rung(name="offload", about=Sentence("models took turns on the GPU to save memory (same picture)"))
HALF = Rung(
    name="half",
    about=Sentence("frames decoded in bfloat16 to save memory (slightly rounded)"),
    helps=frozenset({Phase.DECODE}),
)
TILES = Rung(
    name="tiles",
    about=Sentence("frames decoded in tiles to save memory (seams are blended)"),
    helps=frozenset({Phase.DECODE}),
)
STREAM = Rung(
    name="stream",
    about=Sentence("layers moved to the GPU one by one to save memory (same picture, slower)"),
    helps=frozenset({Phase.DENOISE}),
)

SHORTER = Rung(
    name="shorter",
    about=Sentence("drawn in shorter pieces and joined to save memory"),
    helps=frozenset({Phase.DENOISE}),  # what is denoised already is as long as it is
)

RUNGS = (OFFLOAD, HALF, TILES, STREAM)
"""First what costs a second, then what rounds, then what can be seen, then what costs minutes."""

HALF_SHARE = 0.52
"""Of what a decode takes in float32, in bfloat16; of the VAE's weights, it is a half."""

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
    """Bytes of the models, and of those of them that are on the card.

    Attributes:
        second: of the second expert, where there are two.
    """

    transformer: int
    vae: int
    second: int = 0
    present: int = 0


def costs(version: Version, recipe: Recipe, weights: Weights, *, go: int, encoded: int) -> tuple[int, ...]:
    """Bytes that a take needs on the card, weights included, with the first 0, 1, 2, … rungs in force.

    The text encoder is not among them: it has done its work by then.

    Args:
        version: of the model.
        recipe: what is drawn.
        weights: of the models.
        go: frames that are drawn in one go.
        encoded: frames that are encoded at a time before it is drawn; 0: none.
    """
    size = version.grid(recipe.width, recipe.height)
    takes = activations(version.footprint, *size, go, encoded=encoded)
    transformer, vae = max(weights.transformer, weights.second), weights.vae
    layers = math.ceil(LAYERS_HELD * transformer)
    # Frames are encoded in float32, whatever they are decoded in.
    whole = max(math.ceil(vae / 2) + takes.half, vae + takes.encode)
    tiles = _in_tiles(takes, vae)
    all_at_once = (
        transformer + weights.second + vae + max(takes.step, takes.decode, takes.encode),
        max(transformer + takes.step, vae + max(takes.decode, takes.encode)),
        max(transformer + takes.step, whole),
        max(transformer + takes.step, tiles),
        max(layers + (vae if encoded else 0) + takes.step, tiles),
    )
    if SHORTER not in rungs_of(version):
        return all_at_once
    takes = activations(version.footprint, *size, shorter(go), encoded=max(1, encoded))
    less = max(layers + vae + takes.step, _in_tiles(takes, vae))
    return (*all_at_once, min(all_at_once[-1], less))


def _in_tiles(takes: Activations, vae: int) -> int:
    """Bytes of the VAE at work where it decodes and encodes in tiles."""
    return max(math.ceil(vae / 2) + takes.half_tiles, vae + takes.encode_tiles)


def usual_costs_of(
    version: Version, recipe: Recipe, *, encoded: int
) -> tuple[tuple[Rung, ...], tuple[int, ...]]:
    """The rungs, and the bytes needed on each, with weights of the usual size.

    Args:
        version: of the model.
        recipe: what is drawn.
        encoded: see :func:`costs`.
    """
    transformer = version.transformer_in(precision_of(recipe))
    second = transformer if version.boundary else 0
    weights = Weights(transformer=transformer, second=second, vae=version.vae)
    go = min(count(recipe.frames), version.trained_frames)
    return rungs_of(version), costs(version, recipe, weights, go=go, encoded=encoded)


@dataclass(frozen=True, kw_only=True)
class Activations:
    """Bytes of a step; of a decode in float32, in bfloat16, in tiles of that; of an encode, and in tiles."""

    step: int
    decode: int
    half: int
    half_tiles: int
    encode: int
    encode_tiles: int


def activations(footprint: Footprint, width: int, height: int, frames: int, *, encoded: int) -> Activations:
    """What a clip's activations take.

    Args:
        footprint: the model's.
        width, height, frames: of the clip.
        encoded: frames that are encoded at a time before it is drawn, those whose look is taken with them;
            0: none.
    """
    pixels = width * height
    tokens = ((max(frames, encoded) - 1) // LATENT_FRAMES + 1) * pixels // footprint.token_pixels
    beside = pixels * encoded * footprint.encoded_frame
    encode = pixels * footprint.encode + beside if encoded else 0
    decode = pixels * (footprint.decode + frames * footprint.decoded_frame)
    tiles = footprint.tile + pixels * frames * footprint.tiled_frame
    return Activations(
        step=max(tokens * footprint.step, footprint.unpacked) + pixels * encoded * footprint.held,
        decode=decode,
        half=math.ceil(HALF_SHARE * decode),
        half_tiles=math.ceil(HALF_SHARE * tiles),
        encode=encode,
        encode_tiles=min(encode, footprint.encoded_tile + beside) if footprint.encoded_tile else encode,
    )
