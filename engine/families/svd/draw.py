"""Stable Video Diffusion at work: fit the picture, denoise, decode, and go on from the last frame."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from PIL import Image
from safetensors.torch import load_file

from engine.core.device import Device, DeviceKind
from engine.core.device_faults import hides_out_of_memory
from engine.core.errors import Code, RenderFailed, Unsupported
from engine.core.family import Frames, Hooks, Inputs, Picture
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.diffusion.attention import attending
from engine.diffusion.compiled import compiled_for, compiling
from engine.diffusion.consistency import ConsistencyScheduler
from engine.diffusion.decode import decode
from engine.diffusion.goes import Go, Unfinished
from engine.diffusion.ladder import Start, descend, free_bytes, start
from engine.diffusion.loading import bytes_in, check_folder, dtype_for, load, size_of
from engine.diffusion.preview import draft_frames
from engine.diffusion.sampling import Steps, showing_one_draft
from engine.diffusion.streaming import streamed
from engine.families.svd import DRAFT_MAP, SPEC, TURBO, TURBO_WEIGHTS
from engine.families.svd.ladder import (
    CHUNKED,
    OFFLOAD,
    RUNGS,
    SHORTER,
    SMALLER_DECODE,
    STREAMED,
    Weights,
    chunk_forward,
    costs,
)
from engine.families.svd.levers import attached, levers_of, passes
from engine.planning.frame_size import usual_sizes
from engine.runtime.context import EngineContext
from engine.vision.crop import cover

# diffusers is typed only in places.
_Pipeline: Any = StableVideoDiffusionPipeline
_Euler: Any = EulerDiscreteScheduler
_UNet: Any = UNetSpatioTemporalConditionModel

STEP_MULTIPLE = 64
"""Sides of a frame: the latents are an eighth of it, and the UNet halves them three times."""

NO_PICTURE = Sentence("Stable Video Diffusion needs a picture to animate.")
FEWEST_DECODED = 2
LEAST_GUIDANCE = 1.0
"""Of the first frame; it rises to the recipe's with the last one."""

DECODE_WORTH = 2.2
"""What decoding a clip costs, in passes of the UNet: 173.6 TFLOP to 80."""


class SvdFamily:
    """Draws with the weights that a recipe names. What is loaded stays in the context's model cache."""

    def __init__(self, context: EngineContext) -> None:
        """Make one; nothing is loaded before it draws."""
        self._context = context
        self._device = context.device
        self._dtype = dtype_for(context.device)

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:
        """Animate a picture; see :meth:`engine.families.Family.draw`.

        Returns:
            uint8 ``[recipe.frames, recipe.height, recipe.width, 3]``.

        Raises:
            Cancelled: a stop was asked for.
            Unsupported: there is no picture, or the size or the number of frames does not fit the model.
            HopelessTake: numbers ran away.
            RenderFailed: ``E_WEIGHTS``: what the recipe needs is not installed, or damaged.
        """
        picture = _fitted(recipe, inputs)
        hooks = showing_one_draft(hooks)
        hooks.cancel.check()
        parts = self._parts(recipe)
        clip = Unfinished((recipe.frames, recipe.height, recipe.width), seed=seed, picture=picture)

        def attempt(rungs: tuple[str, ...]) -> Frames:
            generator = torch.Generator("cpu")
            pipe = _Pipeline(scheduler=_scheduler(recipe, parts, generator), **parts.models)
            pipe.set_progress_bar_config(disable=True)
            usual = _is_usual(recipe) and not rungs
            with (
                self._placed(pipe, rungs),
                compiling(usual=usual, gave_up=hooks.gave_up),
                attending(self._context),
            ):
                return clip.draw(
                    _most(recipe, rungs),
                    lambda go: _denoise(pipe, generator, recipe, go, hooks, whole=STREAMED.name in rungs),
                    lambda latents, go: _decode(pipe, latents, recipe, go, rungs, hooks),
                )

        begin = self._start(recipe, parts)
        return descend(
            RUNGS, attempt, start=begin, most=self._context.steps_down, hooks=hooks, phase=lambda: clip.phase
        )

    def _parts(self, recipe: Recipe) -> _Parts:
        """What a recipe needs, loaded into main memory; the UNet apart, for the ways share the rest."""
        folder, model_cache = self._context.store.path(recipe.model), self._context.model_cache
        rest_name, unet_name = f"{recipe.model} but its unet", f"{_unet_of(recipe)} unet"
        rest = model_cache.get(
            rest_name,
            lambda: load(_Pipeline, folder, device=Device(), dtype=self._dtype, unet=None),
            size_of,
            park=_park,
            coming=sum(bytes_in(folder / part) for part in ("vae", "image_encoder")),
            files=[folder / part for part in ("vae", "image_encoder", "feature_extractor", "scheduler")],
        )
        distilled = recipe.way == TURBO.name
        unet = model_cache.get(
            unet_name,
            lambda: compiled_for(attached(self._load_unet(recipe)), self._context),
            size_of,
            park=_park,
            coming=bytes_in(folder / "unet"),
            files=[folder / "unet", *([self._context.store.path(TURBO_WEIGHTS)] if distilled else [])],
        )
        names = ("vae", "image_encoder", "feature_extractor")
        models = {name: getattr(rest, name) for name in names} | {"unet": unet}
        return _Parts(
            models=models, schedule=dict(rest.scheduler.config), names=frozenset({rest_name, unet_name})
        )

    def _load_unet(self, recipe: Recipe) -> Any:
        folder = self._context.store.path(recipe.model)
        if recipe.way == TURBO.name:
            return _load_distilled(folder / "unet", self._context.store.path(TURBO_WEIGHTS), self._dtype)
        return load(_UNet, folder, subfolder="unet", device=Device(), dtype=self._dtype)

    def _start(self, recipe: Recipe, parts: _Parts) -> Start:
        """How far down to begin; nowhere but on CUDA is it known what is free."""
        if self._device.kind is not DeviceKind.CUDA:
            return Start()
        weights = parts.weights()
        needed = costs(recipe, weights)
        if needed[0] > free_bytes() + weights.present:
            self._context.model_cache.clear_gpu(keep=parts.names)
        return start(recipe, RUNGS, needed, free_bytes() + weights.present, self._context.rung_memory)

    @contextmanager
    def _placed(self, pipe: Any, rungs: tuple[str, ...]) -> Iterator[None]:
        """Put a pipeline where the rungs say; whatever happens, leave its models as they were loaded.

        An error while the VAE encodes leaves it in float32, and one anywhere leaves offloaded models on the
        card, with hooks of a pipeline that is gone.
        """
        where = self._device.kind.value
        try:
            pipe.vae.to(dtype=self._dtype)
            chunk_forward(pipe.unet, 1 if CHUNKED.name in rungs else None)
            if STREAMED.name in rungs:
                with streamed((pipe.unet, pipe.image_encoder), self._device):
                    pipe.vae.to(where)
                    yield
                return
            if OFFLOAD.name in rungs:
                pipe.enable_model_cpu_offload(device=where)
            else:
                pipe.to(where)
            yield
        finally:
            pipe.maybe_free_model_hooks()
            pipe.remove_all_hooks()
            chunk_forward(pipe.unet, None)
            pipe.vae.to(dtype=self._dtype)


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """What a pipeline is put together from.

    Attributes:
        models: by their names in the pipeline.
        names: their names in the model cache.
        schedule: the configuration of its scheduler.
    """

    models: Mapping[str, Any]
    names: frozenset[str]
    schedule: dict[str, Any]

    def weights(self) -> Weights:
        """Their sizes, and how much of them is on the card already."""
        sizes = {name: size_of(self.models[name]) for name in ("vae", "image_encoder", "unet")}
        present = sum(size for name, size in sizes.items() if self.models[name].device.type != "cpu")
        return Weights(**sizes, present=present)


def _most(recipe: Recipe, rungs: tuple[str, ...]) -> int:
    """Frames that are drawn in one go."""
    most = int(recipe.setting("go"))
    return max(2, math.ceil(min(most, recipe.frames) / 2)) if SHORTER.name in rungs else most


def _between(recipe: Recipe, go: Go) -> float:
    """The share of the take at which a go is denoised, and nothing but its decoding is left."""
    denoising = passes(recipe)
    return go.begin + (go.end - go.begin) * denoising / (denoising + DECODE_WORTH)


def _denoise(
    pipe: Any, generator: torch.Generator, recipe: Recipe, go: Go, hooks: Hooks, *, whole: bool
) -> torch.Tensor:
    """A go's latents ``[1, frames, C, h, w]``, in main memory."""
    hooks.cancel.check()
    picture = go.picture
    if picture is None:
        raise Unsupported(NO_PICTURE)
    generator.manual_seed(go.seed)
    steps = Steps(
        hooks,
        steps=recipe.steps,
        begin=go.begin,
        end=_between(recipe, go),
        preview=(lambda latents: draft_frames(latents[0], DRAFT_MAP)) if go.begin == 0 else None,
    )
    levers = levers_of(pipe.unet)

    def step_done(pipeline: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        levers.step_done()
        return steps.callback(pipeline, index, timestep, tensors)

    with levers.over(recipe, whole=whole):
        latents: torch.Tensor = pipe(
            Image.fromarray(picture),
            width=recipe.width,
            height=recipe.height,
            num_frames=go.frames,
            num_inference_steps=recipe.steps,
            min_guidance_scale=min(LEAST_GUIDANCE, recipe.guidance),
            max_guidance_scale=recipe.guidance,
            fps=_within(recipe.setting("fps"), 1, 30),
            motion_bucket_id=_within(recipe.setting("motion_bucket"), 1, 255),
            noise_aug_strength=min(0.1, max(0.0, float(recipe.setting("noise_aug")))),
            generator=generator,
            output_type="latent",
            callback_on_step_end=step_done,
        ).frames
    return latents.to("cpu")


def _decode(
    pipe: Any, latents: torch.Tensor, recipe: Recipe, go: Go, rungs: tuple[str, ...], hooks: Hooks
) -> Frames:
    """A go's frames."""
    chunk = _within(recipe.setting("decode_chunk"), 1, go.frames)
    if SMALLER_DECODE.name in rungs:
        chunk = min(chunk, FEWEST_DECODED)
    vae = pipe.vae
    where = pipe._execution_device  # noqa: SLF001 - with offloading, ``device`` is the CPU
    scaled = (1 / vae.config.scaling_factor * latents.to(where).flatten(0, 1)).to(vae.dtype)
    return decode(
        lambda part: vae.decode(part, num_frames=len(part)).sample,
        scaled,
        chunk=chunk,
        hooks=hooks,
        begin=_between(recipe, go),
        end=go.end,
    )


def _fitted(recipe: Recipe, inputs: Inputs) -> Picture:
    """The picture at the frame's size, cropped: the pipeline itself would stretch it."""
    if inputs.picture is None:
        raise Unsupported(NO_PICTURE)
    if recipe.width % STEP_MULTIPLE or recipe.height % STEP_MULTIPLE:
        raise Unsupported(
            Sentence("Stable Video Diffusion needs sizes in multiples of {step} pixels.", step=STEP_MULTIPLE)
        )
    if recipe.frames < 2:  # noqa: PLR2004 - a clip moves
        raise Unsupported(Sentence("Stable Video Diffusion needs at least two frames."))
    return cover(inputs.picture, recipe.width, recipe.height)


def _is_usual(recipe: Recipe) -> bool:
    """Whether a clip has a shape that is worth compiling for: a usual size, drawn in one whole go."""
    return recipe.frames == int(recipe.setting("go")) and (recipe.width, recipe.height) in usual_sizes(SPEC)


def _unet_of(recipe: Recipe) -> str:
    return f"{recipe.model} {TURBO_WEIGHTS}" if recipe.way == TURBO.name else recipe.model


def _scheduler(recipe: Recipe, parts: _Parts, generator: torch.Generator) -> Any:
    """A new one for each take: it holds the state of its steps."""
    if recipe.way == TURBO.name:
        return ConsistencyScheduler(generator)
    return _Euler.from_config(parts.schedule)


def _load_distilled(config: Path, folder: Path, dtype: torch.dtype) -> Any:
    """Load a UNet of known shape from one file, without loading the weights that it replaces."""
    check_folder(folder)
    # Of several releases the newest has the first name: “…-xt-1.1” comes before “…-xt.”.
    file = min(folder.glob("*.safetensors"))
    with torch.device("meta"):
        shape = _UNet.load_config(config, local_files_only=True)
        unet = _UNet.from_config(shape)
    try:
        unet.load_state_dict(load_file(file), strict=True, assign=True)
    except (OSError, RuntimeError) as error:
        if hides_out_of_memory(error):
            raise
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence("The weights in “{folder}” do not fit: {file}.", folder=folder.name, file=file.name),
        ) from error
    return unet.to(dtype=dtype).eval().requires_grad_(requires_grad=False)


def _park(models: Any) -> None:
    models.to("cpu")


def _within(value: float | str, least: int, most: int) -> int:
    return min(most, max(least, round(float(value))))
