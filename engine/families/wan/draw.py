"""Wan at work: read the words, denoise, decode.

The models are loaded once, into main memory, whatever the card can hold. Each attempt at a clip places them
anew, as far down the memory ladder as it must.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
from engine.core.device_faults import is_out_of_memory
from engine.core.family import Frames, Hooks, Inputs
from engine.core.recipe import Recipe
from engine.diffusion.attention import attending
from engine.diffusion.compiled import compiled_for, compiling
from engine.diffusion.goes import Go, Unfinished
from engine.diffusion.ladder import Start, descend, free_bytes, start
from engine.diffusion.loading import bytes_in, load, size_of
from engine.diffusion.preview import draft_frames
from engine.diffusion.renoise import RenoisingScheduler
from engine.diffusion.sampling import Steps, showing_one_draft
from engine.diffusion.streaming import streamed
from engine.families import FAMILIES
from engine.families.wan import FAST, FASTWAN, LATENT_FRAMES, UMT5, VERSIONS, count, grid
from engine.families.wan.decode import decode_causal
from engine.families.wan.ladder import (
    BLOCKS_HELD,
    READING,
    SHORTER,
    STREAM,
    TILES,
    Weights,
    costs,
    rungs_of,
    shorter,
)
from engine.families.wan.levers import cached, cached_every, end_guidance, guided
from engine.families.wan.words import Reader, WordMemory
from engine.planning.usual import is_usual
from engine.runtime.context import EngineContext
from engine.runtime.model_cache import collect
from engine.vision.crop import cover

# diffusers is typed only in places.
_WordsPipeline: Any = WanPipeline
_PicturePipeline: Any = WanImageToVideoPipeline
_Scheduler: Any = UniPCMultistepScheduler

FASTWAN_TIMES = (1000, 757, 522)
"""At which it was distilled."""

FASTWAN_LEVELS = (1.0, 28 / 37, 12 / 23)
"""Of noise at those times: its authors look them up on the grid of a flow shifted by 8."""

SAMPLED = 0.85
"""The share of a take that the steps make up, about; the rest is decoding."""


@dataclass(frozen=True, kw_only=True)
class _Models:
    """What draws a recipe, and the names under which the model cache holds it."""

    transformer: Any
    vae: Any
    names: frozenset[str]

    def weights(self) -> Weights:
        """Their sizes, and how much of them is on the card already."""
        sizes = {model: size_of(model) for model in (self.transformer, self.vae)}
        present = sum(size for model, size in sizes.items() if model.device.type != "cpu")
        return Weights(transformer=sizes[self.transformer], vae=sizes[self.vae], present=present)


class WanFamily:
    """Draws with either version; the recipe's engine says with which."""

    def __init__(self, context: EngineContext) -> None:
        """Make one; nothing is loaded before it draws."""
        self._context = context
        self._on_cuda = context.device.kind is DeviceKind.CUDA
        # Trained in bfloat16; in float16 the text encoder overflows.
        self._dtype = torch.bfloat16 if self._on_cuda else torch.float32

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:
        """See :class:`engine.core.family.Family`. ``inputs.picture`` becomes the first frame."""
        hooks.cancel.check()
        hooks = showing_one_draft(hooks)
        most = int(recipe.settings.get("go", VERSIONS[recipe.engine].trained_frames))
        models = self._models(recipe)
        hooks.cancel.check()  # loading takes a while
        from_picture = inputs.picture is not None
        go = min(most, count(recipe.frames))
        needed = costs(recipe, models.weights(), go=go, from_picture=from_picture)
        words = self._words(recipe, models, beside=needed[0])
        hooks.cancel.check()
        width, height = grid(VERSIONS[recipe.engine], recipe.width, recipe.height)
        picture = None if inputs.picture is None else cover(inputs.picture, width, height)
        clip = Unfinished((recipe.frames, height, width), seed=seed, picture=picture)
        take = _Take(recipe, models, words, self._context.device, hooks)
        # The cache's hooks decide anew on each step which blocks work: that is no graph.
        usual = is_usual(recipe, FAMILIES[recipe.engine]) and recipe.frames <= most
        usual = usual and cached_every(recipe) == 1

        def attempt(rungs: tuple[str, ...]) -> Frames:
            if rungs:  # then there is no room for anything else
                self._context.model_cache.clear_gpu(keep=models.names)
            with attending(self._context), compiling(usual=usual and not rungs, gave_up=hooks.gave_up):
                return clip.draw(
                    shorter(most) if SHORTER.name in rungs else most,
                    lambda go: take.denoise(go, rungs),
                    lambda latents, go: take.decode(latents, go, rungs),
                )

        begin = self._start(recipe, models, needed)
        drawn = descend(
            rungs_of(VERSIONS[recipe.engine]),
            attempt,
            start=begin,
            most=self._context.steps_down,
            hooks=hooks,
            phase=lambda: clip.phase,
        )
        top, left = (height - recipe.height) // 2, (width - recipe.width) // 2
        return drawn[:, top : top + recipe.height, left : left + recipe.width]

    def _models(self, recipe: Recipe) -> _Models:
        """What draws a recipe, from the model cache: in main memory, or still on the card."""
        entry = VERSIONS[recipe.engine].entry
        distilled = FASTWAN if recipe.way == FAST.name else entry
        names = f"{distilled} transformer", f"{entry} vae"
        transformer = self._cached(
            names[0], WanTransformer3DModel, distilled, subfolder="transformer", dtype=self._dtype
        )
        compiled_for(transformer, self._context)
        # In half precision the decoder's gradients of colour fall into bands.
        vae = self._cached(names[1], AutoencoderKLWan, entry, subfolder="vae", dtype=torch.float32)
        return _Models(transformer=transformer, vae=vae, names=frozenset(names))

    def _cached(self, name: str, kind: Any, entry: str, **parts: Any) -> Any:
        folder = self._context.store.path(entry)
        return self._context.model_cache.get(
            name,
            lambda: load(kind, folder, device=Device(), **parts),
            size_of,
            park=_park,
            coming=bytes_in(folder / parts["subfolder"]),
        )

    def _words(
        self, recipe: Recipe, models: _Models, *, beside: int
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The embeddings of the words, and of what is steered away from: read only where they are new."""
        cache = self._context.model_cache
        memory: WordMemory = cache.get("wan words", WordMemory, lambda _: 0, park=lambda _: None)
        texts = [recipe.words, *([recipe.negative] if recipe.guidance > 1 else [])]
        if missing := memory.missing(texts):
            folder = self._context.store.path(UMT5)
            reader = cache.get(
                UMT5,
                lambda: Reader(folder, self._dtype),
                lambda made: size_of(made.encoder),
                park=Reader.park,
                coming=bytes_in(folder),
            )
            memory.keep(self._read(reader, missing, models, beside))
        words, *negative = (memory.take(text) for text in texts)
        return words, negative[0] if negative else None

    def _read(
        self, reader: Reader, texts: tuple[str, ...], models: _Models, beside: int
    ) -> dict[str, torch.Tensor]:
        """Read texts: on the card as a whole where it can stay there beside the rest, else block by block."""
        size = size_of(reader.encoder)
        stays = not self._on_cuda or reader.encoder.device.type != "cpu"
        if not stays and free_bytes() + models.weights().present < size + beside:
            if free_bytes() < BLOCKS_HELD * size + READING:
                self._context.model_cache.clear_gpu(keep=frozenset())
            return self._read_in_blocks(reader, texts)
        try:
            reader.encoder.to(self._context.device.kind.value)
            return reader.read(texts)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        # Out here the error is gone, and with it the frames that held what filled the memory.
        self._context.model_cache.clear_gpu(keep=frozenset())
        return self._read_in_blocks(reader, texts)

    def _read_in_blocks(self, reader: Reader, texts: tuple[str, ...]) -> dict[str, torch.Tensor]:
        with streamed((reader.encoder,), self._context.device, blocks_of=("encoder",)):
            return reader.read(texts)

    def _start(self, recipe: Recipe, models: _Models, needed: tuple[int, ...]) -> Start:
        """How far down to begin; nowhere but on CUDA is it known what is free."""
        if not self._on_cuda:
            return Start()
        present = models.weights().present
        if needed[0] > free_bytes() + present:  # others give way before anything is given up
            self._context.model_cache.clear_gpu(keep=models.names)
        return start(
            recipe,
            rungs_of(VERSIONS[recipe.engine]),
            needed,
            free_bytes() + present,
            self._context.rung_memory,
        )


class _Take:
    """One take: how a go of it is denoised and decoded, with rungs of the memory ladder in force."""

    def __init__(
        self,
        recipe: Recipe,
        models: _Models,
        words: tuple[torch.Tensor, torch.Tensor | None],
        device: Device,
        hooks: Hooks,
    ) -> None:
        self._recipe = recipe
        self._version = VERSIONS[recipe.engine]
        self._models = models
        self._words, self._negative = words
        self._device = device
        self._where = device.kind.value
        self._hooks = hooks

    def denoise(self, go: Go, rungs: tuple[str, ...]) -> torch.Tensor:
        """A go's latents ``[1, C, t, h, w]``, in main memory."""
        recipe, hooks = self._recipe, self._hooks
        hooks.cancel.check()
        width, height = grid(self._version, recipe.width, recipe.height)
        generator = torch.Generator("cpu").manual_seed(go.seed)  # the same noise on every device
        pipe = self._pipeline(from_picture=go.picture is not None)
        pipe.scheduler = _scheduler(recipe, generator)
        sampled = go.begin + SAMPLED * (go.end - go.begin)
        preview = self._preview if go.begin == 0 else None
        steps = Steps(hooks, steps=recipe.steps, begin=go.begin, end=sampled, preview=preview)
        first = {} if go.picture is None else {"image": Image.fromarray(go.picture)}
        guided_to = guided(recipe)

        def step_done(pipeline: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            if index + 1 >= guided_to:
                end_guidance(pipeline)
            return steps.callback(pipeline, index, timestep, tensors)

        # Streamed layers come in an order that was noted: none may be skipped.
        every = 1 if STREAM.name in rungs else cached_every(recipe)
        with self._placed(pipe, rungs), cached(pipe.transformer, every):
            latents: torch.Tensor = pipe(
                prompt_embeds=self._words.to(self._where),
                negative_prompt_embeds=None if self._negative is None else self._negative.to(self._where),
                width=width,
                height=height,
                num_frames=count(go.frames),
                num_inference_steps=recipe.steps,
                guidance_scale=recipe.guidance,
                generator=generator,
                output_type="latent",
                callback_on_step_end=step_done,
                **first,
            ).frames
            return latents.to("cpu")

    def decode(self, latents: torch.Tensor, go: Go, rungs: tuple[str, ...]) -> Frames:
        """A go's frames, uint8 ``[at least go.frames, height, width, 3]`` of the size that is drawn."""
        vae = self._models.vae
        sampled = go.begin + SAMPLED * (go.end - go.begin)
        try:
            if rungs:  # the transformer has had its turn
                self._models.transformer.to("cpu")
                collect()
            vae.to(self._where)
            return decode_causal(
                vae,
                latents.to(self._where),
                tiles=TILES.name in rungs,
                hooks=self._hooks,
                begin=sampled,
                end=go.end,
            )
        finally:
            if rungs:
                vae.to("cpu")

    def _pipeline(self, *, from_picture: bool) -> Any:
        made = _PicturePipeline if from_picture else _WordsPipeline
        pipe = made(
            tokenizer=None,
            text_encoder=None,
            vae=self._models.vae,
            transformer=self._models.transformer,
            scheduler=None,
            expand_timesteps=self._version.times_each_token,
        )
        pipe.set_progress_bar_config(disable=True)
        return pipe

    @contextmanager
    def _placed(self, pipe: Any, rungs: tuple[str, ...]) -> Iterator[None]:
        """Put the models where the rungs say; whatever happens, leave no hook on them."""
        try:
            if STREAM.name in rungs:
                with streamed((pipe.transformer,), self._device):
                    pipe.vae.to(self._where)
                    yield
            elif rungs:
                pipe.model_cpu_offload_seq = "vae->transformer"  # the first frame is encoded first
                pipe.enable_model_cpu_offload(device=self._where)
                yield
            else:
                pipe.to(self._where)
                yield
        finally:
            pipe.remove_all_hooks()
            for model in (pipe.transformer, pipe.vae):  # accelerate leaves the model's own method on it
                vars(model).pop("forward", None)
            if rungs:
                pipe.to("cpu")

    def _preview(self, latents: torch.Tensor) -> Frames:
        often = [1] + [LATENT_FRAMES] * (latents.shape[2] - 1)
        frames = draft_frames(latents[0].movedim(0, 1), self._version.draft_map)
        return frames.repeat(often, axis=0)[: self._recipe.frames]


def _scheduler(recipe: Recipe, generator: torch.Generator) -> Any:
    if recipe.way == FAST.name:
        return RenoisingScheduler(FASTWAN_LEVELS, generator, times=FASTWAN_TIMES)
    return _Scheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=recipe.settings["flow_shift"]
    )


def _park(model: Any) -> None:
    model.to("cpu")
