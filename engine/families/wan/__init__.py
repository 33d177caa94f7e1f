"""Wan: 2.1 with 1.3 billion parameters (words), and 2.2 TI2V with 5 billion (words, and a first frame).

This module can be imported without torch; :mod:`engine.families.wan.draw` draws. Both versions are
Apache-2.0. Sources: the model cards Wan-AI/Wan2.1-T2V-1.3B-Diffusers and Wan-AI/Wan2.2-TI2V-5B-Diffusers,
FastVideo/FastWan2.2-TI2V-5B-FullAttn-Diffusers, and what diffusers' WanPipeline insists on.
"""

from __future__ import annotations

from functools import partial

from engine.core.family_spec import FamilySpec, Outline, Tuned, Way
from engine.core.recipe import Kind, Number, Quality
from engine.core.request import Feature
from engine.core.sentence import Sentence
from engine.core.video_model import UMT5, Footprint, Version, count
from engine.families.wan.draft_maps import WAN_21_MAP, WAN_22_MAP
from engine.planning.prompting import construct, movement
from engine.weights import licences
from engine.weights.model_spec import MB, WHOLE, HubSource, ModelSpec

FASTWAN = "fastwan-2.2-ti2v-5b"

AUTHORS_NEGATIVE = (  # the punctuation is theirs
    "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，"  # noqa: RUF001
    "JPEG压缩残留，丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，"  # noqa: RUF001
    "手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，倒着走"  # noqa: RUF001
)
"""What both versions are steered away from in all samples that their authors published."""


WAN_21 = Version(
    entry="wan-2.1-1.3b",
    multiple=16,
    shift=8.0,
    trained_fps=16,
    trained_frames=81,
    area=832 * 480,
    times_each_token=False,
    draft_map=WAN_21_MAP,
    footprint=Footprint(
        token_pixels=16 * 16,
        step=49_000,
        decode=19_500,
        decoded_frame=12,
        tile=1_270_000_000,
        tiled_frame=18,
        encode=3_900,
    ),
    transformer=2_838_000_000,
    eight_bits=1_446_000_000,
    vae=508_000_000,
)
WAN_22 = Version(
    entry="wan-2.2-ti2v-5b",
    multiple=32,
    shift=5.0,
    trained_fps=24,
    trained_frames=121,
    area=1280 * 704,
    times_each_token=True,
    draft_map=WAN_22_MAP,
    footprint=Footprint(
        token_pixels=32 * 32,
        step=200_000,
        decode=21_500,
        decoded_frame=12,
        tile=100_000_000,
        tiled_frame=56,
        encode=2_000,
    ),
    transformer=10_000_000_000,
    eight_bits=5_092_000_000,
    vae=2_820_000_000,
    tiles_count=True,
)
VERSIONS = {"wan": WAN_21, "wan-5b": WAN_22}
"""By the family's name."""


def tune(version: Version, outline: Outline) -> Tuned:
    """Settle what only this family knows.

    The settings are ``go``, frames drawn in one go; ``flow_shift``, which the distilled way lacks; and where
    that is not all of them, ``guided``, the share of the steps with guidance, and ``cached_every``, from step
    to step at which the transformer's blocks work.
    """
    request, subject, way = outline.request, outline.subject, outline.way
    made = construct(
        request.prompt,
        raw=request.raw,
        shows=None if subject is None else subject.shows,
        is_drawing=subject is not None and subject.is_drawing,
        has_letters=subject is not None and subject.has_letters,
    )
    # It has no other ear for the camera's path and the amount of motion than the words.
    moves, why = movement(request.camera, request.motion, raw=request.raw)
    reasons = [*made.reasons, *why]
    guided = way is not None and way.guidance > 1
    negative = ""
    if guided:
        own = ", ".join(part for part in (AUTHORS_NEGATIVE, made.negative) if part)
        negative = own if request.negative is None else request.negative
    go = version.trained_frames
    if outline.frames > go:
        reasons.append(
            Sentence(
                "more than {frames} frames: drawn in pieces, each starting from the last frame of the one"
                " before",
                frames=go,
            )
        )
    distilled = way is not None and way.name == FAST.name
    lighter = guided and request.quality is not Quality.BEST
    settings: dict[str, Number] = {"go": go}
    if not distilled:
        settings["flow_shift"] = version.shift
    if lighter:
        settings |= {"guided": GUIDED_SHARE, "cached_every": CACHED_EVERY}
    return Tuned(
        words=", ".join([made.text, *moves]),
        negative=negative,
        settings=settings,
        reasons=tuple(reasons),
    )


def _way(version: Version, steps: int, guidance: float, *, rank: int | None = None) -> Way:
    about = Sentence("{steps} steps with guidance", steps=steps)
    return Way(
        name=f"unipc-{steps}",
        about=about,
        steps=steps,
        guidance=guidance,
        memory=version.memory(),
        resident=version.resident(),
        rank=rank,
    )


GUIDED_SHARE, CACHED_EVERY = 0.5, 2
"""The share of the steps with guidance, and from step to step at which the blocks work; ``best`` has both
on all."""

BEST_RANK, NEXT_RANK = 7, 8
"""Of 2.2 and of 2.1, where there are words and the card holds it: before all others."""

FAST = Way(
    name="fastwan",
    about=Sentence("3 steps of the distilled model"),
    steps=3,
    guidance=1.0,
    weights=(FASTWAN,),
    memory=WAN_22.memory(),
    resident=WAN_22.resident(),
    rank=BEST_RANK,
    # It was distilled on words alone. Each piece of a longer clip but the first begins with a picture.
    lacks=frozenset({Kind.ANIMATE, Feature.FIRST_FRAME}),
    longest=WAN_22.trained_frames,
)

SPECS = (
    FamilySpec(
        name="wan",
        target=f"{__name__}.draw:WanFamily",
        ladder=f"{__name__}.ladder:usual_costs",
        kinds=frozenset({Kind.TEXT2VIDEO}),
        needs_picture=False,
        max_native_fps=WAN_21.trained_fps,
        min_native_fps=WAN_21.trained_fps,
        about=Sentence("Wan 2.1 with 1.3 billion parameters: understands long prompts, moves well"),
        rank=15,
        weights=(WAN_21.entry, UMT5),
        ways={
            # AnimateLCM takes a quarter of the time.
            Quality.FAST: (_way(WAN_21, 15, 6.0, rank=21),),
            Quality.BALANCED: (_way(WAN_21, 30, 6.0, rank=NEXT_RANK),),
            Quality.BEST: (_way(WAN_21, 50, 6.0, rank=NEXT_RANK),),
        },
        features=frozenset({Feature.PROMPT, Feature.CAMERA}),
        area=dict.fromkeys(Quality, WAN_21.area),
        trained_sizes=((832, 480), (480, 832)),
        multiple=WAN_21.multiple,
        chunk=WAN_21.trained_frames,
        longest=WAN_21.trained_frames,
        count=count,
        tune=partial(tune, WAN_21),
    ),
    FamilySpec(
        name="wan-5b",
        target=f"{__name__}.draw:WanFamily",
        ladder=f"{__name__}.ladder:usual_costs",
        kinds=frozenset({Kind.TEXT2VIDEO, Kind.ANIMATE}),
        needs_picture=False,
        max_native_fps=WAN_22.trained_fps,
        min_native_fps=WAN_22.trained_fps,
        about=Sentence(
            "Wan 2.2 with 5 billion parameters: from a prompt, or from a picture as the first frame"
        ),
        rank=16,
        weights=(WAN_22.entry, UMT5),
        ways={
            Quality.FAST: (FAST, _way(WAN_22, 20, 5.0, rank=22)),
            Quality.BALANCED: (_way(WAN_22, 30, 5.0, rank=BEST_RANK),),
            Quality.BEST: (_way(WAN_22, 50, 5.0, rank=BEST_RANK),),
        },
        features=frozenset({Feature.PROMPT, Feature.CAMERA, Feature.FIRST_FRAME}),
        heeds_faces=True,
        area=dict.fromkeys(Quality, WAN_22.area),
        trained_sizes=((1280, 704), (704, 1280)),
        multiple=WAN_22.multiple,
        chunk=WAN_22.trained_frames,
        count=count,
        tune=partial(tune, WAN_22),
    ),
)

_FILES = ("transformer/config.json", "transformer/*.safetensors*", "vae/config.json", f"vae/{WHOLE}")

_WAN_22_REPO, _WAN_22_COMMIT = "Wan-AI/Wan2.2-TI2V-5B-Diffusers", "b8fff7315c768468a5333511427288870b2e9635"

WEIGHTS = (
    ModelSpec(
        name=UMT5,
        about="UMT5: reads the words for all versions of Wan",
        source=HubSource(
            repo=_WAN_22_REPO,  # half the size of the one beside Wan 2.1, which is the same in float32
            revision=_WAN_22_COMMIT,
            files=(
                "text_encoder/config.json",
                "text_encoder/*.safetensors*",
                "tokenizer/special_tokens_map.json",
                "tokenizer/spiece.model",
                "tokenizer/tokenizer.json",
                "tokenizer/tokenizer_config.json",
            ),
        ),
        licence=licences.APACHE,
        size=11_390 * MB,
    ),
    ModelSpec(
        name=WAN_21.entry,
        about="Wan 2.1 1.3B: makes a clip from a prompt; needs wan-umt5",
        source=HubSource(
            repo="Wan-AI/Wan2.1-T2V-1.3B-Diffusers",
            revision="0fad780a534b6463e45facd96134c9f345acfa5b",
            files=_FILES,
        ),
        licence=licences.APACHE,
        size=6_190 * MB,
    ),
    ModelSpec(
        name=WAN_22.entry,
        about="Wan 2.2 5B: makes a clip from a prompt, or from a picture and a prompt; needs wan-umt5",
        source=HubSource(repo=_WAN_22_REPO, revision=_WAN_22_COMMIT, files=_FILES),
        licence=licences.APACHE,
        size=22_820 * MB,
    ),
    ModelSpec(
        name=FASTWAN,
        about="FastWan 2.2 5B: Wan 2.2 in 3 steps, from a prompt; its transformer, beside wan-2.2-ti2v-5b",
        source=HubSource(
            repo="FastVideo/FastWan2.2-TI2V-5B-FullAttn-Diffusers",
            files=("transformer/config.json", f"transformer/{WHOLE}"),
            sha256={
                f"transformer/{WHOLE}": "a1cf4acd5d0242ca0cad68e115064f4ac7e748686c9cf0da050ce87decc6b9bf"
            },
        ),
        licence=licences.APACHE,
        size=10_000 * MB,
    ),
)
