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
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Kind, Quality
from engine.core.request import Request, Subject
from engine.families import CATALOGUE, load
from engine.planning.plan import plan
from engine.runtime.capabilities import capabilities_of
from engine.runtime.context import EngineContext
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
        context = EngineContext(store=Store(Path(folder)))
        capabilities = capabilities_of(context.store, CATALOGUE, Device(), slow=True)
        for engine in BUILDERS:
            picture = lake() if engine == "svd" else None
            for seed in range(seeds):
                request = Request(
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
                recipe = plan(request, subject, capabilities=capabilities)
                try:
                    frames = load(engine, context).draw(
                        recipe, Inputs(picture=picture), seed=seed, hooks=Hooks()
                    )
                except HopelessTake as hopeless:
                    print(f"{engine} with random weights, seed {seed}: given up early: {hopeless.reason}")
                    continue
                own = Own(frames=np.asarray(frames, np.uint8), reference=picture)
                drawn.append((f"{engine} with random weights, seed {seed}", own, recipe.native_fps))
    return drawn
