"""Clips of the real pipelines with small random weights: what a broken model draws."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks.own_clips import Own, lake
from benchmarks.random_models import BUILDERS
from engine.core.device import Device
from engine.core.errors import HopelessTake
from engine.core.recipe import Kind, Quality
from engine.core.request import Subject, Wish
from engine.families import Hooks, Inputs, load
from engine.planning.plan import plan
from engine.runtime.capabilities import means_of
from engine.runtime.context import Workshop
from engine.weights.store import Store

_SIZE = (192, 128)
_SECONDS = 1.0


def random_clips(seeds: int) -> list[tuple[str, Own, float]]:
    """Name, clip and frames per second; a take that was given up before it was whole is named on the way."""
    drawn = []
    with tempfile.TemporaryDirectory() as folder:
        for build in BUILDERS.values():
            torch.manual_seed(0)
            build(Path(folder), tiny=True)
        workshop = Workshop(store=Store(Path(folder)))
        means = means_of(workshop.store, Device(), slow=True)
        for engine in BUILDERS:
            picture = lake() if engine == "svd" else None
            for seed in range(seeds):
                wish = Wish(
                    kind=Kind.TEXT2VIDEO if picture is None else Kind.ANIMATE,
                    engine=engine,
                    prompt="a red fox in snow",
                    seconds=_SECONDS,
                    size=_SIZE,
                    seed=seed,
                    quality=Quality.FAST,
                )
                subject = (
                    Subject(sha256="0" * 64, width=_SIZE[0], height=_SIZE[1]) if engine == "svd" else None
                )
                recipe = plan(wish, subject, means=means)
                try:
                    frames = load(engine, workshop).draw(
                        recipe, Inputs(picture=picture), seed=seed, hooks=Hooks()
                    )
                except HopelessTake as hopeless:
                    print(f"{engine} with random weights, seed {seed}: given up early: {hopeless.reason}")
                    continue
                own = Own(frames=np.asarray(frames, np.uint8), reference=picture)
                drawn.append((f"{engine} with random weights, seed {seed}", own, recipe.native_fps))
    return drawn
