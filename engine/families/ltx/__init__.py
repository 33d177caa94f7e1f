"""LTX-2.3, distilled: words, or a picture and words, become a clip with its sound in 8 steps.

This module can be imported without torch; :mod:`engine.families.ltx.draw` draws. Sources: the model card
diffusers/LTX-2.3-Distilled-Diffusers, and what LTX2Pipeline and LTX2ImageToVideoPipeline of diffusers
insist on.
"""

from __future__ import annotations

import math

from engine.core import precision
from engine.core.device import GIB
from engine.core.family_spec import FamilySpec, Outline, Tuned, Way
from engine.core.precision import Precision
from engine.core.recipe import Kind, Quality
from engine.core.request import Feature
from engine.core.sentence import Sentence
from engine.planning.prompting import construct, movement
from engine.weights import licences
from engine.weights.model_spec import MB, WHOLE, HubSource, ModelSpec

ENTRY, WORDS = "ltx-2.3-distilled", "ltx-2.3-words"
"""The catalogue's names: what draws and sounds, and what reads."""

FPS = 24
"""Frames per second of the clips that it learned from."""

MULTIPLE, LATENT_FRAMES = 32, 8
"""Of both sides, in pixels; and frames of the clip that one latent frame stands for, after the first."""

LONGEST = 257
"""Frames: more than ten seconds, and no more than the authors' own examples have."""

STEPS, GUIDANCE = 8, 1.0
"""What it was distilled to."""

TRANSFORMER, EIGHT_BITS, VAE = 38_000_000_000, 19_000_000_000, 1_450_000_000
"""Bytes of its models on a card: those of their files, and of the transformer in 8 bits."""

STEP, STEP_FROM_PICTURE = 152_000, 308_000
"""Bytes of a pass for each token, as ``benchmarks/meta_memory.py`` counts them at full size. With a first
frame, each token is told its own level of noise."""

DECODED, DECODED_IN_TILES = 73, 22
"""Bytes of decoding a clip, for each pixel of each frame; counted likewise."""


def count(frames: int) -> int:
    """One frame, and whole groups of eight after it."""
    return frames + (1 - frames) % LATENT_FRAMES


def grid(width: int, height: int) -> tuple[int, int]:
    """The size that is drawn for a frame: it may be a few pixels larger, and the edges are cut off.

    The decoder mirrors its latents at the edges, so there are two of them on each side at least.
    """
    across, down = (max(2, math.ceil(side / MULTIPLE)) * MULTIPLE for side in (width, height))
    return across, down


def tokens(width: int, height: int, frames: int) -> int:
    """Tokens of a clip of the size that is drawn."""
    return (width // MULTIPLE) * (height // MULTIPLE) * ((count(frames) - 1) // LATENT_FRAMES + 1)


def transformer_in(kept: Precision) -> int:
    """Bytes of the transformer, by how its weights are kept."""
    return EIGHT_BITS if kept in precision.EIGHT_BITS else TRANSFORMER


def tune(outline: Outline) -> Tuned:
    """Settle what only this family knows. It has no guidance, so there is nothing to steer away from."""
    request, subject = outline.request, outline.subject
    made = construct(
        request.prompt,
        raw=request.raw,
        shows=None if subject is None else subject.shows,
        is_drawing=subject is not None and subject.is_drawing,
    )
    # It has no other ear for the camera's path and the amount of motion than the words.
    moves, why = movement(request.camera, request.motion, raw=request.raw)
    return Tuned(words=", ".join([made.text, *moves]), reasons=(*made.reasons, *why))


_AREA = {Quality.FAST: 704 * 384, Quality.BALANCED: 960 * 544, Quality.BEST: 1280 * 704}


def _way(quality: Quality) -> Way:
    """The same eight steps, at another size. Its transformer is on the card, and its models take turns."""
    step = (_AREA[quality] // MULTIPLE**2) * ((121 - 1) // LATENT_FRAMES + 1) * STEP_FROM_PICTURE
    beside = step + GIB // 2  # CUDA's own
    resident = {each: transformer_in(each) + beside for each in (Precision.BF16, *precision.EIGHT_BITS)}
    return Way(
        name="distilled-8",
        about=Sentence("8 steps of the distilled model, with sound"),
        steps=STEPS,
        guidance=GUIDANCE,
        memory=resident[Precision.BF16],
        resident=resident,
    )


SPEC = FamilySpec(
    name="ltx",
    ladder=f"{__name__}.ladder:usual_costs",
    target=f"{__name__}.draw:LtxFamily",
    kinds=frozenset({Kind.TEXT2VIDEO, Kind.ANIMATE}),
    needs_picture=False,
    max_native_fps=FPS,
    min_native_fps=FPS,
    about=Sentence(
        "LTX-2.3 with 22 billion parameters: a clip and its sound, from a prompt, or from a picture"
    ),
    rank=40,  # after all others, which are smaller; whoever asks for sound gets it first
    weights=(ENTRY, WORDS),
    ways={quality: (_way(quality),) for quality in Quality},
    features=frozenset({Feature.PROMPT, Feature.CAMERA, Feature.FIRST_FRAME, Feature.SOUND}),
    heeds_faces=True,
    area=_AREA,
    trained_sizes=((1280, 704), (704, 1280)),
    multiple=MULTIPLE,
    longest=LONGEST,
    count=count,
    tune=tune,
)

_REPO, _COMMIT = "diffusers/LTX-2.3-Distilled-Diffusers", "432e0d3c2d1769aaa4d295f9243f7062bf6b47ee"

WEIGHTS = (
    ModelSpec(
        name=ENTRY,
        about="LTX-2.3 distilled: a clip with sound, from a prompt or a picture; needs ltx-2.3-words",
        source=HubSource(
            repo=_REPO,
            revision=_COMMIT,
            files=(
                "transformer/config.json",
                "transformer/*.safetensors*",
                "vae/config.json",
                f"vae/{WHOLE}",
                "audio_vae/config.json",
                f"audio_vae/{WHOLE}",
                "vocoder/config.json",
                f"vocoder/{WHOLE}",
            ),
        ),
        licence=licences.LTX,
        size=39_900 * MB,
    ),
    ModelSpec(
        name=WORDS,
        about="Gemma 3 and connectors: read the words for LTX-2.3",
        source=HubSource(
            repo=_REPO,
            revision=_COMMIT,
            files=(
                "text_encoder/config.json",
                "text_encoder/*.safetensors*",
                "connectors/config.json",
                "connectors/*.safetensors*",
                "tokenizer/special_tokens_map.json",
                "tokenizer/tokenizer.json",
                "tokenizer/tokenizer.model",
                "tokenizer/tokenizer_config.json",
            ),
        ),
        licence=licences.LTX_WITH_GEMMA,
        size=55_080 * MB,
    ),
)
