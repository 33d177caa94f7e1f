"""Wan 2.2 A14B: two experts of 14 billion parameters, the first for much noise and the second for little.

This module can be imported without torch; :mod:`engine.families.wan_a14b.draw` draws. Apache-2.0. Sources:
the model cards Wan-AI/Wan2.2-T2V-A14B-Diffusers, QuantStack/Wan2.2-T2V-A14B-GGUF and -I2V-, and
lightx2v/Wan2.2-Distill-Loras; the configurations in the authors' own code (shift, guidance, boundary); what
diffusers' WanPipeline and WanImageToVideoPipeline insist on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from engine.core.device import GIB
from engine.core.family_spec import FamilySpec, Outline, Tuned, Way
from engine.core.precision import PACKAGES, Precision
from engine.core.recipe import Kind, Quality
from engine.core.request import Feature
from engine.core.sentence import Sentence
from engine.core.video_model import UMT5, Footprint, Version, count
from engine.families.wan import tune as tune_wan
from engine.families.wan.draft_maps import WAN_21_MAP
from engine.weights import licences
from engine.weights.model_spec import MB, WHOLE, HubSource, ModelSpec

ENTRY = "wan-2.2-a14b"
"""The catalogue's entry with the VAE and the experts' configuration, which all share."""

FOUR_STEPS = "lightx2v-4"
"""The way with LoRAs that were distilled to four steps."""


@dataclass(frozen=True, kw_only=True)
class Experts:
    """Files and numbers of one pair of experts.

    Attributes:
        version: what the ladder and the sampler need.
        high, low: files of the version's entry, for much and for little noise.
        loras: the entry of the LoRAs for four steps.
        high_lora, low_lora: its files.
        channels: that go into a transformer.
        guidance, guidance_low: of each expert.
    """

    version: Version
    high: str
    low: str
    loras: str
    high_lora: str
    low_lora: str
    channels: int
    guidance: float
    guidance_low: float


_FOOTPRINT = Footprint(
    token_pixels=16 * 16,
    step=114_000,
    unpacked=458_000_000,
    decode=19_500,
    decoded_frame=12,
    tile=1_270_000_000,
    tiled_frame=18,
    encode=0,
)
"""Of an expert; the VAE is Wan 2.1's."""

_T2V = Version(
    entry="wan-2.2-a14b-t2v",
    multiple=16,
    shift=12.0,
    trained_fps=16,
    trained_frames=81,
    area=832 * 480,
    times_each_token=False,
    draft_map=WAN_21_MAP,
    footprint=_FOOTPRINT,
    transformer=9_652_000_000,
    vae=508_000_000,
    boundary=0.875,
)
_I2V = replace(
    _T2V,
    entry="wan-2.2-a14b-i2v",
    shift=5.0,
    footprint=replace(_FOOTPRINT, encode=14_100, encoded_frame=13, encoded_tile=930_000_000),
    boundary=0.9,
)

T2V, I2V = "wan-a14b", "wan-a14b-i2v"
"""The families' names."""

EXPERTS: Mapping[str, Experts] = {
    T2V: Experts(
        version=_T2V,
        high="HighNoise/Wan2.2-T2V-A14B-HighNoise-Q4_K_M.gguf",
        low="LowNoise/Wan2.2-T2V-A14B-LowNoise-Q4_K_M.gguf",
        loras="wan-2.2-a14b-t2v-4-steps",
        high_lora="wan2.2_t2v_A14b_high_noise_lora_rank64_lightx2v_4step_1217.safetensors",
        low_lora="wan2.2_t2v_A14b_low_noise_lora_rank64_lightx2v_4step_1217.safetensors",
        channels=16,
        guidance=4.0,
        guidance_low=3.0,
    ),
    I2V: Experts(
        version=_I2V,
        high="HighNoise/Wan2.2-I2V-A14B-HighNoise-Q4_K_M.gguf",
        low="LowNoise/Wan2.2-I2V-A14B-LowNoise-Q4_K_M.gguf",
        loras="wan-2.2-a14b-i2v-4-steps",
        high_lora="wan2.2_i2v_A14b_high_noise_lora_rank64_lightx2v_4step_1022.safetensors",
        low_lora="wan2.2_i2v_A14b_low_noise_lora_rank64_lightx2v_4step_1022.safetensors",
        channels=36,  # the noise, the picture, and a mask that says where it is
        guidance=3.5,
        guidance_low=3.5,
    ),
}
"""By the family's name."""


def tune(experts: Experts, outline: Outline) -> Tuned:
    """As Wan is tuned, and ``guidance_low``, the second expert's guidance. The four steps have a fixed shift.

    Every step is drawn in full: the levers of Wan were not tried on two experts.
    """
    tuned = tune_wan(experts.version, outline)
    guided = outline.way is not None and outline.way.guidance > 1
    left_out = {"guided", "cached_every"} if guided else {"guided", "cached_every", "flow_shift"}
    settings = {name: value for name, value in tuned.settings.items() if name not in left_out}
    if guided:
        settings["guidance_low"] = experts.guidance_low
    return replace(tuned, settings=settings)


BEST_RANK, RANK = 6, 42
"""At ``best``, with words: before Wan 2.2 5B, whose authors call this the better one. Else behind all others:
nobody measured it against them."""


ROOM = 20 * GIB
"""Of a card on which it is preferred. It is counted to fit in 13 GiB; but it never ran on a card, so there
should be room for what was not counted."""


def _spec(name: str, about: str, kinds: frozenset[Kind], *features: Feature) -> FamilySpec:
    experts = EXPERTS[name]
    version = experts.version
    way = partial(Way, memory=max(ROOM, version.memory()), precision=Precision.GGUF)
    four = way(
        name=FOUR_STEPS,
        about=Sentence("4 steps with LoRAs that were distilled to them"),
        steps=4,
        guidance=1.0,
        weights=(experts.loras,),
    )
    whole = way(
        name="unipc-40",
        about=Sentence("40 steps with guidance"),
        steps=40,
        guidance=experts.guidance,
        rank=BEST_RANK,
    )
    return FamilySpec(
        name=name,
        target=f"{__name__}.draw:WanA14B",
        ladder=f"{__name__}.ladder:usual_costs",
        kinds=kinds,
        needs_picture=Feature.FIRST_FRAME in features,
        max_native_fps=version.trained_fps,
        min_native_fps=version.trained_fps,
        about=about,
        rank=RANK,
        weights=(version.entry, ENTRY, UMT5),
        packages=(PACKAGES[Precision.GGUF],),
        ways={Quality.FAST: (four,), Quality.BALANCED: (four,), Quality.BEST: (whole,)},
        features=frozenset({Feature.PROMPT, Feature.CAMERA, *features}),
        heeds_faces=Feature.FIRST_FRAME in features,
        area=dict.fromkeys(Quality, version.area),
        trained_sizes=((832, 480), (480, 832)),
        multiple=version.multiple,
        chunk=version.trained_frames,
        longest=version.trained_frames,
        count=count,
        tune=partial(tune, experts),
    )


SPECS = (
    _spec(
        T2V,
        Sentence("Wan 2.2 A14B: two experts of 14 billion parameters, from a prompt"),
        frozenset({Kind.TEXT2VIDEO}),
    ),
    _spec(
        I2V,
        Sentence("Wan 2.2 A14B: two experts of 14 billion parameters, from a picture as the first frame"),
        frozenset({Kind.ANIMATE, Kind.TEXT2VIDEO}),
        Feature.FIRST_FRAME,
    ),
)


def _weights(name: str, repo: str, commit: str, kind: str, digests: tuple[str, str]) -> ModelSpec:
    experts = EXPERTS[name]
    return ModelSpec(
        name=experts.version.entry,
        about=f"Wan 2.2 A14B, {kind}: both experts in 4 bits; needs {ENTRY} and {UMT5}",
        source=HubSource(
            repo=repo,
            revision=commit,
            files=(experts.high, experts.low),
            sha256=dict(zip((experts.high, experts.low), digests, strict=True)),
        ),
        licence=licences.APACHE,
        size=19_303 * MB,
    )


def _four_steps(name: str, kind: str, size: int, digests: tuple[str, str]) -> ModelSpec:
    experts = EXPERTS[name]
    files = experts.high_lora, experts.low_lora
    return ModelSpec(
        name=experts.loras,
        about=f"lightx2v's LoRAs: {kind} by Wan 2.2 A14B in 4 steps",
        source=HubSource(
            repo="lightx2v/Wan2.2-Distill-Loras",
            revision="570044187a5219776ef30a5c60c6f76428a3a10a",
            files=files,
            sha256=dict(zip(files, digests, strict=True)),
        ),
        licence=licences.APACHE,
        size=size,
    )


WEIGHTS = (
    ModelSpec(
        name=ENTRY,
        about="Wan 2.2 A14B: the VAE and the configuration that its experts share",
        source=HubSource(
            repo="Wan-AI/Wan2.2-T2V-A14B-Diffusers",
            revision="5be7df9619b54f4e2667b2755bc6a756675b5cd7",
            files=("transformer/config.json", "vae/config.json", f"vae/{WHOLE}"),
        ),
        licence=licences.APACHE,
        size=508 * MB,
    ),
    _weights(
        T2V,
        "QuantStack/Wan2.2-T2V-A14B-GGUF",
        "73eafba53a1a8f29254e4c77f92e74ea27d7cd6f",
        "from a prompt",
        (
            "e0c490c6e316fd91ff52034e4ca66b825717e33ff11624585c0ccfcb5d410c59",
            "091a5bae02e14aa016bc9b10a7892efda4c629346b81c5dcebbe30ea2ac8923a",
        ),
    ),
    _weights(
        I2V,
        "QuantStack/Wan2.2-I2V-A14B-GGUF",
        "6c6717459277b9cd1f72579d78a0fd62a79e57dc",
        "from a picture",
        (
            "836250abfaa3411694e2c9cf3a0cc18265329d5156d81aa116d5366b0f8f02e7",
            "e2f98d834af009d035c6b0918268f2eba0aa8a63025ce942277e2384d40b0866",
        ),
    ),
    _four_steps(
        T2V,
        "clips from a prompt",
        1_228 * MB,
        (
            "89003385f8a9d53ba58fd6ede647fdc90292e8568a54683fcfe6db5556a31769",
            "4df7c206f3189472da2f92c0a42dcf308f04433d9c14302d08d56e99a3f51322",
        ),
    ),
    _four_steps(
        I2V,
        "clips from a picture",
        1_374 * MB,
        (
            "887c3bdeb74e83859c920438e16ca31f39ab18ce189abc5f0e36f8348c5bbb19",
            "8833bd4fd7c8eabebf0bc8ee5cfaf47f4f310ce116928a02c1adf8941dd4b0f1",
        ),
    ),
)
