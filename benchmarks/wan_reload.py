"""How often Wan's models are read from the disk, job after job, on GPUs of several sizes.

    python -m benchmarks.wan_reload

Small random weights on a CPU. Each job begins on the rung where a clip of full size would begin with so much
free memory; counted are the models that it loads. Each job has words of its own.
"""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from benchmarks.random_models import BUILDERS
from engine.core.capabilities import Capabilities
from engine.core.device import GIB
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.request import Request
from engine.diffusion.ladder import Start
from engine.diffusion.loading import load as load_weights
from engine.families import CATALOGUE, load
from engine.planning.first_rung import beginning
from engine.planning.plan import plan
from engine.planning.recommended import sold_as
from engine.runtime.context import EngineContext
from engine.weights.store import Store

FREE = (7.2, 11.2, 15.2, 23, 79)
"""GiB that GPUs of 8, 12, 16, 24 and 80 GB have free."""
JOBS = 4
ENGINES = ("wan", "wan-5b")


def loads_per_job(
    store: Store, engine: str, free: float, jobs: int = JOBS
) -> tuple[list[int], tuple[str, ...]]:
    """How many models each job loads, and the rungs on which the jobs begin.

    Args:
        store: where the weights lie.
        engine: "wan" or "wan-5b".
        free: GiB.
        jobs: how many.
    """
    whole = _recipe(engine)
    begins = beginning(whole, int(free * GIB))
    rungs = () if begins is None else begins.rungs
    read: list[Any] = []

    def counting(kind: Any, *places: Any, **parts: Any) -> Any:
        read.append(kind)
        return load_weights(kind, *places, **parts)

    def begin(*_: Any) -> Start:
        return Start(rungs=frozenset(rungs))

    small = dataclasses.replace(whole, width=32, height=32, frames=5, length=5, steps=2)
    family = load(engine, EngineContext(store=store))
    counts = []
    with (
        patch("engine.diffusion.precision.load", counting),
        patch("engine.diffusion.wan.family.load", counting),
        patch("engine.diffusion.wan.words.load", counting),
        patch("engine.diffusion.wan.family.WanBase._start", begin),
    ):
        for job in range(jobs):
            before = len(read)
            asked = dataclasses.replace(small, words=f"a fox, {job}")
            family.draw(asked, Inputs(), seed=job, hooks=Hooks())
            counts.append(len(read) - before)
    return counts, rungs


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        for engine in ENGINES:
            torch.manual_seed(1)
            BUILDERS[engine](Path(folder), tiny=True)
        print(f"| | {' | '.join(f'{free} GiB free' for free in FREE)} |\n|{'---|' * (len(FREE) + 1)}")
        for engine in ENGINES:
            cells = []
            for free in FREE:
                counts, rungs = loads_per_job(Store(Path(folder)), engine, free)
                cells.append(f"{', '.join(map(str, counts))} ({rungs[-1] if rungs else 'nothing given up'})")
            print(f"| `{engine}` | {' | '.join(cells)} |", flush=True)


def _recipe(engine: str) -> Recipe:
    request = Request(
        kind=Kind.TEXT2VIDEO, prompt="a fox", engine=engine, quality=Quality.BEST, seconds=5.0, seed=1
    )
    return plan(request, capabilities=Capabilities(device=sold_as(80), weights=frozenset(CATALOGUE)))


if __name__ == "__main__":
    main()
