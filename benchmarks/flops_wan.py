"""What the levers of Wan's families save; ``python -m benchmarks.flops`` prints the table."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.flops import TERA, flops
from benchmarks.full_size import vace_transformer, wan_transformer
from benchmarks.meta_count import empty
from engine.core.recipe import Recipe
from engine.diffusion.guidance_interval import guided_steps
from engine.diffusion.wan.levers import WHOLE_FIRST, cached
from engine.families.wan import CACHED_EVERY, GUIDED_SHARE

STEPS, BLOCKS = 30, 30
PAIR = 2
"""Blocks that are counted at a time: in VACE, a control block stands beside every second one."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A transformer, and the clips that it was trained on.

    Attributes:
        make: makes it with so many blocks.
        cell: pixels of a side of a latent.
        distilled: the name and steps of a distilled way without guidance, where it has one.
    """

    name: str
    family: str
    make: Callable[[int], Any]
    size: tuple[int, int, int]
    cell: int
    distilled: tuple[str, int] | None = None


MODELS = (
    Model(
        name="Wan 2.1 1.3B",
        family="wan",
        make=lambda blocks: wan_transformer("wan", blocks=blocks),
        size=(832, 480, 81),
        cell=8,
    ),
    Model(
        name="Wan 2.2 5B",
        family="wan-5b",
        make=lambda blocks: wan_transformer("wan-5b", blocks=blocks),
        size=(1280, 704, 121),
        cell=16,
        distilled=("FastWan (fast, from a prompt)", 3),
    ),
    Model(
        name="Wan VACE 1.3B",
        family="wan-vace",
        make=lambda blocks: vace_transformer(blocks=blocks),
        size=(832, 480, 81),
        cell=8,
    ),
)


def passes(model: Model) -> tuple[int, int]:
    """FLOPs of a pass: with its blocks, and on a step without them.

    Blocks are alike, so two pairs tell what all cost: the first, and each one more.
    """
    (one, light_one), (two, light_two) = (_counted(model, PAIR * pairs) for pairs in (1, 2))
    more = BLOCKS // PAIR - 1
    return one + more * (two - one), light_one + more * (light_two - light_one)


def _counted(model: Model, blocks: int) -> tuple[int, int]:
    transformer = model.make(blocks)
    width, height, frames = model.size
    latents = (frames - 1) // 4 + 1, height // model.cell, width // model.cell
    tokens = latents[0] * (latents[1] // 2) * (latents[2] // 2)
    times = (1, tokens) if model.family == "wan-5b" else (1,)
    more = {}
    if model.family == "wan-vace":
        more["control_hidden_states"] = empty(1, 96, *latents, dtype=torch.bfloat16)

    def call() -> object:
        with transformer.cache_context("cond"):
            return transformer(
                hidden_states=empty(1, transformer.config.in_channels, *latents, dtype=torch.bfloat16),
                timestep=empty(*times, dtype=torch.float32),
                encoder_hidden_states=empty(1, 512, 4096, dtype=torch.bfloat16),
                return_dict=False,
                **more,
            )

    with cached(transformer, CACHED_EVERY):
        counts = [flops(call) for _ in range(WHOLE_FIRST + CACHED_EVERY)]
    return max(counts), min(counts)


def works(step: int, every: int) -> bool:
    """Whether the blocks work on a step."""
    return every == 1 or step < WHOLE_FIRST or (step - WHOLE_FIRST - 1) % every == 0


def likeness() -> dict[tuple[str, float, int], float]:
    """Correlation of the bytes with those of all steps, on small models with random weights.

    Returns:
        By family, share of the steps with guidance, and every how many steps the blocks work.
    """
    import engine.diffusion  # noqa: F401, PLC0415 - puts the libraries in order
    from benchmarks.parity import vace, wan  # noqa: PLC0415 - for this column alone
    from benchmarks.parity.case import draw  # noqa: PLC0415 - same
    from engine.families import load  # noqa: PLC0415 - same
    from engine.runtime.context import EngineContext  # noqa: PLC0415 - same
    from engine.weights.store import Store  # noqa: PLC0415 - same

    found = {}
    for module in (wan, vace):
        with tempfile.TemporaryDirectory() as place:
            module.build(Path(place))
            context = EngineContext(store=Store(Path(place)))
            for case in module.cases(context.store):
                if not case.inexact:
                    continue
                clips = {}
                for guided in (1.0, GUIDED_SHARE):
                    for every in (1, CACHED_EVERY):
                        own = _with(case.recipe, guided, every)
                        drawn = draw(dataclasses.replace(case, recipe=own), load(case.family, context))
                        clips[guided, every] = drawn.frames.ravel().astype(float)
                for lever, clip in clips.items():
                    found[case.family, *lever] = float(np.corrcoef(clips[1.0, 1], clip)[0, 1])
    return found


def _with(recipe: Recipe, guided: float, every: int) -> Recipe:
    return dataclasses.replace(recipe, settings={**recipe.settings, "guided": guided, "cached_every": every})


def wan_rows() -> Iterator[str]:
    """The tables of all three, a line at a time."""
    alike = likeness()
    for model in MODELS:
        width, height, frames = model.size
        yield f"{model.name}, {width}×{height}, {frames} frames, {STEPS} steps"
        yield "| way | denoising, TFLOP | fewer than stock | likeness on a small model |"
        yield "|---|---|---|---|"
        whole, light = passes(model)
        stock = 2 * STEPS * whole
        for name, share, every in (
            ("stock", 1.0, 1),
            ("the first half guided", GUIDED_SHARE, 1),
            (f"blocks on every {CACHED_EVERY}nd step", 1.0, CACHED_EVERY),
            ("both (balanced)", GUIDED_SHARE, CACHED_EVERY),
        ):
            guided = guided_steps(STEPS, share)
            own = sum(
                (2 if step < guided else 1) * (whole if works(step, every) else light)
                for step in range(STEPS)
            )
            same = alike[model.family, share, every]
            yield f"| {name} | {own / TERA:,.0f} | {stock / own:.2f}× | {same:.4f} |"
        if model.distilled is not None:
            name, steps = model.distilled
            own = steps * whole
            yield f"| {name} | {own / TERA:,.0f} | {stock / own:.2f}× | – |"
