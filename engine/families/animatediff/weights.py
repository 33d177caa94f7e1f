"""AnimateDiff's entries of the catalogue: checkpoints, motion, cameras, and what takes over a picture."""

from __future__ import annotations

from collections.abc import Iterator

from engine.weights import licences
from engine.weights.model_spec import FP16, MB, WHOLE, HubSource, ModelSpec

_SMALL_FILES = (
    "model_index.json",
    "feature_extractor/preprocessor_config.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "tokenizer/merges.txt",
    "tokenizer/special_tokens_map.json",
    "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json",
    "unet/config.json",
    "vae/config.json",
)


def _checkpoints() -> Iterator[ModelSpec]:
    yield ModelSpec(
        name="epicrealism",
        about="epiCRealism, a Stable Diffusion 1.5 for photographs",
        source=HubSource(
            repo="emilianJR/epiCRealism",
            revision="6522cf856b8c8e14638a0aaa7bd89b1b098aed17",
            files=(*_SMALL_FILES, f"unet/{WHOLE}", f"vae/{WHOLE}", "text_encoder/model.safetensors"),
        ),
        licence=licences.OPENRAIL_M,
        size=4_270 * MB,
    )
    yield ModelSpec(
        name="sd15",
        about="the original Stable Diffusion 1.5",
        source=HubSource(
            repo="stable-diffusion-v1-5/stable-diffusion-v1-5",
            revision="451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
            files=(*_SMALL_FILES, f"unet/{FP16}", f"vae/{FP16}", "text_encoder/model.fp16.safetensors"),
        ),
        licence=licences.OPENRAIL_M,
        size=2_134 * MB,
    )


def _motion() -> Iterator[ModelSpec]:
    yield ModelSpec(
        name="motion-v1-5-2",
        about="AnimateDiff's second motion adapter; the camera LoRAs belong to it",
        source=HubSource(
            repo="guoyww/animatediff-motion-adapter-v1-5-2",
            revision="6167b88ffe39b4441fdf2113e77b99a6f56b7906",
            files=("config.json", WHOLE),
        ),
        licence=licences.ANIMATEDIFF,
        size=1_820 * MB,
    )
    yield ModelSpec(
        name="motion-v1-5-3",
        about="AnimateDiff's third motion adapter, the usual one; SparseCtrl belongs to it",
        source=HubSource(
            repo="guoyww/animatediff-motion-adapter-v1-5-3",
            revision="449d8993ead63a068e1030eb26925132814db1c8",
            files=("config.json", WHOLE),
        ),
        licence=licences.ANIMATEDIFF,
        size=1_670 * MB,
    )
    yield ModelSpec(
        name="animatelcm",
        about="AnimateLCM: AnimateDiff in 4 to 8 steps (adapter and LoRA)",
        source=HubSource(
            repo="wangfuyun/AnimateLCM",
            revision="76d7e23ed24c70fa890de55200a6072aeb189f29",
            files=("config.json", FP16, "AnimateLCM_sd15_t2v_lora.safetensors"),
            sha256={
                "AnimateLCM_sd15_t2v_lora.safetensors": (
                    "8f90d840e075ff588a58e22c6586e2ae9a6f7922996ee6649a7f01072333afe4"
                )
            },
        ),
        licence=licences.UNSTATED,
        size=1_043 * MB,
    )
    lightning = "animatediff_lightning_{}step_diffusers.safetensors"
    yield ModelSpec(
        name="lightning",
        about="AnimateDiff-Lightning: AnimateDiff in 2, 4 or 8 steps",
        source=HubSource(
            repo="ByteDance/AnimateDiff-Lightning",
            revision="027c893eec01df7330f5d4b733bc9485ee02e8b2",
            files=tuple(lightning.format(steps) for steps in (2, 4, 8)),
            sha256={
                lightning.format(2): "fbd62904484d3e0842aa6c2f12d919ef91bacac45d36b1a13ae1ba10b5da4fdd",
                lightning.format(4): "8f3330914edd8fc2ee5659e6944323858feb0ec21cc913789202d043f69b5e17",
                lightning.format(8): "849e93641e2ae7dde37fb312747a5e8671920bddf5a8d27757ac7b1699571a96",
            },
        ),
        licence=licences.OPENRAIL_M,
        size=3 * 907_702_248,
    )


def _motion_loras() -> Iterator[ModelSpec]:
    tilt_up = "39cb2ad5e115102863c283ed827101596a1318316ede9dbe8d420482715f2a41"
    for way, repo, revision, sha256 in (
        ("zoom-in", "zoom-in", "", ""),
        ("zoom-out", "zoom-out", "68f1d1832ed2ab77a635dc19c60a260fb6bc3fda", ""),
        ("pan-left", "pan-left", "", ""),
        ("pan-right", "pan-right", "", ""),
        ("tilt-up", "tilt-up", "c3908a3c2ee00f43f8f1f650083408ca922af56f", tilt_up),
        ("tilt-down", "tilt-down", "81bfb4ddcc2d8d69c91c442c17ce7c2ab355a5fd", ""),
        ("roll-left", "rolling-anticlockwise", "", ""),
        ("roll-right", "rolling-clockwise", "", ""),
    ):
        yield ModelSpec(
            name=f"motion-lora-{way}",
            about=f"camera: {way.replace('-', ' ')}, for motion-v1-5-2",
            source=HubSource(
                repo=f"guoyww/animatediff-motion-lora-{repo}",
                revision=revision,
                files=(WHOLE,),
                sha256={WHOLE: sha256} if sha256 else {},
            ),
            licence=licences.ANIMATEDIFF,
            size=77_400_000,
        )


def _looks() -> Iterator[ModelSpec]:
    yield ModelSpec(
        name="sd15-ip-adapter",
        about="IP-Adapter: the look of a picture, for Stable Diffusion 1.5",
        source=HubSource(
            repo="h94/IP-Adapter",
            revision="018e402774aeeddd60609b4ecdb7e298259dc729",
            files=(
                "models/ip-adapter_sd15.safetensors",
                "models/image_encoder/config.json",
                "models/image_encoder/model.safetensors",
            ),
        ),
        licence=licences.APACHE,
        size=2_575 * MB,
    )
    yield ModelSpec(
        name="sparsectrl-rgb",
        about="SparseCtrl: a picture as the first frame of an AnimateDiff clip",
        source=HubSource(
            repo="guoyww/animatediff-sparsectrl-rgb",
            revision="b8003d681d813c095e459b9141122894daff2d13",
            files=("config.json", FP16),
        ),
        licence=licences.ANIMATEDIFF,
        size=994 * MB,
    )

    yield ModelSpec(
        name="motion-lora-v1-5-3",
        about="the LoRA that SparseCtrl was trained beside, for motion-v1-5-3",
        source=HubSource(repo="guoyww/animatediff-motion-lora-v1-5-3", files=(WHOLE,)),
        licence=licences.ANIMATEDIFF,
        size=102 * MB,
    )


TAESD = "taesd"
"""The entry of the tiny decoder."""


def _drafts() -> Iterator[ModelSpec]:
    yield ModelSpec(
        name=TAESD,
        about="TAESD: a tiny decoder, for sharper first looks at clips of AnimateDiff",
        source=HubSource(
            repo="madebyollin/taesd",
            revision="614f76814bbe30edbe2e627ace1c2234c81a2c0e",
            files=("config.json", WHOLE),
        ),
        licence=licences.MIT,
        size=9_793_292,
    )


CHECKPOINTS = tuple(_checkpoints())
"""Those of Stable Diffusion 1.5, the preferred one first."""

WEIGHTS = (*CHECKPOINTS, *_motion(), *_motion_loras(), *_looks(), *_drafts())
"""All of AnimateDiff's."""
