"""Stable Video Diffusion beside its stock pipeline."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch
from diffusers import StableVideoDiffusionPipeline, UNetSpatioTemporalConditionModel
from PIL import Image
from safetensors.torch import load_file

from benchmarks.parity.case import PICTURE, Case, Drawn, as_bytes, asked, generator, planned
from engine.core.family import Inputs
from engine.core.recipe import Kind, Quality, Recipe
from engine.diffusion.goes import NEXT_GO, goes
from engine.families.svd import TURBO_WEIGHTS, XT
from engine.vision.crop import cover
from engine.weights.store import Store
from tests.engine.tiny import svd as tiny

_Pipeline: Any = StableVideoDiffusionPipeline
_UNet: Any = UNetSpatioTemporalConditionModel

SIZE = (64, 64, 4)
NO_LEVERS = {"guided": 1.0, "deep_every": 1}


def build(folder: Path) -> None:
    """Write its weights, small and random."""
    tiny.build(folder)


class AuthorsSampler:
    """AnimateLCM-SVD's, written down from its authors' formulas: Karras levels, jumps, new noise.

    Source: G-U-N/AnimateLCM, animatelcm_svd/animatelcm_scheduler.py, with the settings of its demo.
    """

    order = 1
    init_noise_sigma = (700.0**2 + 1) ** 0.5

    def __init__(self, noise: torch.Generator) -> None:
        """Make one that draws its noise from a generator."""
        self._noise = noise
        self.timesteps = torch.empty(0)
        self._sigmas = torch.empty(0)
        self._index = 0

    def set_timesteps(self, steps: int, device: Any = None) -> None:
        """Each 40/steps-th of 40 levels."""
        ramp = torch.arange(steps, dtype=torch.float64) * (40 // steps) / 39
        high, low = 700.0 ** (1 / 7), 0.002 ** (1 / 7)
        sigmas = (high + ramp * (low - high)) ** 7
        self.timesteps = (0.25 * torch.log(sigmas + 1e-44)).to(device)
        self._sigmas = torch.cat((sigmas, torch.zeros(1, dtype=torch.float64))).float()
        self._index = 0

    def scale_model_input(self, sample: torch.Tensor, _time: Any) -> torch.Tensor:
        """To unit variance."""
        return sample / (self._sigmas[self._index] ** 2 + 1) ** 0.5

    def step(self, output: torch.Tensor, _time: Any, sample: torch.Tensor) -> Any:
        """Jump to the clip, and add the noise of the next level."""
        sigma, following = self._sigmas[self._index], self._sigmas[self._index + 1]
        clean = sample / (sigma**2 + 1) - output * sigma / (sigma**2 + 1) ** 0.5
        self._index += 1
        noise = torch.randn(sample.shape, generator=self._noise) if following else torch.zeros_like(sample)
        return dataclasses.make_dataclass("Stepped", ["prev_sample"])(clean + noise * following)


def cases(store: Store) -> tuple[Case, ...]:
    """All ways."""

    def stock(recipe: Recipe) -> Drawn:
        pipe = _Pipeline.from_pretrained(store.path(recipe.model), dtype=torch.float32, variant="fp16")
        pipe.set_progress_bar_config(disable=True)
        if recipe.way == "turbo":
            file = next(store.path(TURBO_WEIGHTS).glob("*.safetensors"))
            pipe.unet = _UNet.from_config(pipe.unet.config)
            pipe.unet.load_state_dict(load_file(file))
        picture, made = cover(PICTURE, recipe.width, recipe.height), []
        for number, frames in enumerate(goes(recipe.frames, int(recipe.settings["go"]))):
            noise = generator((3 + number * NEXT_GO) % 2**32)
            if recipe.way == "turbo":
                pipe.scheduler = AuthorsSampler(noise)
            drawn = as_bytes(_called(pipe, recipe, picture, frames, noise)).frames
            made.append(drawn[min(number, 1) :])
            picture = drawn[-1]
        return Drawn(frames=torch.cat([torch.from_numpy(part) for part in made]).numpy())

    def case(
        way: str, quality: Quality, *, inexact: str = "", without: frozenset[str] = frozenset(), **more: Any
    ) -> Case:
        inputs = Inputs(picture=PICTURE)
        request = asked("svd", kind=Kind.ANIMATE, quality=quality)
        recipe = planned(store, request, size=SIZE, inputs=inputs, without=without)
        settings = {**recipe.settings, **more, **({} if inexact else NO_LEVERS)}
        recipe = dataclasses.replace(recipe, settings=settings)
        return Case(family="svd", way=way, recipe=recipe, inputs=inputs, stock=stock, inexact=inexact)

    slow = frozenset({TURBO_WEIGHTS})
    return (
        case("XT, best", Quality.BEST),
        case("14 frames, best", Quality.BEST, without=frozenset({XT})),
        case("XT, balanced without its levers", Quality.BALANCED),
        case("XT, two goes", Quality.BALANCED, go=3),
        case("turbo, beside its authors' sampler", Quality.FAST),
        case("XT, balanced", Quality.BALANCED, inexact="guidance on half of the steps"),
        case("XT, fast", Quality.FAST, without=slow, inexact="and the deep layers on every third step"),
    )


def _called(pipe: Any, recipe: Recipe, picture: Any, frames: int, noise: torch.Generator) -> Any:
    settings = recipe.settings
    return pipe(
        Image.fromarray(picture),
        width=recipe.width,
        height=recipe.height,
        num_frames=frames,
        num_inference_steps=recipe.steps,
        max_guidance_scale=recipe.guidance,
        fps=int(settings["fps"]),
        motion_bucket_id=int(settings["motion_bucket"]),
        noise_aug_strength=float(settings["noise_aug"]),
        decode_chunk_size=int(settings["decode_chunk"]),
        generator=noise,
        output_type="np",
    ).frames[0]
