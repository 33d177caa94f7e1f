"""AnimateDiff beside its stock pipelines: samplers, LoRAs, looks, first frames, windows, clips drawn anew."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
from PIL import Image
from safetensors.torch import load_file

from benchmarks.parity.case import (
    CLIP,
    PICTURE,
    PROMPT,
    SEED,
    Case,
    Drawn,
    as_bytes,
    asked,
    generator,
    planned,
)
from engine.core.family import Inputs
from engine.core.prompt_schedule import is_scheduled, parse
from engine.core.recipe import Camera, Kind, Quality, Recipe, Style
from engine.diffusion.by_time import frames_by_time
from engine.families.animatediff.tune import SPARSE, SPARSE_LORA
from engine.vision.crop import cover
from engine.weights.store import Store
from tests.engine.tiny import animatediff as tiny

_Diffusers: Any = diffusers

SIZE = (32, 32, 8)
LONG = 26
"""Frames: more than the small adapter holds."""
WINDOW, STRIDE = 16, 4
V3, V2, LCM, LIGHTNING = "motion-v1-5-3", "motion-v1-5-2", "animatelcm", "lightning"
LORA_FILE = "diffusion_pytorch_model.safetensors"


def build(folder: Path) -> None:
    """Write its weights, small and random."""
    tiny.build(folder)
    shutil.copytree(folder / "motion-lora-pan-left", folder / SPARSE_LORA)


def adapter(store: Store, recipe: Recipe) -> Any:
    """The motion adapter, as its documentation loads it."""
    name = str(recipe.settings["motion"])
    if name == LIGHTNING:
        made = _Diffusers.MotionAdapter.from_config(_Diffusers.MotionAdapter.load_config(store.path(V2)))
        file = f"animatediff_lightning_{recipe.steps}step_diffusers.safetensors"
        made.load_state_dict(load_file(store.path(LIGHTNING) / file))
        return made
    variant = "fp16" if any(store.path(name).glob("*.fp16.*")) else None
    return _Diffusers.MotionAdapter.from_pretrained(store.path(name), variant=variant, dtype=torch.float32)


def pipeline(store: Store, kind: Any, recipe: Recipe, **more: Any) -> Any:
    """A pipeline with the sampler that goes with the adapter, and AnimateLCM's LoRA."""
    # “toon-in-one” is one file, and cannot be loaded so: it must draw what its folder draws.
    folder = store.path(recipe.model) if store.path(recipe.model).is_dir() else store.checkpoint("toon")
    if kind is not _Diffusers.AnimateDiffVideoToVideoPipeline:
        more["feature_extractor"] = None
    pipe = kind.from_pretrained(
        folder, motion_adapter=adapter(store, recipe), dtype=torch.float32, safety_checker=None, **more
    )
    pipe.set_progress_bar_config(disable=True)
    config = pipe.scheduler.config
    if recipe.way == "lcm":
        pipe.scheduler = _Diffusers.LCMScheduler.from_config(
            config, beta_schedule="linear", original_inference_steps=100
        )
        wear(pipe, store.path(LCM) / "AnimateLCM_sd15_t2v_lora.safetensors", 0.8)
        pipe.fuse_lora()
    elif recipe.way == LIGHTNING:
        pipe.scheduler = _Diffusers.EulerDiscreteScheduler.from_config(
            config, timestep_spacing="trailing", beta_schedule="linear"
        )
    else:
        pipe.scheduler = _Diffusers.DDIMScheduler.from_config(
            config, clip_sample=False, timestep_spacing="linspace", beta_schedule="linear", steps_offset=1
        )
    return pipe


def wear(pipe: Any, file: Path, weight: float) -> None:
    """Load a LoRA, and let it count."""
    pipe.load_lora_weights(file.parent, weight_name=file.name, adapter_name=file.stem)
    pipe.set_adapters([file.stem], [weight])


def call(pipe: Any, recipe: Recipe, **more: Any) -> Drawn:
    """Call a pipeline with a recipe's numbers."""
    torch.manual_seed(SEED)  # SparseCtrl encodes its picture with torch's own random numbers
    given = {
        "prompt": recipe.words,
        "negative_prompt": recipe.negative,
        "width": recipe.width,
        "height": recipe.height,
        "num_frames": recipe.frames,
        "num_inference_steps": recipe.steps,
        "guidance_scale": recipe.guidance,
        "generator": generator(),
        "output_type": "np",
    }
    given = {name: value for name, value in (given | more).items() if value is not None}
    return as_bytes(pipe(**given).frames[0])


def cases(store: Store) -> tuple[Case, ...]:
    """All ways."""
    made = _Maker(store)
    return (*_samplers(made), *_worn(made), *_shown(made), *_again(made))


class _Maker:
    """Makes the cases of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def words(self, change: Callable[[Any, Recipe], None] | None = None, **more: Any) -> Any:
        """What draws a recipe from words, after a change to the pipeline."""

        def stock(recipe: Recipe) -> Drawn:
            pipe = pipeline(self.store, _Diffusers.AnimateDiffPipeline, recipe)
            if change is not None:
                change(pipe, recipe)
            return call(pipe, recipe, **more)

        return stock

    def case(
        self,
        way: str,
        stock: Any,
        *,
        inputs: Inputs | None = None,
        without: tuple[str, ...] = (LCM, LIGHTNING),
        frames: int = SIZE[2],
        settings: dict[str, Any] | None = None,
        **wish: Any,
    ) -> Case:
        """A case: what is asked for, and what changes in the recipe."""
        inputs = inputs or Inputs()
        request = asked("animatediff", **wish)
        recipe = planned(
            self.store, request, size=(*SIZE[:2], frames), inputs=inputs, without=frozenset(without)
        )
        recipe = dataclasses.replace(recipe, settings={**recipe.settings, **(settings or {})})
        return Case(family="animatediff", way=way, recipe=recipe, inputs=inputs, stock=stock)


def _samplers(made: _Maker) -> tuple[Case, ...]:
    words, only = made.words(), (LCM,)
    two = made.case("Lightning, 2 steps", words, without=only, quality=Quality.FAST)
    two = dataclasses.replace(two, recipe=dataclasses.replace(two.recipe, steps=2))
    return (
        made.case("v1-5-3, 20 steps", words),
        made.case("v1-5-2, 20 steps", words, without=(LCM, LIGHTNING, V3)),
        made.case("AnimateLCM, 6 steps", words, without=(), quality=Quality.FAST),
        made.case("AnimateLCM, 8 steps", words, without=()),
        two,
        made.case("Lightning, 4 steps", words, without=only, quality=Quality.FAST),
        made.case("Lightning, 8 steps", words, without=(LCM, V3, V2)),
        made.case(
            "FreeInit, best", made.words(lambda p, _: p.enable_free_init(num_iters=3)), quality=Quality.BEST
        ),
        made.case("one file, beside its folder", words, model="toon-in-one"),
        made.case("more than 77 tokens", words, prompt=f"{PROMPT} " * 30),
    )


def _worn(made: _Maker) -> tuple[Case, ...]:
    store = made.store
    zoom = store.path("motion-lora-zoom-in") / LORA_FILE

    def styled(name: str) -> Case:
        file, weight = store.style(name), 0.5
        return made.case(
            f"style LoRA {name}",
            made.words(lambda pipe, _: wear(pipe, file, weight)),
            styles=(Style(name=name, weight=weight),),
        )

    camera = made.words(lambda pipe, _: wear(pipe, zoom, 0.8))
    return (
        made.case("motion LoRA", camera, camera=Camera.PUSH_IN),
        *(styled(name) for name in ("ink", "chalk", "clay")),
    )


def _shown(made: _Maker) -> tuple[Case, ...]:
    store = made.store

    def look(pipe: Any, _: Recipe) -> None:
        pipe.load_ip_adapter(
            store.path("sd15-ip-adapter"), subfolder="models", weight_name="ip-adapter_sd15.safetensors"
        )
        pipe.set_ip_adapter_scale(0.6)

    def windows(pipe: Any, _: Recipe) -> None:
        pipe.enable_free_noise(context_length=WINDOW, context_stride=STRIDE)

    def by_frame(recipe: Recipe) -> Drawn:
        pipe = pipeline(store, _Diffusers.AnimateDiffPipeline, recipe)
        pipe.enable_free_noise(context_length=min(WINDOW, recipe.frames), context_stride=STRIDE)
        if not is_scheduled(recipe.words):
            raise ValueError("the words are not by frame")
        return call(pipe, recipe, prompt=parse(recipe.words, recipe.frames))

    def first_frame(recipe: Recipe) -> Drawn:
        sparse = _Diffusers.SparseControlNetModel.from_pretrained(store.path(SPARSE))
        pipe = pipeline(store, _Diffusers.AnimateDiffSparseControlNetPipeline, recipe, controlnet=sparse)
        wear(pipe, store.path(SPARSE_LORA) / LORA_FILE, 1.0)
        picture = Image.fromarray(cover(PICTURE, recipe.width, recipe.height))
        return call(pipe, recipe, conditioning_frames=[picture], controlnet_frame_indices=[0])

    like = Image.fromarray(PICTURE)
    return (
        made.case("IP-Adapter", made.words(look, ip_adapter_image=like), inputs=Inputs(like=PICTURE)),
        made.case("FreeNoise, 26 frames", made.words(windows), frames=LONG),
        made.case("words by frame", by_frame, prompt="0: a bud | 4: a flower"),
        made.case("SparseCtrl, a first frame", first_frame, inputs=Inputs(picture=PICTURE)),
    )


def _again(made: _Maker) -> tuple[Case, ...]:
    def restyled(recipe: Recipe) -> Drawn:
        pipe = pipeline(made.store, _Diffusers.AnimateDiffVideoToVideoPipeline, recipe)
        size = (recipe.width, recipe.height)
        shown = frames_by_time(CLIP, recipe.frames, recipe.native_fps, size)
        film = [Image.fromarray(frame) for frame in shown]
        return call(pipe, recipe, video=film, strength=recipe.strength, num_frames=None)

    def case(way: str, strength: float, without: tuple[str, ...]) -> Case:
        source = Inputs(reference=CLIP)
        return made.case(way, restyled, kind=Kind.RESTYLE, strength=strength, inputs=source, without=without)

    return (
        case("a clip drawn anew, strength 0.6", 0.6, (LCM, LIGHTNING)),
        case("a clip drawn anew, strength 1", 1.0, (LCM, LIGHTNING)),
        case("a clip drawn anew, AnimateLCM", 0.6, ()),
    )
