"""How fast the diffusion families are on a GPU, and how much of it they take, beside stock diffusers.

    python -m benchmarks.gpu --models /tmp/models --write docs/performance.md

It builds full-size SVD-XT, AnimateDiff, Wan 2.1 1.3B, Wan 2.2 5B and UMT5 with random weights (about 65 GB of
disk, no download), and runs the stock pipeline and each of our ways in one process. The clips are those that
the plan draws where a member leaves everything open. ``--tiny`` runs the same code on small models, also on a
CPU: for a test, not for a figure.
"""

from __future__ import annotations

import argparse
import dataclasses
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.smoothing import psnr
from benchmarks.stock import STOCK, picture
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind, find_device
from engine.core.errors import Cancelled
from engine.core.family import Family, Frames, Hooks, Inputs
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.request import Request, Subject
from engine.families import load
from engine.planning.plan import plan
from engine.runtime.context import EngineContext
from engine.runtime.model_cache import collect
from engine.weights.store import Store

BEGIN, END = "<!-- gpu table: begin -->", "<!-- gpu table: end -->"
SEED = 5
TINY_SIZE = {"svd": (64, 64, 4), "animatediff": (64, 64, 4), "wan": (32, 32, 5), "wan-5b": (32, 32, 5)}
"""Engine → width, height, frames of small models' clips."""
TINY_STEPS = 3
HEAD = (
    "model", "way", "seconds", "× stock", "peak GiB", "PSNR to stock", "draft after", "cancel takes", "load",
    "switch",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table: what was drawn, and what it took. Seconds; None where there is nothing to measure.

    Attributes:
        seconds: of a warm run, the median.
        ratio: how many times faster than stock at its own number of steps.
        peak: bytes of GPU memory.
        likeness: decibels of PSNR to the stock pipeline's clip, where both do the same steps.
        draft: from the start to the first look.
        cancel: from the asking to the stop, asked for at the first step.
        load: what the first run took more than a warm one.
        switch: what a run after another model's took more than a warm one.
    """

    model: str
    way: str
    seconds: float
    ratio: float | None = None
    peak: int | None = None
    likeness: float | None = None
    draft: float | None = None
    cancel: float | None = None
    load: float | None = None
    switch: float | None = None


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What the measurements share."""

    context: EngineContext
    tiny: bool
    rounds: int

    @property
    def on_cuda(self) -> bool:
        """Whether there are events and memory to ask."""
        return self.context.device.kind is DeviceKind.CUDA

    def time(self, run: Callable[[], Frames]) -> tuple[float, Frames]:
        """Seconds from the start until the frames are in main memory, and the GPU has done its work."""
        import torch  # noqa: PLC0415 - takes seconds

        if not self.on_cuda:
            begun = time.perf_counter()
            frames = run()
            return time.perf_counter() - begun, frames
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        frames = run()
        end.record()
        torch.cuda.synchronize()
        return begin.elapsed_time(end) / 1000, frames

    def warm(self, run: Callable[[], Frames]) -> tuple[float, float, int | None, Frames]:
        """Seconds of the first run, the median of the following ones, their peak memory, and the frames."""
        import torch  # noqa: PLC0415 - takes seconds

        first, frames = self.time(run)
        if self.on_cuda:
            torch.cuda.reset_peak_memory_stats()
        times = [self.time(run)[0] for _ in range(self.rounds)]
        peak = torch.cuda.max_memory_allocated() if self.on_cuda else None
        return first, statistics.median(times), peak, frames


def main() -> None:
    """Build, measure, print, and write the table where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--models", type=Path, required=True, help="where the random weights go")
    parser.add_argument("--tiny", action="store_true", help="small models: for a test, not for a figure")
    parser.add_argument("--rounds", type=int, default=3, help="warm runs, of which the median is taken")
    parser.add_argument(
        "--engine", action="append", choices=list(TINY_SIZE), help="only this one; repeatable"
    )
    parser.add_argument("--write", type=Path, help="put the table into this document")
    options = parser.parse_args()
    device = find_device()
    if not (options.tiny or device.kind is DeviceKind.CUDA):
        parser.error("there is no CUDA GPU here; --tiny runs on a CPU, but says nothing about speed")
    bench = Bench(
        context=EngineContext(device=device, store=Store(options.models)),
        tiny=options.tiny,
        rounds=options.rounds,
    )
    engines = options.engine or list(TINY_SIZE)
    text = table(measure(bench, engines), device)
    print(text)
    if options.write is not None:
        options.write.write_text(insert(options.write.read_text("utf-8"), text), "utf-8")


def measure(bench: Bench, engines: list[str]) -> list[Row]:
    """Measure the stock pipeline and our ways, engine by engine; then going from one to another."""
    _build(bench, engines)
    rows: list[Row] = []
    last: dict[str, tuple[Callable[[], Frames], Row]] = {}
    for engine in engines:
        recipes = list(_recipes(bench, engine))
        print(f"{engine}: stock", flush=True)
        stock, clip = _stock_row(bench, engine, recipes[-1])
        rows.append(stock)
        for recipe in recipes:
            print(f"{engine}: {recipe.way}, {recipe.steps} steps", flush=True)
            row, run = _our_row(bench, engine, recipe, stock, clip if recipe == recipes[-1] else None)
            rows.append(row)
            last[engine] = (run, row)
    if len(last) > 1:
        for run, row in last.values():  # the engine before it was another one, for the first: the last one
            switched = max(0.0, bench.time(run)[0] - row.seconds)
            rows[rows.index(row)] = dataclasses.replace(row, switch=switched)
    return rows


def _build(bench: Bench, engines: list[str]) -> None:
    import torch  # noqa: PLC0415 - takes seconds

    from benchmarks.random_models import BUILDERS  # noqa: PLC0415 - same

    for engine in engines:
        folder = bench.context.store.folder
        marker = folder / f".{engine}"
        if not marker.exists():
            print(f"{engine}: building random weights", flush=True)
            torch.manual_seed(1)
            BUILDERS[engine](folder, tiny=bench.tiny)
            marker.touch()


def _recipes(bench: Bench, engine: str) -> Iterator[Recipe]:
    """One for each way that can be drawn here, the slowest last."""
    store = bench.context.store
    here = frozenset(path.name for path in store.folder.iterdir() if path.is_dir())
    capabilities = Capabilities(device=bench.context.device, weights=here, slow=True)
    seen: set[tuple[str, int]] = set()
    for quality in Quality:
        from_picture = engine == "svd" or (engine == "wan-5b" and quality is Quality.BALANCED)
        request = Request(
            kind=Kind.ANIMATE if from_picture else Kind.TEXT2VIDEO,
            prompt="a lighthouse in a storm",
            engine=engine,
            quality=quality,
            seed=SEED,
        )
        subject = Subject(sha256="0" * 64, width=1024, height=576) if from_picture else None
        recipe = plan(request, subject, capabilities=capabilities)
        if bench.tiny:
            width, height, frames = TINY_SIZE[engine]
            steps = min(recipe.steps, TINY_STEPS) if recipe.guidance > 1 else recipe.steps
            recipe = dataclasses.replace(recipe, width=width, height=height, frames=frames, steps=steps)
        fps = recipe.native_fps
        recipe = dataclasses.replace(recipe, length=recipe.frames, fps=fps)
        if (recipe.way, recipe.steps) not in seen:
            seen.add((recipe.way, recipe.steps))
            yield recipe


def _stock_row(bench: Bench, engine: str, recipe: Recipe) -> tuple[Row, Frames]:
    run = STOCK[engine](bench.context, recipe, SEED)
    _, seconds, peak, frames = bench.warm(run)
    del run
    collect()
    return Row(model=engine, way=f"stock, {recipe.steps} steps", seconds=seconds, peak=peak), frames


def _our_row(
    bench: Bench, engine: str, recipe: Recipe, stock: Row, clip: Frames | None
) -> tuple[Row, Callable[[], Frames]]:
    family = load(engine, bench.context)
    inputs = Inputs(picture=picture() if recipe.kind is Kind.ANIMATE else None)

    def run() -> Frames:
        return _as_bytes(family.draw(recipe, inputs, seed=SEED, hooks=Hooks()))

    first, seconds, peak, frames = bench.warm(run)
    row = Row(
        model=engine,
        way=f"{recipe.way}, {recipe.steps} steps",
        seconds=seconds,
        ratio=stock.seconds / seconds,
        peak=peak,
        likeness=None if clip is None else psnr(frames, clip),
        draft=_draft_after(family, recipe, inputs),
        cancel=_cancel_takes(family, recipe, inputs),
        load=max(0.0, first - seconds),
    )
    return row, run


def _draft_after(family: Family, recipe: Recipe, inputs: Inputs) -> float | None:
    begun = time.perf_counter()
    shown: list[float] = []
    hooks = Hooks(draft=lambda _: shown.append(time.perf_counter() - begun))
    family.draw(recipe, inputs, seed=SEED, hooks=hooks)
    return shown[0] if shown else None


def _cancel_takes(family: Family, recipe: Recipe, inputs: Inputs) -> float:
    """From asking right after the first sign of life, when a whole step lies ahead, to the stop."""
    token = CancelToken()
    asked: list[float] = []

    def ask(_: float) -> None:
        if not asked:
            asked.append(time.perf_counter())
            token.cancel()

    try:
        family.draw(recipe, inputs, seed=SEED, hooks=Hooks(cancel=token, progress=ask))
    except Cancelled:
        return time.perf_counter() - asked[0]
    raise RuntimeError(f"{recipe.engine} did not stop")


def _as_bytes(frames: Any) -> Frames:
    if frames.dtype != np.uint8:
        raise TypeError(f"{frames.dtype}: our ways give bytes")
    return np.asarray(frames, np.uint8)


def table(rows: list[Row], device: Device) -> str:
    """The rows in Markdown, with the name of what they were measured on."""
    import diffusers  # noqa: PLC0415 - takes seconds
    import torch  # noqa: PLC0415 - same

    place = device.name or f"a CPU ({platform.machine()}), small models: no figure of speed"
    lines = [
        f"Measured on {place}, torch {torch.__version__}, diffusers {diffusers.__version__}.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{'---|' * len(HEAD)}",
    ]
    for row in rows:
        cells = [
            row.model,
            row.way,
            _said(row.seconds, "{:.2f} s"),
            _said(row.ratio, "{:.2f}"),
            _said(None if row.peak is None else row.peak / 2**30, "{:.1f}"),
            _said(row.likeness, "{:.1f} dB"),
            *(_said(value, "{:.2f} s") for value in (row.draft, row.cancel, row.load, row.switch)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _said(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def insert(document: str, text: str) -> str:
    """Put a table between the marks of a document.

    Raises:
        ValueError: it has no such marks.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no “{BEGIN}” and “{END}”")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


if __name__ == "__main__":
    main()
