"""Stable Video Diffusion: a picture begins to move. It reads no words and follows no camera.

This module can be imported without torch; :mod:`engine.families.svd.draw` draws.
"""

from __future__ import annotations

from engine.core.device import GIB, Device
from engine.core.draft_map import STABLE_DIFFUSION
from engine.core.family_spec import FamilySpec, Outline, Tuned, Way
from engine.core.recipe import Camera, Kind, Motion, Number, Quality
from engine.core.request import word
from engine.core.sentence import Sentence
from engine.weights import licences
from engine.weights.model_spec import FP16, MB, HubSource, ModelSpec

XT, BASE, TURBO_WEIGHTS = "svd-xt", "svd", "animatelcm-svd"

DRAFT_MAP = STABLE_DIFFUSION

TRAINED_FRAMES = {XT: 25, BASE: 14}
"""Frames of the clips that the weights were trained on. That many are drawn in one go; more are chained."""

BUCKETS = {Motion.GENTLE: 60, Motion.NORMAL: 127, Motion.WILD: 200}
"""Motion bucket ids, 1 … 255; 127 is the model's default."""

NOISE = {Motion.GENTLE: 0.02, Motion.NORMAL: 0.02, Motion.WILD: 0.06}
"""Noise that is added to the picture, 0 … 0.1: with more the clip is freer to leave it, and less sharp."""

TURBO = Way(
    name="turbo",
    about=Sentence("4 steps without guidance, from distilled weights"),
    steps=4,
    guidance=1.0,
    weights=(TURBO_WEIGHTS,),
    memory=5 * GIB,
)
QUICK = Way(
    name="quick",
    about=Sentence("20 steps, the first half guided, the deep layers on every third"),
    steps=20,
    guidance=3.0,
    memory=int(7.9 * GIB),
)
LIGHT = Way(
    name="light",
    about=Sentence("20 steps, the first half guided"),
    steps=20,
    guidance=3.0,
    memory=int(7.9 * GIB),
)
FULL = Way(name="full", about=Sentence("25 steps"), steps=25, guidance=3.0, memory=int(11.3 * GIB))


GUIDED_SHARE = {QUICK.name: 0.5, LIGHT.name: 0.5}
"""The share of the steps with guidance; in other ways all have it."""

DEEP_EVERY = {QUICK.name: 3}
"""The deep layers work on every n-th step; in other ways on all."""


def tune(outline: Outline) -> Tuned:
    """Settle what only this family knows.

    The settings are: ``motion_bucket``; ``noise_aug``; ``fps``, what the motion is meant for (the model was
    trained on 1 … 30); ``go``, frames drawn in one go; ``decode_chunk``, frames decoded together, which is
    part of the picture: the decoder looks across them; ``guided``, the share of the steps with guidance;
    ``deep_every``, from step to step at which the deep layers work.
    """
    request = outline.request
    model = XT if XT in outline.capabilities.weights else BASE
    way = "" if outline.way is None else outline.way.name
    distilled = way == TURBO.name
    go = TRAINED_FRAMES[XT] if distilled else TRAINED_FRAMES[model]
    settings: dict[str, Number] = {
        "motion_bucket": BUCKETS[request.motion],
        "noise_aug": NOISE[request.motion],
        "fps": min(30, max(1, round(outline.native_fps))),
        "go": go,
        "decode_chunk": decode_chunk(outline.capabilities.device),
        "guided": GUIDED_SHARE.get(way, 1.0),
        "deep_every": DEEP_EVERY.get(way, 1),
    }
    bucket = BUCKETS[request.motion]
    reasons = [
        Sentence("{motion} motion: bucket {bucket} of 255", motion=word(request.motion), bucket=bucket)
    ]
    if outline.frames > go:
        reasons.append(
            Sentence(
                "more than {frames} frames: drawn in pieces, each starting from the last frame of the one"
                " before",
                frames=go,
            )
        )
    if request.prompt:
        reasons.append(Sentence("Stable Video Diffusion ignores prompts: yours is kept, but has no effect"))
    if request.camera is not Camera.AUTO:
        reasons.append(
            Sentence(
                "Stable Video Diffusion chooses its own motion: camera “{camera}” has no effect",
                camera=word(request.camera),
            )
        )
    return Tuned(model=model, settings=settings, reasons=tuple(reasons))


def decode_chunk(device: Device) -> int:
    """Frames that are decoded together: as many as fit the GPU with ease; more look smoother."""
    if not device.is_gpu:
        return 4
    return 8 if device.memory >= 15 * GIB else 4 if device.memory >= 10 * GIB else 2


SPEC = FamilySpec(
    name="svd",
    target=f"{__name__}.draw:SvdFamily",
    ladder=f"{__name__}.ladder:usual_costs",
    kinds=frozenset({Kind.ANIMATE}),
    needs_picture=True,
    max_native_fps=8,
    min_native_fps=6,
    fitted=True,
    about=Sentence("Stable Video Diffusion brings the picture to life"),
    rank=10,
    any_of=(XT, BASE),
    ways={Quality.FAST: (TURBO, QUICK), Quality.BALANCED: (LIGHT,), Quality.BEST: (FULL,)},
    area={Quality.FAST: 576 * 320, Quality.BALANCED: 768 * 448, Quality.BEST: 1024 * 576},
    multiple=64,
    chunk=TRAINED_FRAMES[XT],
    tune=tune,
)

_FILES = (
    "model_index.json",
    "feature_extractor/preprocessor_config.json",
    "image_encoder/config.json",
    "image_encoder/model.fp16.safetensors",
    "scheduler/scheduler_config.json",
    "unet/config.json",
    f"unet/{FP16}",
    "vae/config.json",
    f"vae/{FP16}",
)

WEIGHTS = (
    ModelSpec(
        name=BASE,
        about="Stable Video Diffusion: a picture becomes 14 frames",
        source=HubSource(
            repo="stabilityai/stable-video-diffusion-img2vid",
            revision="9cf024d5bfa8f56622af86c884f26a52f6676f2e",
            files=_FILES,
        ),
        licence=licences.STABILITY,
        size=4_510 * MB,
    ),
    ModelSpec(
        name=XT,
        about="Stable Video Diffusion XT: a picture becomes 25 frames",
        source=HubSource(
            repo="stabilityai/stable-video-diffusion-img2vid-xt",
            revision="9e43909513c6714f1bc78bcb44d96e733cd242aa",
            files=_FILES,
        ),
        licence=licences.STABILITY,
        size=4_510 * MB,
    ),
    ModelSpec(
        name=TURBO_WEIGHTS,
        about="SVD-XT in 4 to 8 steps: its UNet, beside svd-xt",
        source=HubSource(
            repo="wangfuyun/AnimateLCM-SVD-xt",
            revision="ceaa884185c3ed436e1bb1193e119ee4df4d29af",
            files=("AnimateLCM-SVD-xt-1.1.safetensors",),
        ),
        licence=licences.UNSTATED_OVER_STABILITY,
        size=6_100 * MB,
    ),
)
