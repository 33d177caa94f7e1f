"""One take of a family of Wan's: how a go of it is denoised and decoded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import UniPCMultistepScheduler

from engine.core.device import Device
from engine.core.family import Frames, Hooks
from engine.core.recipe import Recipe
from engine.core.video_model import LATENT_FRAMES, Version, count
from engine.diffusion.goes import Go
from engine.diffusion.loading import size_of
from engine.diffusion.preview import draft_frames
from engine.diffusion.sampling import Steps
from engine.diffusion.streaming import streamed
from engine.diffusion.wan.decode import decode_causal, in_half
from engine.diffusion.wan.ladder import HALF, STREAM, TILES, Weights
from engine.diffusion.wan.levers import cached, cached_every, end_guidance, guided
from engine.runtime.model_cache import collect

_Scheduler: Any = UniPCMultistepScheduler  # diffusers is typed only in places

SAMPLED = 0.85
"""The share of a take that the steps make up, about; the rest is decoding."""


@dataclass(frozen=True, kw_only=True)
class Models:
    """What draws a recipe, and the names under which the model cache holds it.

    Attributes:
        second: the transformer that takes over where little noise is left; None: there is one only.
    """

    transformer: Any
    vae: Any
    names: frozenset[str]
    second: Any = None

    @property
    def transformers(self) -> tuple[Any, ...]:
        """The one, or both, in the order in which they work."""
        return (self.transformer,) if self.second is None else (self.transformer, self.second)

    def weights(self) -> Weights:
        """Their sizes, and how much of them is on the card already."""
        every = (*self.transformers, self.vae)
        present = sum(size_of(model) for model in every if model.device.type != "cpu")
        first, *second = map(size_of, self.transformers)
        return Weights(transformer=first, second=sum(second), vae=size_of(self.vae), present=present)


class Take(ABC):
    """One take, with rungs of the memory ladder in force."""

    before = 0
    """Latent frames that stand before the clip's own, and are no part of it."""

    def __init__(
        self,
        version: Version,
        recipe: Recipe,
        models: Models,
        words: tuple[torch.Tensor, torch.Tensor | None],
        device: Device,
        hooks: Hooks,
    ) -> None:
        """Get ready.

        Args:
            version: of the model.
            recipe: what is drawn.
            models: what draws it.
            words: the embeddings of the words, and of what is steered away from.
            device: where it is drawn.
            hooks: told of progress, and asked whether to stop.
        """
        self.recipe = recipe
        self._version = version
        self._models = models
        self._words, self._negative = words
        self._device = device
        self._where = device.kind.value
        self._hooks = hooks

    @abstractmethod
    def pipeline(self, go: Go) -> Any:
        """The pipeline's class, and what it is made with beside the models."""

    @abstractmethod
    def arguments(self, go: Go) -> dict[str, Any]:
        """What its call is given beside what all are given."""

    @contextmanager
    def dressed(self, pipe: Any) -> Iterator[None]:
        """With what the transformers wear while they denoise a go: nothing.

        Args:
            pipe: the go's pipeline.
        """
        del pipe
        yield

    def scheduler(self, generator: torch.Generator) -> Any:
        """The sampler of a go.

        Args:
            generator: the go's own.
        """
        del generator
        return _Scheduler(
            prediction_type="flow_prediction",
            use_flow_sigmas=True,
            flow_shift=self.recipe.setting("flow_shift"),
        )

    def denoise(self, go: Go, rungs: tuple[str, ...]) -> torch.Tensor:
        """A go's latents ``[1, C, t, h, w]``, in main memory."""
        recipe, hooks = self.recipe, self._hooks
        hooks.cancel.check()
        width, height = self._version.grid(recipe.width, recipe.height)
        generator = torch.Generator("cpu").manual_seed(go.seed)  # the same noise on every device
        pipe = self._made(go)
        pipe.scheduler = self.scheduler(generator)
        self._tile(pipe.vae, rungs)
        sampled = go.begin + SAMPLED * (go.end - go.begin)
        preview = self._preview if go.begin == 0 else None
        steps = Steps(hooks, steps=recipe.steps, begin=go.begin, end=sampled, preview=preview)
        guided_to = guided(recipe)

        def step_done(pipeline: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            if index + 1 >= guided_to:
                end_guidance(pipeline)
            return steps.callback(pipeline, index, timestep, tensors)

        # Streamed layers come in an order that was noted: none may be skipped.
        every = 1 if STREAM.name in rungs else cached_every(recipe)
        with self.dressed(pipe), self._placed(pipe, rungs), cached(pipe.transformer, every):
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
                **self.arguments(go),
            ).frames
            return latents[:, :, self.before :].to("cpu")

    def decode(self, latents: torch.Tensor, go: Go, rungs: tuple[str, ...]) -> Frames:
        """A go's frames, uint8 ``[at least go.frames, height, width, 3]`` of the size that is drawn."""
        vae = self._models.vae
        sampled = go.begin + SAMPLED * (go.end - go.begin)
        with ExitStack() as undone:
            if rungs:  # the transformer has had its turn
                for model in (*self._models.transformers, vae):
                    model.to("cpu")
                collect()
                undone.callback(vae.to, "cpu")
            if HALF.name in rungs:
                undone.enter_context(in_half(vae))
            vae.to(self._where)
            return decode_causal(
                vae,
                latents.to(self._where),
                tiles=TILES.name in rungs,
                hooks=self._hooks,
                begin=sampled,
                end=go.end,
            )

    def _made(self, go: Go) -> Any:
        made = self.pipeline(go)
        second = {} if self._models.second is None else {"transformer_2": self._models.second}
        pipe = made(
            tokenizer=None,
            text_encoder=None,
            vae=self._models.vae,
            transformer=self._models.transformer,
            scheduler=None,
            **second,
        )
        pipe.set_progress_bar_config(disable=True)
        return pipe

    def _tile(self, vae: Any, rungs: tuple[str, ...]) -> None:
        """Encode in tiles where that helps, and never because the last clip was decoded so."""
        if TILES.name in rungs and self._version.footprint.encoded_tile:
            vae.enable_tiling()
        else:
            vae.disable_tiling()

    @contextmanager
    def _placed(self, pipe: Any, rungs: tuple[str, ...]) -> Iterator[None]:
        """Put the models where the rungs say; whatever happens, leave no hook on them."""
        try:
            if STREAM.name in rungs:
                with streamed(self._models.transformers, self._device):
                    pipe.vae.to(self._where)
                    yield
            elif rungs:
                # Pictures are encoded first. Each model leaves when the next one comes.
                pipe.model_cpu_offload_seq = "vae->transformer->transformer_2"
                pipe.enable_model_cpu_offload(device=self._where)
                yield
            else:
                pipe.to(self._where)
                yield
        finally:
            pipe.remove_all_hooks()
            for model in (
                *self._models.transformers,
                pipe.vae,
            ):  # accelerate leaves the model's own method on it
                vars(model).pop("forward", None)
            if rungs:
                pipe.to("cpu")

    def _preview(self, latents: torch.Tensor) -> Frames:
        own = latents[0, :, self.before :]
        often = [1] + [LATENT_FRAMES] * (own.shape[1] - 1)
        frames = draft_frames(own.movedim(0, 1), self._version.draft_map)
        return frames.repeat(often, axis=0)[: self.recipe.frames]
