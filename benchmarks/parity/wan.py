"""Wan 2.1, Wan 2.2 and FastWan beside their stock pipelines."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from PIL import Image

from benchmarks.parity.case import PICTURE, Case, Drawn, as_bytes, asked, generator, planned
from engine.core.family import Inputs
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.video_model import UMT5
from engine.families.wan import FASTWAN, VERSIONS
from engine.vision.crop import cover
from engine.weights.store import Store
from tests.engine.tiny import wan as tiny

_Diffusers: Any = diffusers
_Transformers: Any = transformers

SIZE = (32, 32, 9)
LEVERS = ("guided", "cached_every")
LIGHTER = "guidance on half of the steps, blocks on every second"
OWN_LEVERS = "balanced, beside the library's own TaylorSeer and an end of guidance"


def build(folder: Path) -> None:
    """Write their weights, small and random."""
    tiny.build(folder)


def embeddings(store: Store, recipe: Recipe) -> dict[str, torch.Tensor | None]:
    """What the stock pipeline makes of the words; some pipelines of the family cannot clean them here."""
    text = store.path(UMT5)
    reader = _Diffusers.WanPipeline(
        tokenizer=_Transformers.AutoTokenizer.from_pretrained(text / "tokenizer"),
        text_encoder=_Transformers.UMT5EncoderModel.from_pretrained(text / "text_encoder"),
        vae=None,
        transformer=None,
        scheduler=None,
    )
    guided = recipe.guidance > 1
    words, negative = reader.encode_prompt(
        recipe.words,
        recipe.negative,
        do_classifier_free_guidance=guided,
        device="cpu",
        max_sequence_length=512,
    )
    return {"prompt_embeds": words, "negative_prompt_embeds": negative if guided else None}


def sampler(recipe: Recipe) -> Any:
    """As the library's documentation makes it for Wan."""
    return _Diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=recipe.settings["flow_shift"]
    )


def given(store: Store, recipe: Recipe) -> dict[str, Any]:
    """What all calls of the family are given."""
    return {
        **embeddings(store, recipe),
        "width": recipe.width,
        "height": recipe.height,
        "num_frames": recipe.frames,
        "num_inference_steps": recipe.steps,
        "guidance_scale": recipe.guidance,
        "generator": generator(),
        "output_type": "np",
    }


def with_levers(pipe: Any, recipe: Recipe, call: Callable[..., Any]) -> Any:
    """Call a pipeline with the library's own means of working less."""
    cache = _Diffusers.TaylorSeerCacheConfig(
        cache_interval=int(recipe.settings["cached_every"]), disable_cache_before_step=3, use_lite_mode=True
    )
    last = round(recipe.steps * float(recipe.settings["guided"]))

    def ended(own: Any, index: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        if index + 1 >= last:
            own._guidance_scale = 1.0  # noqa: SLF001 - as the library's guide to dynamic guidance does
        return tensors

    pipe.transformer.enable_cache(cache)
    try:
        return call(callback_on_step_end=ended)
    finally:
        pipe.transformer.disable_cache()


def without_levers(recipe: Recipe) -> Recipe:
    """A recipe that works on all steps."""
    settings = {name: value for name, value in recipe.settings.items() if name not in LEVERS}
    return dataclasses.replace(recipe, settings=settings)


def _pipe(store: Store, kind: Any, recipe: Recipe) -> Any:
    version = VERSIONS[recipe.engine]
    folder = store.path(version.entry)
    pipe = kind(
        tokenizer=None,
        text_encoder=None,
        transformer=_Diffusers.WanTransformer3DModel.from_pretrained(folder / "transformer"),
        vae=_Diffusers.AutoencoderKLWan.from_pretrained(folder / "vae"),
        scheduler=sampler(recipe),
        expand_timesteps=version.times_each_token,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def cases(store: Store) -> tuple[Case, ...]:
    """All ways."""

    def words(recipe: Recipe) -> Drawn:
        return as_bytes(_pipe(store, _Diffusers.WanPipeline, recipe)(**given(store, recipe)).frames[0])

    def lighter(recipe: Recipe) -> Drawn:
        pipe, own = _pipe(store, _Diffusers.WanPipeline, recipe), given(store, recipe)
        return as_bytes(with_levers(pipe, recipe, lambda **more: pipe(**own, **more)).frames[0])

    def picture(recipe: Recipe) -> Drawn:
        image = Image.fromarray(cover(PICTURE, recipe.width, recipe.height))
        pipe = _pipe(store, _Diffusers.WanImageToVideoPipeline, recipe)
        return as_bytes(pipe(image=image, **given(store, recipe)).frames[0])

    def case(way: str, engine: str, quality: Quality, stock: Any, **more: Any) -> Case:
        inputs = more.pop("inputs", Inputs())
        kind = Kind.TEXT2VIDEO if inputs.picture is None else Kind.ANIMATE
        recipe = planned(store, asked(engine, kind=kind, quality=quality), size=SIZE, inputs=inputs)
        if more.pop("bare", False):
            recipe = without_levers(recipe)
        return Case(family=engine, way=way, recipe=recipe, inputs=inputs, stock=stock, **more)

    begins = Inputs(picture=PICTURE)
    return (
        case("words, best", "wan", Quality.BEST, words),
        case("words, balanced without its levers", "wan", Quality.BALANCED, words, bare=True),
        case(OWN_LEVERS, "wan", Quality.BALANCED, lighter),
        case("words, balanced", "wan", Quality.BALANCED, words, inexact=LIGHTER),
        case("words, best", "wan-5b", Quality.BEST, words),
        case("a picture, best", "wan-5b", Quality.BEST, picture, inputs=begins),
        case("a picture, balanced", "wan-5b", Quality.BALANCED, picture, inputs=begins, inexact=LIGHTER),
        case(
            "FastWan, beside its authors' loop",
            "wan-5b",
            Quality.FAST,
            lambda recipe: _fastwan(store, recipe),
        ),
    )


def _fastwan(store: Store, recipe: Recipe) -> Drawn:
    """FastVideo's loop of distribution matching, with the library's transformer.

    Source: hao-ai-lab/FastVideo, DmdDenoisingStage: levels are looked up on a grid shifted by 8.
    """
    folder = store.path(VERSIONS[recipe.engine].entry)
    transformer = _Diffusers.WanTransformer3DModel.from_pretrained(store.path(FASTWAN) / "transformer")
    pipe = _Diffusers.WanPipeline(
        tokenizer=None,
        text_encoder=None,
        transformer=transformer,
        vae=_Diffusers.AutoencoderKLWan.from_pretrained(folder / "vae"),
        scheduler=None,
        expand_timesteps=True,
    )
    grid, noise = _Diffusers.FlowMatchEulerDiscreteScheduler(shift=8.0), generator()
    words = embeddings(store, recipe)["prompt_embeds"]
    latents = pipe.prepare_latents(
        1, 48, recipe.height, recipe.width, recipe.frames, torch.float32, "cpu", noise
    )
    tokens = latents.shape[2] * (latents.shape[3] // 2) * (latents.shape[4] // 2)
    times = (1000.0, 757.0, 522.0)
    for number, time in enumerate(times):
        velocity = transformer(
            hidden_states=latents,
            timestep=torch.full((1, tokens), time),
            encoder_hidden_states=words,
            return_dict=False,
        )[0]
        clean = (latents.double() - _level(grid, time) * velocity.double()).float()
        if number + 1 < len(times):
            level = _level(grid, times[number + 1])
            latents = (1 - level) * clean + level * torch.randn(latents.shape, generator=noise)
    return as_bytes(_decoded(pipe, clean))


def _level(grid: Any, time: float) -> float:
    return float(grid.sigmas[(grid.timesteps.double() - time).abs().argmin()])


def _decoded(pipe: Any, latents: torch.Tensor) -> Any:
    vae = pipe.vae
    mean, spread = (
        torch.tensor(values).view(1, -1, 1, 1, 1)
        for values in (vae.config.latents_mean, vae.config.latents_std)
    )
    video = vae.decode(latents * spread + mean, return_dict=False)[0]
    return pipe.video_processor.postprocess_video(video, output_type="np")[0]
