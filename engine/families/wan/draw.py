"""Wan at work: read the words, denoise, decode."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
)
from PIL import Image

from engine.core.device import Device, DeviceKind
from engine.core.family import Frames, Hooks, Inputs, Picture
from engine.core.recipe import Recipe
from engine.diffusion.ladder import Rung, descend, first_rung, free_bytes
from engine.diffusion.loading import check_folder, load, size_of
from engine.diffusion.preview import draft_frames
from engine.diffusion.renoise import RenoisingScheduler
from engine.diffusion.sampling import Steps
from engine.families.wan import FAST, FASTWAN, LATENT_FRAMES, VERSIONS, count
from engine.families.wan.decode import decode_causal
from engine.runtime.context import EngineContext
from engine.vision.crop import cover

# diffusers is typed only in places.
_WordsPipeline: Any = WanPipeline
_PicturePipeline: Any = WanImageToVideoPipeline
_Scheduler: Any = UniPCMultistepScheduler

TOKENS = 512
"""That the text encoder reads."""

FASTWAN_LEVELS = (1.0, 0.757, 0.522)
"""Of noise, as it was distilled at: FastVideo's timesteps 1000, 757 and 522."""

SAMPLED = 0.85
"""The share of a take that the steps make up, about; the rest is decoding."""

_RESIDENT, _OFFLOAD, _TILES, _STREAM = "resident", "offload", "tiles", "stream"
_GIVEN_UP = (
    (_OFFLOAD, "each part of the model was on the GPU only while it worked, to save memory"),
    (_TILES, "frames decoded in tiles to save memory"),
    (_STREAM, "the model was streamed to the GPU layer by layer to save memory (slower)"),
)


class WanFamily:
    """Draws with either version; the recipe's engine says with which."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:
        """See :class:`engine.core.family.Family`. ``inputs.picture`` becomes the first frame."""
        rungs = [Rung(name=name, about=about) for name, about in _GIVEN_UP]
        return descend(
            rungs,
            lambda names: self._attempt(recipe, inputs.picture, seed, hooks, names),
            first=self._first_rung(recipe),
            most=self._context.steps_down,
            hooks=hooks,
        )

    def _attempt(
        self, recipe: Recipe, picture: Picture | None, seed: int, hooks: Hooks, rungs: tuple[str, ...]
    ) -> Frames:
        multiple = VERSIONS[recipe.engine].multiple
        width, height = (math.ceil(side / multiple) * multiple for side in (recipe.width, recipe.height))
        generator = torch.Generator("cpu").manual_seed(seed)  # the same noise on every device
        pipe, reader = self._pipeline(recipe, rungs, from_picture=picture is not None)
        hooks.cancel.check()  # loading takes a while
        pipe.scheduler = _scheduler(recipe, generator)
        steps = Steps(hooks, steps=recipe.steps, end=SAMPLED, preview=_preview(recipe))
        first = {} if picture is None else {"image": Image.fromarray(cover(picture, width, height))}
        try:
            words, negative = _read(reader, recipe, pipe._execution_device)  # noqa: SLF001 - hooks decide it
            latents = pipe(
                prompt_embeds=words,
                negative_prompt_embeds=negative,
                width=width,
                height=height,
                num_frames=count(recipe.frames),
                num_inference_steps=recipe.steps,
                guidance_scale=recipe.guidance,
                generator=generator,
                output_type="latent",
                callback_on_step_end=steps.callback,
                **first,
            ).frames
            tiles = _TILES in rungs
            clip = decode_causal(pipe.vae, latents, tiles=tiles, hooks=hooks, begin=SAMPLED, end=1.0)
        finally:
            pipe.maybe_free_model_hooks()
        top, left = (height - recipe.height) // 2, (width - recipe.width) // 2
        return clip[: recipe.frames, top : top + recipe.height, left : left + recipe.width]

    def _pipeline(self, recipe: Recipe, rungs: tuple[str, ...], *, from_picture: bool) -> tuple[Any, Any]:
        """A pipeline of this attempt's own around the cached models, and one that reads words."""
        mode = next((mode for mode in (_STREAM, _OFFLOAD) if mode in rungs), _RESIDENT)
        model_cache, names = self._context.model_cache, _cache_names(recipe, mode)
        entries = _entries(recipe)
        if rungs:  # then there is no room for anything else
            model_cache.clear(keep=frozenset(names))
        transformer = model_cache.get(names[0], lambda: self._load_transformer(entries[0], mode), size_of)
        rest = model_cache.get(names[1], lambda: self._load_rest(entries[1], mode), size_of)
        made = _PicturePipeline if from_picture else _WordsPipeline
        pipe = made(
            tokenizer=rest.tokenizer,
            text_encoder=rest.text_encoder,
            vae=rest.vae,
            transformer=transformer,
            scheduler=None,
            expand_timesteps=rest.config.expand_timesteps,
        )
        pipe.set_progress_bar_config(disable=True)
        if mode == _OFFLOAD:
            pipe.enable_model_cpu_offload(device=self._context.device.kind.value)
        return pipe, rest

    def _load_rest(self, entry: str, mode: str) -> Any:
        # In half precision the decoder's gradients of colour fall into bands.
        vae = self._load(AutoencoderKLWan, entry, mode, streamed=False, subfolder="vae", dtype=torch.float32)
        return self._load(WanPipeline, entry, mode, transformer=None, vae=vae)

    def _load_transformer(self, entry: str, mode: str) -> Any:
        return self._load(WanTransformer3DModel, entry, mode, subfolder="transformer")

    def _load(self, kind: Any, entry: str, mode: str, *, streamed: bool = True, **parts: Any) -> Any:
        on_cuda = self._context.device.kind is DeviceKind.CUDA
        folder = self._context.store.path(entry)
        check_folder(folder)
        # Trained in bfloat16; in float16 the text encoder overflows.
        parts = {"dtype": torch.bfloat16 if on_cuda else torch.float32, **parts}
        home = self._context.device if mode == _RESIDENT else Device()
        loaded = load(kind, folder, device=home, **parts)
        if mode == _STREAM and streamed:
            device = torch.device(self._context.device.kind.value)
            loaded.enable_group_offload(device, offload_type="leaf_level", use_stream=on_cuda)
        return loaded

    def _first_rung(self, recipe: Recipe) -> int:
        """How far down to begin; nowhere but on CUDA is it known what is free."""
        model_cache, costs = self._context.model_cache, VERSIONS[recipe.engine].costs
        if self._context.device.kind is not DeviceKind.CUDA:
            return 0
        if free_bytes() < costs[0]:  # other models give way before anything is given up
            model_cache.clear(keep=frozenset(_cache_names(recipe, _RESIDENT)))
        return first_rung(costs, free_bytes() + model_cache.size)


def _entries(recipe: Recipe) -> tuple[str, str]:
    """Where the transformer comes from, and all the rest."""
    entry = VERSIONS[recipe.engine].entry
    return FASTWAN if recipe.way == FAST.name else entry, entry


def _cache_names(recipe: Recipe, mode: str) -> tuple[str, str]:
    transformer, rest = _entries(recipe)
    return f"{transformer} transformer, {mode}", f"{rest} but its transformer, {mode}"


def _read(reader: Any, recipe: Recipe, device: torch.device) -> Any:
    """What the text encoder makes of the words: the pipeline for pictures could not do without ftfy."""
    with torch.no_grad():
        return reader.encode_prompt(
            recipe.words,
            recipe.negative,
            do_classifier_free_guidance=recipe.guidance > 1,
            max_sequence_length=TOKENS,
            device=device,
        )


def _preview(recipe: Recipe) -> Callable[[torch.Tensor], Frames] | None:
    draft_map = VERSIONS[recipe.engine].draft_map
    if draft_map is None:
        return None

    def preview(latents: torch.Tensor) -> Frames:
        often = [1] + [LATENT_FRAMES] * (latents.shape[2] - 1)
        return draft_frames(latents[0].movedim(0, 1), draft_map).repeat(often, axis=0)[: recipe.frames]

    return preview


def _scheduler(recipe: Recipe, generator: torch.Generator) -> Any:
    if recipe.way == FAST.name:
        return RenoisingScheduler(FASTWAN_LEVELS, generator)
    return _Scheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=recipe.settings["flow_shift"]
    )
