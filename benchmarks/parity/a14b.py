"""Wan 2.2 A14B, two experts, beside its stock pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
from PIL import Image

from benchmarks.parity.case import PICTURE, Case, Drawn, as_bytes, asked, generator, planned
from engine.core.family import Inputs
from engine.core.recipe import Kind, Quality, Recipe
from engine.families.wan_a14b import EXPERTS, FOUR_STEPS, I2V, T2V
from engine.vision.crop import cover
from engine.weights.store import Store
from tests.engine.tiny import wan_a14b as tiny

_Diffusers: Any = diffusers

SIZE = (32, 32, 9)


class _AtFour(_Diffusers.FlowMatchEulerDiscreteScheduler):  # type: ignore[misc] # diffusers has no types
    """The four levels of noise that lightx2v's LoRAs were distilled to."""

    def set_timesteps(self, num_inference_steps: Any = None, device: Any = None, **_: Any) -> None:  # noqa: ARG002
        """Whatever number is asked for."""
        super().set_timesteps(sigmas=[1.0, 0.75, 0.5, 0.25], device=device)


def build(folder: Path) -> None:
    """Write its weights, small and random."""
    tiny.build(folder)


def cases(store: Store) -> tuple[Case, ...]:
    """From words and from a picture, in the authors' steps and in four."""

    def stock(recipe: Recipe) -> Drawn:
        return _stock(store, recipe)

    def case(way: str, engine: str, quality: Quality) -> Case:
        inputs = Inputs(picture=PICTURE) if engine == I2V else Inputs()
        kind = Kind.ANIMATE if engine == I2V else Kind.TEXT2VIDEO
        request = asked(engine, kind=kind, quality=quality)
        recipe = planned(store, request, size=SIZE, inputs=inputs, packages=frozenset({"gguf"}))
        return Case(family=engine, way=way, recipe=recipe, inputs=inputs, stock=stock)

    return (
        case("words, best", T2V, Quality.BEST),
        case("words, four steps", T2V, Quality.FAST),
        case("a picture, best", I2V, Quality.BEST),
        case("a picture, four steps", I2V, Quality.FAST),
    )


def _stock(store: Store, recipe: Recipe) -> Drawn:
    experts = EXPERTS[recipe.engine]
    pipe = tiny.pipeline(store.folder, recipe.engine)
    if recipe.way == FOUR_STEPS:
        for file, second in ((experts.high_lora, False), (experts.low_lora, True)):
            pipe.load_lora_weights(
                store.folder / experts.loras,
                weight_name=file,
                adapter_name=f"l{second}",
                load_into_transformer_2=second,
            )
        pipe.scheduler = _AtFour(shift=5.0)
    # The pipeline for pictures cleans prompts with ftfy, which is not among our libraries.
    reader = _Diffusers.WanPipeline(
        tokenizer=pipe.tokenizer, text_encoder=pipe.text_encoder, vae=None, transformer=None, scheduler=None
    )
    guided = recipe.guidance > 1
    with torch.no_grad():
        words, negative = reader.encode_prompt(
            recipe.words,
            recipe.negative,
            do_classifier_free_guidance=guided,
            device="cpu",
            max_sequence_length=512,
        )
    picture = Image.fromarray(cover(PICTURE, recipe.width, recipe.height))
    made = pipe(
        **({"image": picture} if recipe.engine == I2V else {}),
        prompt_embeds=words,
        negative_prompt_embeds=negative if guided else None,
        guidance_scale=recipe.guidance,
        guidance_scale_2=experts.guidance_low if guided else None,
        width=recipe.width,
        height=recipe.height,
        num_frames=recipe.frames,
        num_inference_steps=recipe.steps,
        generator=generator(),
        output_type="np",
    )
    return as_bytes(made.frames[0])
