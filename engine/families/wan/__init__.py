"""Wan: 2.1 with 1.3 billion parameters (words), and 2.2 TI2V with 5 billion (words, and a first frame).

This module can be imported without torch; :mod:`engine.families.wan.draw` draws. Both versions are
Apache-2.0. Sources: the model cards Wan-AI/Wan2.1-T2V-1.3B-Diffusers and Wan-AI/Wan2.2-TI2V-5B-Diffusers,
FastVideo/FastWan2.1-T2V-1.3B-Diffusers, and what diffusers' WanPipeline insists on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from engine.core.draft_map import DraftMap
from engine.core.family_spec import FamilySpec, Feature, Outline, Tuned, Way
from engine.core.recipe import Kind, Quality
from engine.planning.prompting import construct, movement
from engine.weights import licences
from engine.weights.model_spec import GB, MB, WHOLE, HubSource, ModelSpec

GIB = 2**30

LATENT_FRAMES = 4
"""Frames of the clip that one latent frame stands for; the first frame has one of its own."""

FASTWAN = "fastwan-2.1-1.3b"

DRAFT_MAP = DraftMap(  # the published fit of Wan 2.1's VAE, for latents as the transformer sees them
    weights=(
        (-0.1299, -0.1692, 0.2932),
        (0.0671, 0.0406, 0.0442),
        (0.3568, 0.2548, 0.1747),
        (0.0372, 0.2344, 0.1420),
        (0.0313, 0.0189, -0.0328),
        (0.0296, -0.0956, -0.0665),
        (-0.3477, -0.4059, -0.2925),
        (0.0166, 0.1902, 0.1975),
        (-0.0412, 0.0267, -0.1364),
        (-0.1293, 0.0740, 0.1636),
        (0.0680, 0.3019, 0.1128),
        (0.0032, 0.0581, 0.0639),
        (-0.1251, 0.0927, 0.1699),
        (0.0060, -0.0633, 0.0005),
        (0.3477, 0.2275, 0.2950),
        (0.1984, 0.0913, 0.1861),
    ),
    bias=(-0.1835, -0.0868, -0.3360),
)


@dataclass(frozen=True, kw_only=True)
class Version:
    """What tells the two apart.

    Attributes:
        entry: the catalogue's name of its weights.
        multiple: of both sides, in pixels.
        shift: how far the noise levels are moved towards noise, as its authors advise.
        trained_fps: frames per second of the clips it learned from.
        draft_map: takes its latents to colours; None where that is not known, so no draft is shown.
        costs: bytes of GPU memory for its longest clip with 0, 1, 2, … rungs in force. Estimates, from the
            weights' own sizes and room for the activations.
    """

    entry: str
    multiple: int
    shift: float
    trained_fps: int
    costs: tuple[int, ...]
    draft_map: DraftMap | None = None


WAN_21 = Version(
    entry="wan-2.1-1.3b",
    multiple=16,
    shift=8.0,
    trained_fps=16,
    costs=(20 * GIB, 13 * GIB, 12 * GIB, 5 * GIB),
    draft_map=DRAFT_MAP,
)
WAN_22 = Version(
    entry="wan-2.2-ti2v-5b",
    multiple=32,
    shift=5.0,
    trained_fps=24,
    costs=(32 * GIB, 18 * GIB, 15 * GIB, 7 * GIB),
)
VERSIONS = {"wan": WAN_21, "wan-5b": WAN_22}
"""By the family's name."""


def count(frames: int) -> int:
    """One frame, and whole groups of four after it."""
    return frames + (1 - frames) % LATENT_FRAMES


def tune(version: Version, outline: Outline) -> Tuned:
    """Settle what only this family knows.

    The setting is ``flow_shift``, which the distilled way does not have.
    """
    request, subject, way = outline.request, outline.subject, outline.way
    made = construct(
        request.prompt,
        raw=request.raw,
        faces=None if subject is None else subject.faces,
        is_drawing=subject is not None and subject.is_drawing,
    )
    # It has no other ear for the camera's path and the amount of motion than the words.
    moves, why = movement(request.camera, request.motion, raw=request.raw)
    reasons = [*made.reasons, *why]
    guided = way is not None and way.guidance > 1
    negative = (made.negative if request.negative is None else request.negative) if guided else ""
    if request.negative and not guided:
        reasons.append("this preset ignores the negative prompt")
    pace = outline.native_fps / version.trained_fps
    if pace < 0.9:  # noqa: PLR2004 - a tenth slower is not seen
        reasons.append(f"a clip this long moves at about {pace:.0%} of the model's natural pace")
    return Tuned(
        words=", ".join([made.text, *moves]),
        negative=negative,
        settings={} if way is not None and way.name == FAST.name else {"flow_shift": version.shift},
        reasons=tuple(reasons),
    )


def _way(version: Version, steps: int, guidance: float) -> Way:
    about, memory = f"{steps} steps with guidance", version.costs[1]
    return Way(name=f"unipc-{steps}", about=about, steps=steps, guidance=guidance, memory=memory)


FAST = replace(
    _way(WAN_21, 3, 1.0), name="fastwan", about="3 steps of the distilled model", weights=(FASTWAN,)
)

SPECS = (
    FamilySpec(
        name="wan",
        target=f"{__name__}.draw:WanFamily",
        kinds=frozenset({Kind.TEXT2VIDEO}),
        needs_picture=False,
        max_native_fps=WAN_21.trained_fps,
        min_native_fps=6,
        about="Wan 2.1 with 1.3 billion parameters: understands long prompts, moves well",
        rank=15,
        weights=(WAN_21.entry,),
        ways={
            Quality.FAST: (FAST, _way(WAN_21, 15, 6.0)),
            Quality.BALANCED: (_way(WAN_21, 30, 6.0),),
            Quality.BEST: (_way(WAN_21, 50, 6.0),),
        },
        features=frozenset({Feature.PROMPT, Feature.CAMERA}),
        area=dict.fromkeys(Quality, 832 * 480),
        multiple=WAN_21.multiple,
        chunk=81,
        count=count,
        tune=partial(tune, WAN_21),
    ),
    FamilySpec(
        name="wan-5b",
        target=f"{__name__}.draw:WanFamily",
        kinds=frozenset({Kind.TEXT2VIDEO, Kind.ANIMATE}),
        needs_picture=False,
        max_native_fps=WAN_22.trained_fps,
        min_native_fps=6,
        about="Wan 2.2 with 5 billion parameters: from a prompt, or from a picture as the first frame",
        rank=16,
        weights=(WAN_22.entry,),
        ways={
            Quality.FAST: (_way(WAN_22, 20, 5.0),),
            Quality.BALANCED: (_way(WAN_22, 30, 5.0),),
            Quality.BEST: (_way(WAN_22, 50, 5.0),),
        },
        features=frozenset({Feature.PROMPT, Feature.CAMERA, Feature.FIRST_FRAME}),
        heeds_faces=True,
        area={Quality.FAST: 832 * 480, Quality.BALANCED: 960 * 544, Quality.BEST: 1280 * 704},
        multiple=WAN_22.multiple,
        chunk=121,
        count=count,
        tune=partial(tune, WAN_22),
    ),
)

_FILES = (
    "model_index.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/*.safetensors",
    "text_encoder/model.safetensors.index.json",
    "tokenizer/special_tokens_map.json",
    "tokenizer/spiece.model",
    "tokenizer/tokenizer.json",
    "tokenizer/tokenizer_config.json",
    "transformer/config.json",
    "transformer/*.safetensors*",
    "vae/config.json",
    f"vae/{WHOLE}",
)

WEIGHTS = (
    ModelSpec(
        name=WAN_21.entry,
        about="Wan 2.1 1.3B: makes a clip from a prompt",
        source=HubSource(
            repo="Wan-AI/Wan2.1-T2V-1.3B-Diffusers",
            revision="0fad780a534b6463e45facd96134c9f345acfa5b",
            files=_FILES,
        ),
        licence=licences.APACHE,
        size=28_930 * MB,
        memory={"offload": 11 * GB},
    ),
    ModelSpec(
        name=FASTWAN,
        about="FastWan 2.1 1.3B: Wan in 3 steps; its transformer, beside wan-2.1-1.3b",
        source=HubSource(
            repo="FastVideo/FastWan2.1-T2V-1.3B-Diffusers",
            files=("transformer/config.json", "transformer/*.safetensors*"),
        ),
        licence=licences.APACHE,
        size=2_840 * MB,
        memory={"offload": 11 * GB},
    ),
    ModelSpec(
        name=WAN_22.entry,
        about="Wan 2.2 5B: makes a clip from a prompt, or from a picture and a prompt",
        source=HubSource(
            repo="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
            revision="b8fff7315c768468a5333511427288870b2e9635",
            files=_FILES,
        ),
        licence=licences.APACHE,
        size=34_200 * MB,
        memory={"whole": 24 * GB, "offload": 8 * GB},
    ),
)
