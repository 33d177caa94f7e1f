"""The rival: diffusers' own pipelines, used as their documentation shows, with a recipe's numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.device import Device, DeviceKind
from engine.core.family import Frames, Picture
from engine.core.recipe import Recipe
from engine.core.video_model import UMT5
from engine.families.wan import VERSIONS
from engine.runtime.context import EngineContext
from engine.vision.crop import cover


def picture() -> Picture:
    """A picture to animate: uint8 ``[576, 1024, 3]``."""
    rows, columns = np.mgrid[0:576, 0:1024]
    waves = [128 + 100 * np.sin(columns / each) * np.cos(rows / each) for each in (37, 53, 71)]
    return np.stack(waves, axis=2).astype(np.uint8)


def _svd(context: EngineContext, recipe: Recipe, seed: int) -> Callable[[], Frames]:
    import diffusers  # noqa: PLC0415 - takes seconds
    from PIL import Image  # noqa: PLC0415 - only the pipeline wants it

    pipe = _loaded(diffusers.StableVideoDiffusionPipeline, context.store.path("svd-xt"), context.device)
    image = Image.fromarray(cover(picture(), recipe.width, recipe.height))
    return lambda: _from_pil(
        pipe(
            image,
            width=recipe.width,
            height=recipe.height,
            num_frames=recipe.frames,
            num_inference_steps=recipe.steps,
            max_guidance_scale=recipe.guidance,
            fps=int(recipe.settings["fps"]),
            motion_bucket_id=int(recipe.settings["motion_bucket"]),
            noise_aug_strength=float(recipe.settings["noise_aug"]),
            decode_chunk_size=int(recipe.settings["decode_chunk"]),
            generator=_generator(seed),
        ).frames[0]
    )


def _animatediff(context: EngineContext, recipe: Recipe, seed: int) -> Callable[[], Frames]:
    import diffusers  # noqa: PLC0415 - takes seconds

    store, device = context.store, context.device
    adapter = _loaded(diffusers.MotionAdapter, store.path("motion-v1-5-3"), device)
    pipe = _loaded(diffusers.AnimateDiffPipeline, store.path("sd15"), device, motion_adapter=adapter)
    pipe.scheduler = diffusers.DDIMScheduler.from_config(
        pipe.scheduler.config, beta_schedule="linear", clip_sample=False, timestep_spacing="linspace"
    )
    return lambda: _from_pil(_call_words(pipe, recipe, seed).frames[0])


def _wan(context: EngineContext, recipe: Recipe, seed: int) -> Callable[[], Frames]:
    import diffusers  # noqa: PLC0415 - takes seconds
    import torch  # noqa: PLC0415 - same
    import transformers  # noqa: PLC0415 - same

    version = VERSIONS[recipe.engine]
    folder, text = context.store.path(version.entry), context.store.path(UMT5)
    dtype = torch.bfloat16 if context.device.kind is DeviceKind.CUDA else torch.float32
    parts = {
        "vae": (diffusers.AutoencoderKLWan, folder, torch.float32),
        "transformer": (diffusers.WanTransformer3DModel, folder, dtype),
        "text_encoder": (transformers.UMT5EncoderModel, text, dtype),
    }
    models = {
        name: _loaded(kind, place, context.device, dtype=own, subfolder=name)
        for name, (kind, place, own) in parts.items()
    }
    pipe = diffusers.WanPipeline(
        **models,
        tokenizer=transformers.AutoTokenizer.from_pretrained(text / "tokenizer", local_files_only=True),
        scheduler=diffusers.UniPCMultistepScheduler(
            prediction_type="flow_prediction",
            use_flow_sigmas=True,
            flow_shift=recipe.settings["flow_shift"],
        ),
        expand_timesteps=version.times_each_token,
    )
    pipe.set_progress_bar_config(disable=True)
    return lambda: _from_pil(_call_words(pipe, recipe, seed).frames[0])


STOCK: dict[str, Callable[[EngineContext, Recipe, int], Callable[[], Frames]]] = {
    "svd": _svd,
    "animatediff": _animatediff,
    "wan": _wan,
    "wan-5b": _wan,
}
"""Engine → what draws a recipe with a seed through the pipeline, as its documentation shows it."""


def _loaded(kind: Any, folder: Path, device: Device, **parts: Any) -> Any:
    from engine.diffusion.loading import load as load_weights  # noqa: PLC0415 - imports torch

    return load_weights(kind, folder, device=device, **parts)


def _call_words(pipe: Any, recipe: Recipe, seed: int) -> Any:
    return pipe(
        prompt=recipe.words,
        negative_prompt=recipe.negative,
        width=recipe.width,
        height=recipe.height,
        num_frames=recipe.frames,
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance,
        generator=_generator(seed),
        output_type="pil",
    )


def _generator(seed: int) -> Any:
    import torch  # noqa: PLC0415 - takes seconds

    return torch.Generator("cpu").manual_seed(seed)


def _from_pil(frames: list[Any]) -> Frames:
    return np.stack([np.asarray(frame, np.uint8) for frame in frames])
