"""What the measurements of ``benchmarks.gpu`` share: loaded families, recipes as planned, a clock, a row."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.family import Family, Frames
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.request import Request, Subject
from engine.families import load
from engine.planning.plan import plan
from engine.runtime.context import EngineContext

SEED = 5
TINY_SIZE = {"svd": (64, 64, 4), "animatediff": (64, 64, 4), "wan": (32, 32, 5), "wan-5b": (32, 32, 5)}
"""Engine → width, height, frames of small models' clips."""
TINY_STEPS = 3


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table. Seconds; None where there is nothing to measure.

    Attributes:
        engine, way, steps: what was drawn.
        under: what was different from the default.
        seconds: of the clip, models loaded and words read; None: it was left out.
        peak: bytes of GPU memory.
        likeness: decibels of PSNR to the stock pipeline's clip, where both do the same steps.
        given_up: what was given up for memory; None: that was not asked.
        draft: from the start to the first look.
        cancel: from the asking to the stop, asked for at the first step.
        load: of a first clip of two steps, with what is not loaded yet.
        left_out: why it was not measured; "": it was.
        size: width, height and frames: only rows of one size are compared.
    """

    engine: str
    way: str
    steps: int = 0
    under: str = ""
    seconds: float | None = None
    peak: int | None = None
    likeness: float | None = None
    given_up: tuple[str, ...] | None = None
    draft: float | None = None
    cancel: float | None = None
    load: float | None = None
    left_out: str = ""
    size: tuple[int, int, int] = (0, 0, 0)


class Bench:
    """What the measurements share.

    Attributes:
        context: device, weights, and what is loaded.
        tiny: small models, for a test.
        clips: of the stock pipelines, by engine and size.
    """

    def __init__(self, context: EngineContext, *, tiny: bool) -> None:
        self.context = context
        self.tiny = tiny
        self.clips: dict[tuple[str, tuple[int, int, int]], Frames] = {}
        self._families: dict[str, Family] = {}

    @property
    def device(self) -> Device:
        """Where models run."""
        return self.context.device

    @property
    def on_cuda(self) -> bool:
        """Whether there are events and memory to ask."""
        return self.device.kind is DeviceKind.CUDA

    def family(self, engine: str) -> Family:
        """What draws; its models stay loaded."""
        if engine not in self._families:
            self._families[engine] = load(engine, self.context)
        return self._families[engine]

    def time(self, run: Callable[[], Frames]) -> tuple[float, int | None, Frames]:
        """Seconds until the frames are in main memory and the GPU is done; peak memory; the frames."""
        import torch  # noqa: PLC0415 - takes seconds

        if self.on_cuda:
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
        begun = time.perf_counter()
        frames = run()
        if self.on_cuda:
            torch.cuda.synchronize()
        seconds = time.perf_counter() - begun
        return seconds, torch.cuda.max_memory_allocated() if self.on_cuda else None, frames

    def recipe(
        self, engine: str, quality: Quality, *, words: bool = False, without: frozenset[str] = frozenset()
    ) -> Recipe:
        """What the plan draws where a member leaves all else open.

        Args:
            engine: the family.
            quality: the quality.
            words: from a prompt alone; else Wan 2.2 begins with a picture in one quality.
            without: weights that are taken for not installed.
        """
        folder = self.context.store.folder
        here = frozenset(path.name for path in folder.iterdir() if path.is_dir()) - without
        from_picture = engine == "svd" or (engine == "wan-5b" and quality is Quality.BALANCED and not words)
        request = Request(
            kind=Kind.ANIMATE if from_picture else Kind.TEXT2VIDEO,
            prompt="a lighthouse in a storm",
            engine=engine,
            quality=quality,
            seed=SEED,
        )
        subject = Subject(sha256="0" * 64, width=1024, height=576) if from_picture else None
        recipe = plan(
            request, subject, capabilities=Capabilities(device=self.device, weights=here, slow=True)
        )
        if self.tiny:
            width, height, frames = TINY_SIZE[engine]
            steps = min(recipe.steps, TINY_STEPS) if recipe.guidance > 1 else recipe.steps
            recipe = dataclasses.replace(recipe, width=width, height=height, frames=frames, steps=steps)
        return dataclasses.replace(recipe, length=recipe.frames, fps=recipe.native_fps)
