"""How many clips a minute come out if the next one is drawn while the last one is finished.

The GPU is a stand-in that sleeps; judging, smoothing, encoding and the engine process are the real ones. So
this measures what the processor keeps a GPU from, and not how the two get in each other's way.

    python -m benchmarks.overlap --jobs 6 --draw 2 5 10 --size 768 448
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np

from engine.core.device import Device, DeviceKind
from engine.core.events import Event
from engine.core.family import Frames, Hooks, Inputs
from engine.core.family_spec import FamilySpec
from engine.core.recipe import Kind, Recipe, Stage
from engine.families import FAMILIES
from engine.process.host import EngineHost
from engine.process.worker import main as serve
from engine.rendering.render import Renderer, RenderLimits
from engine.runtime.context import EngineContext

NAME = "stand_in"
ENGINE = "engine"
"""The first word of the command line that starts the engine process."""

STEPS = 20
MEGABYTE = 1 << 20

RECIPE = Recipe(
    kind=Kind.TEXT2VIDEO, engine=NAME, seed=1, width=768, height=448,
    frames=33, native_fps=8.0, fps=24.0, length=96, prompt="waves",
)  # fmt: skip


class StandIn:
    """Draws a pattern that wanders, after having slept for as long as a GPU would draw."""

    seconds = 0.0

    def __init__(self, context: EngineContext) -> None:
        """As every family."""

    def draw(self, recipe: Recipe, _inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:  # noqa: ARG002
        """Sleep, and be stopped between two steps; uint8 ``[frames, height, width, 3]``."""
        for step in range(STEPS):
            hooks.cancel.check()
            time.sleep(self.seconds / STEPS)
            hooks.progress((step + 1) / STEPS)
        rows, columns = np.mgrid[: recipe.height, : recipe.width + 2 * recipe.frames]
        grey = 128 + 60 * np.sin(columns / 19) + 30 * np.cos(rows / 13) + 9 * np.cos((rows + columns) / 1.7)
        wide = np.stack([grey, grey * 0.9, grey * 0.8], axis=-1).astype(np.uint8)
        return np.stack([wide[:, 2 * i : 2 * i + recipe.width] for i in range(recipe.frames)])


def run_engine(seconds: float, arguments: list[str]) -> int:
    """Be the engine process, with a card that draws a clip in so many seconds."""
    stand_in = FamilySpec(
        name=NAME,
        target=f"{__name__}:StandIn",
        kinds=frozenset(Kind),
        needs_picture=False,
        max_native_fps=8,
        about="sleeps",
        fitted=True,
        weights=("none",),
    )
    StandIn.seconds = seconds
    with mock.patch.dict(FAMILIES, {NAME: stand_in}):
        card = Device(kind=DeviceKind.CUDA, name="a stand-in", memory=MEGABYTE)
        return serve(arguments, lambda: Renderer(EngineContext(device=card)))


async def measure(
    folder: Path, recipe: Recipe, *, at_once: int, jobs: int, draw: float
) -> tuple[float, Mapping[str, float]]:
    """Clips a minute, and seconds of each stage of a clip."""
    host = EngineHost(
        spool=folder / f"spool{at_once}-{draw}",
        at_once=at_once,
        command=(sys.executable, "-m", "benchmarks.overlap", ENGINE, str(draw)),
        environment=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    await host.start()
    stages: dict[str, list[float]] = {stage: [] for stage in Stage}

    def ignore(event: Event) -> None:
        """Nobody looks on."""

    async def clip(number: int) -> None:
        rendered = await host.render(
            replace(recipe, seed=number),
            {},
            job=f"job{number}",
            limits=RenderLimits(max_takes=1),
            on_event=ignore,
            cancel=asyncio.Event(),
        )
        for stage, seconds in rendered.receipt.seconds.items():
            stages[stage].append(seconds)
        host.discard(rendered)

    try:
        await clip(0)  # reads the networks
        for seconds in stages.values():
            seconds.clear()
        began = time.monotonic()
        await asyncio.gather(*(clip(number) for number in range(1, jobs + 1)))
        taken = time.monotonic() - began
    finally:
        await host.close()
    return 60 * jobs / taken, {stage: float(np.mean(each)) for stage, each in stages.items() if each}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=6, help="clips of each run")
    parser.add_argument("--draw", type=float, nargs="+", default=[2, 5, 10], help="seconds on the GPU")
    parser.add_argument("--size", type=int, nargs=2, default=[768, 448], help="width and height of a frame")
    options = parser.parse_args()
    recipe = replace(RECIPE, width=options.size[0], height=options.size[1])
    print("| GPU s a clip | clips/min one by one | overlapped | gain | GPU busy | judge, smooth, encode s |")
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for draw in options.draw:
            rates = []
            for at_once in (1, 2):
                rate, stages = asyncio.run(
                    measure(Path(name), recipe, at_once=at_once, jobs=options.jobs, draw=draw)
                )
                rates.append(rate)
                if at_once == 1:
                    each = [stages[stage] for stage in (Stage.CHECKING, Stage.SMOOTHING, Stage.ENCODING)]
            busy = " → ".join(f"{rate * draw / 60:.0%}" for rate in rates)
            finish = ", ".join(f"{seconds:.1f}" for seconds in each)
            print(
                f"| {draw:g} | {rates[0]:.1f} | {rates[1]:.1f} | {rates[1] / rates[0]:.2f}× | {busy} "
                f"| {finish} |",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == [ENGINE]:
        sys.exit(run_engine(float(sys.argv[2]), sys.argv[3:]))
    main()
