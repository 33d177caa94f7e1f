"""What ``benchmarks.gpu`` measures, in order of value: each unit is one row, and is left out as a whole."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.gpu_bench import SEED, Bench, Row
from benchmarks.gpu_cap import capped
from benchmarks.smoothing import psnr
from benchmarks.stock import STOCK, picture
from benchmarks.unbuilt_levers import UNBUILT
from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled
from engine.core.family import Frames, Hooks, Inputs
from engine.core.recipe import Kind, Quality, Recipe
from engine.runtime.model_cache import collect

CAPS = (12, 8, 16, 24)
"""Gigabytes of the GPUs that the memory ladder is tried on, the most common first."""
CAPPED_STEPS = 2
"""What a step takes does not depend on how many there are."""
COMPARED_STEPS = 10
"""Of Wan beside its stock pipeline, where thirty would take minutes. The others do all of theirs."""
LEVERS = {"svd": {"guided": 1.0, "deep_every": 1}, "wan": {"guided": 1.0, "cached_every": 1}}
"""Family → its settings that draw less, and their values where they draw all."""

GUESS = {
    ("svd", Quality.BALANCED): 7,
    ("animatediff", Quality.BALANCED): 5,
    ("wan", Quality.BALANCED): 25,
    ("wan-5b", Quality.BALANCED): 60,
    ("svd", Quality.FAST): 4,
    ("animatediff", Quality.FAST): 4,
    ("wan", Quality.FAST): 15,
    ("wan-5b", Quality.FAST): 20,
    ("svd", Quality.BEST): 18,
    ("animatediff", Quality.BEST): 14,
    ("wan", Quality.BEST): 85,
    ("wan-5b", Quality.BEST): 190,
}
"""Seconds of a clip on an H100, guessed from its multiplications; what is measured corrects them at once."""
LOADING, MOVING = 12, 4
"""Seconds of loading from the disk, and from main memory, guessed."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Something to measure.

    Attributes:
        row: as it is before anything is measured.
        guess: seconds that it takes on an H100.
        measure: fills the row.
    """

    row: Row
    guess: float
    measure: Callable[[], Row]


def units(bench: Bench, engines: list[str]) -> Iterator[Unit]:
    """Everything, what matters most first."""
    yield from (_default(bench, engine, Quality.BALANCED) for engine in engines)
    yield from (_default(bench, engine, Quality.FAST) for engine in engines)
    yield from (_capped(bench, engine, gigabytes) for gigabytes in CAPS[:2] for engine in engines)
    for engine in engines:
        yield from _beside_stock(bench, engine)
    yield from (_capped(bench, engine, gigabytes) for gigabytes in CAPS[2:] for engine in engines)
    yield from (_reading(bench, engine) for engine in engines if engine.startswith("wan"))
    yield from (_default(bench, engine, Quality.BEST) for engine in engines)


def _default(bench: Bench, engine: str, quality: Quality) -> Unit:
    recipe = bench.recipe(engine, quality)
    row = _row(recipe, f"{quality}, the default")

    def measure() -> Row:
        # Distilled ways have no fewer steps than theirs.
        few = recipe if recipe.guidance <= 1 else dataclasses.replace(recipe, steps=min(2, recipe.steps))
        loading, *_ = bench.time(_drawing(bench, few))
        shown: list[float] = []
        given_up: list[str] = []
        begun = time.perf_counter()

        def show(_: Frames) -> None:
            shown.append(time.perf_counter() - begun)

        hooks = Hooks(draft=show, gave_up=given_up.append)
        seconds, peak, _ = bench.time(_drawing(bench, recipe, hooks))
        return dataclasses.replace(
            row,
            seconds=seconds,
            peak=peak,
            given_up=tuple(given_up),
            draft=shown[0] if shown else None,
            cancel=_cancel_takes(bench, recipe),
            load=loading,
        )

    return Unit(row=row, guess=GUESS[engine, quality] + LOADING, measure=measure)


def _capped(bench: Bench, engine: str, gigabytes: int) -> Unit:
    """What the memory ladder does on a smaller GPU: few steps, for memory and rungs."""
    whole = bench.recipe(engine, Quality.BALANCED)
    recipe = dataclasses.replace(whole, steps=min(CAPPED_STEPS, whole.steps))
    row = _row(recipe, f"{gigabytes} GB")

    def measure() -> Row:
        given_up: list[str] = []
        bench.context.model_cache.clear_gpu(keep=frozenset())
        with capped(gigabytes, bench.device):
            seconds, peak, _ = bench.time(_drawing(bench, recipe, Hooks(gave_up=given_up.append)))
        return dataclasses.replace(row, seconds=seconds, peak=peak, given_up=tuple(given_up))

    return Unit(row=row, guess=GUESS[engine, Quality.FAST] + MOVING, measure=measure)


def _beside_stock(bench: Bench, engine: str) -> Iterator[Unit]:
    """The stock pipeline; ours with all levers, with none, and with each of them alone."""
    distilled = frozenset({"animatelcm", "lightning"})
    ours = bench.recipe(engine, Quality.BALANCED, words=True, without=distilled)
    guess: float = 2.4 * GUESS[engine, Quality.BALANCED]
    if engine.startswith("wan"):
        guess *= COMPARED_STEPS / ours.steps
        ours = dataclasses.replace(ours, steps=min(COMPARED_STEPS, ours.steps))
    off = LEVERS.get(engine.partition("-")[0], {})
    bare = dataclasses.replace(ours, settings={**ours.settings, **off})
    yield Unit(row=_row(bare, "stock"), guess=guess + LOADING, measure=lambda: _stock(bench, bare))
    yield _lever(bench, ours, "as by default" if off else "the same steps", guess)
    if off:
        yield _lever(bench, bare, "no lever", guess)
    for name in off:
        alone = dataclasses.replace(bare, settings={**bare.settings, name: _on(engine, name)})
        yield _lever(bench, alone, f"{name} alone", guess)
    yield from (_unbuilt(bench, bare, name, guess) for name in UNBUILT[engine])


def _on(engine: str, lever: str) -> float:
    """A lever's value where it draws less. The fast way of SVD has one that the others have not."""
    from engine.families import svd, wan  # noqa: PLC0415 - beside what it is used for

    if engine == "svd":
        table = svd.GUIDED_SHARE if lever == "guided" else svd.DEEP_EVERY
        return float(next(iter(table.values())))
    return wan.GUIDED_SHARE if lever == "guided" else wan.CACHED_EVERY


def _lever(bench: Bench, recipe: Recipe, under: str, guess: float) -> Unit:
    row = _row(recipe, under)

    def measure() -> Row:
        seconds, peak, frames = bench.time(_drawing(bench, recipe))
        stock = bench.clips.get((recipe.engine, row.size))
        likeness = None if stock is None else psnr(frames, stock)
        return dataclasses.replace(row, seconds=seconds, peak=peak, likeness=likeness)

    return Unit(row=row, guess=guess, measure=measure)


def _unbuilt(bench: Bench, recipe: Recipe, name: str, guess: float) -> Unit:
    """A lever that the engine has not; what it leaves behind on the models is dropped with them."""
    drawing = _lever(bench, recipe, f"{name} alone", guess)

    def measure() -> Row:
        with UNBUILT[recipe.engine][name](bench.device):
            row = drawing.measure()
        bench.context.model_cache.clear()
        return row

    return dataclasses.replace(drawing, measure=measure, guess=guess + LOADING)


def _stock(bench: Bench, recipe: Recipe) -> Row:
    bench.context.model_cache.clear_gpu(keep=frozenset())
    run = STOCK[recipe.engine](bench.context, recipe, SEED)
    seconds, peak, frames = bench.time(run)
    row = _row(recipe, "stock")
    bench.clips[recipe.engine, row.size] = frames
    del run
    collect()
    return dataclasses.replace(row, seconds=seconds, peak=peak)


def _reading(bench: Bench, engine: str) -> Unit:
    """What a prompt costs that was not read before."""
    whole = bench.recipe(engine, Quality.BALANCED)
    recipe = dataclasses.replace(whole, steps=1)
    row = _row(recipe, "reading a new prompt")

    def measure() -> Row:
        new = dataclasses.replace(recipe, words=f"{recipe.words}, {time.monotonic_ns()}")
        first, peak, _ = bench.time(_drawing(bench, new))
        again, *_ = bench.time(_drawing(bench, new))
        return dataclasses.replace(row, seconds=max(0.0, first - again), peak=peak)

    return Unit(row=row, guess=GUESS[engine, Quality.FAST], measure=measure)


def _drawing(bench: Bench, recipe: Recipe, hooks: Hooks | None = None) -> Callable[[], Frames]:
    def draw() -> Frames:
        frames = bench.family(recipe.engine).draw(recipe, _inputs(recipe), seed=SEED, hooks=hooks or Hooks())
        return _as_bytes(frames)

    return draw


def _cancel_takes(bench: Bench, recipe: Recipe) -> float:
    """From asking right after the first sign of life, when a whole step lies ahead, to the stop."""
    token = CancelToken()
    asked: list[float] = []

    def ask(_: float) -> None:
        if not asked:
            asked.append(time.perf_counter())
            token.cancel()

    try:
        _drawing(bench, recipe, Hooks(cancel=token, progress=ask))()
    except Cancelled:
        return time.perf_counter() - asked[0]
    raise RuntimeError(f"{recipe.engine} did not stop")


def _row(recipe: Recipe, under: str) -> Row:
    size = (recipe.width, recipe.height, recipe.frames)
    return Row(engine=recipe.engine, way=recipe.way, steps=recipe.steps, under=under, size=size)


def _inputs(recipe: Recipe) -> Inputs:
    return Inputs(picture=picture() if recipe.kind is Kind.ANIMATE else None)


def _as_bytes(frames: Any) -> Frames:
    if frames.dtype != np.uint8:
        raise TypeError(f"{frames.dtype}: our ways give bytes")
    return np.asarray(frames, np.uint8)
