"""AnimateDiff with ControlNet beside its stock pipeline: the same maps, whatever found them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import diffusers
import numpy as np
import torch
from PIL import Image

from benchmarks.parity.animatediff import LCM, LIGHTNING, SIZE, call, pipeline
from benchmarks.parity.animatediff import build as build_animatediff
from benchmarks.parity.case import CLIP, PICTURE, Case, Drawn, asked, planned
from engine.core.family import Inputs
from engine.core.recipe import Follow, Recipe, Style
from engine.families.animatediff_control.weights import CONTROLNETS
from engine.following.needs import NEEDS
from engine.weights.store import Store
from tests.engine.tiny import animatediff as tiny

_Diffusers: Any = diffusers

MAPS = [Image.fromarray(np.roll(PICTURE[:32, :32], 3 * number, axis=0)) for number in range(SIZE[2])]
"""What is followed. Poses, depth and soft edges are found by networks whose weights are not here."""


def build(folder: Path) -> None:
    """Write its weights, small and random: a ControlNet for each thing that can be followed."""
    build_animatediff(folder)
    for number, entry in enumerate(CONTROLNETS.values()):
        torch.manual_seed(number)
        made: Any = tiny.wake(tiny.control())
        made.save_pretrained(folder / entry, variant="fp16")
    for way in (way for ways in NEEDS.values() for way in ways):
        for entry in way.entries:
            (folder / entry).mkdir(exist_ok=True)


@contextmanager
def given_maps() -> Iterator[None]:
    """Let every extractor find :data:`MAPS`, in the body of the ``with``."""
    with mock.patch("engine.families.animatediff_control.draw.control_clip", return_value=MAPS):
        yield


def cases(store: Store) -> tuple[Case, ...]:
    """Each thing that can be followed; and with a look, a style, and few steps."""

    def pipe_of(recipe: Recipe) -> Any:
        if recipe.follow is None:
            raise ValueError("nothing is followed")
        folder = store.path(CONTROLNETS[recipe.follow])
        net = _Diffusers.ControlNetModel.from_pretrained(folder, variant="fp16", dtype=torch.float32)
        return pipeline(store, _Diffusers.AnimateDiffControlNetPipeline, recipe, controlnet=net)

    def followed(recipe: Recipe) -> Drawn:
        return call(pipe_of(recipe), recipe, conditioning_frames=MAPS)

    def looking(recipe: Recipe) -> Drawn:
        pipe = pipe_of(recipe)
        pipe.load_ip_adapter(
            store.path("sd15-ip-adapter"), subfolder="models", weight_name="ip-adapter_sd15.safetensors"
        )
        pipe.set_ip_adapter_scale(0.6)
        return call(pipe, recipe, conditioning_frames=MAPS, ip_adapter_image=Image.fromarray(PICTURE))

    def styled(recipe: Recipe) -> Drawn:
        pipe, file = pipe_of(recipe), store.style("ink")
        pipe.load_lora_weights(file.parent, weight_name=file.name, adapter_name="ink")
        pipe.set_adapters(["ink"], [0.5])
        return call(pipe, recipe, conditioning_frames=MAPS)

    def case(way: str, stock: Any, follow: Follow, *, few: bool = False, **more: Any) -> Case:
        inputs = Inputs(reference=CLIP, like=more.pop("like", None))
        request = asked("animatediff-control", follow=follow, **more)
        without = frozenset(() if few else (LCM, LIGHTNING))
        recipe = planned(store, request, size=SIZE, inputs=inputs, without=without)
        return Case(family="animatediff-control", way=way, recipe=recipe, inputs=inputs, stock=stock)

    return (
        *(case(str(follow), followed, follow) for follow in CONTROLNETS),
        case("edges, AnimateLCM", followed, Follow.EDGES, few=True),
        case("edges and a look", looking, Follow.EDGES, like=PICTURE),
        case("edges and a style", styled, Follow.EDGES, styles=(Style(name="ink", weight=0.5),)),
    )
