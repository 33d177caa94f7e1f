"""What a stop, and an out-of-memory, come to at each stage of each family.

    python -m benchmarks.stops

Real pipelines on tiny random weights, on the CPU: seconds say little of a card, steps and rungs do.
Each family is stopped, and runs out of memory once, at each stage; then the same clip is made again, and must
have the bytes that it had before anything happened.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import engine.diffusion

import diffusers  # isort: skip
import safetensors.torch
import torch

import engine.rendering.render
import engine.rendering.smoothing
import engine.rendering.takes
from benchmarks.mixed_jobs import Case, cases, write_inputs, write_models
from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled
from engine.core.events import Event, Progress
from engine.core.receipt import Receipt
from engine.core.recipe import Stage
from engine.families import CATALOGUE
from engine.process.faults import describe
from engine.rendering.render import Renderer, RenderLimits
from engine.runtime.capabilities import capabilities_of
from engine.runtime.context import EngineContext
from engine.weights.store import Store

FAMILIES = {
    "svd": "svd balanced",
    "animatediff": "animatediff balanced",
    "animatediff-control": "control edges",
    "wan": "wan balanced",
}
"""Family → the case of :mod:`benchmarks.mixed_jobs` that stands for it."""

STAGES = ("preparing", "loading", "drawing", "decoding", "checking", "smoothing", "encoding")
STEPS = 4

_DENOISER = {
    "svd": diffusers.UNetSpatioTemporalConditionModel,
    "animatediff": diffusers.UNetMotionModel,
    "animatediff-control": diffusers.UNetMotionModel,
    "wan": diffusers.WanTransformer3DModel,
}
_CALLS_A_STEP = {"svd": 1, "animatediff": 1, "animatediff-control": 1, "wan": 2}
"""With guidance; Wan's pipeline asks twice, the others once with a batch of two."""

_DECODER = {
    "svd": (diffusers.AutoencoderKLTemporalDecoder, "decode"),
    "animatediff": (diffusers.AutoencoderKL, "decode"),
    "animatediff-control": (diffusers.AutoencoderKL, "decode"),
    "wan": (diffusers.AutoencoderKLWan, "_decode"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stopped:
    """What a stop came to.

    Attributes:
        seconds: from the stop until the render ended; None: it ended whole.
        steps: of denoising that were begun after the stop.
        same_after: whether the next job had the bytes that it always has.
    """

    seconds: float | None
    steps: int
    same_after: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class RanOut:
    """What an out-of-memory came to.

    Attributes:
        code: of the failure; "" where the clip was made all the same.
        told: what the receipt says beside what it always does, or what the refusal says.
    """

    code: str
    told: tuple[str, ...]
    same_after: bool


class Rig:
    """Renders the families on tiny weights, with something happening on the way."""

    def __init__(self, folder: Path, models: Path) -> None:
        """Plan a small clip for each family.

        Args:
            folder: for files; exists.
            models: tiny weights.
        """
        self._folder, self._store = folder, Store(models)
        self._renderer = Renderer(EngineContext(store=self._store))
        capabilities = capabilities_of(self._store, CATALOGUE, self._renderer.device, slow=True)
        every = {case.name: case for case in cases(capabilities, write_inputs(folder))}
        self._cases = {family: _quick(every[name]) for family, name in FAMILIES.items()}
        self._made: dict[str, Receipt] = {}

    def stop(self, family: str, stage: str) -> Stopped:
        """Stop a render as soon as a stage is under way."""
        self._whole(family)
        token, stopped_at, begun = CancelToken(), [0.0], [0]

        def cancel() -> None:
            if not stopped_at[0]:
                stopped_at[0] = time.monotonic()
                token.cancel()

        def count() -> None:
            begun[0] += bool(stopped_at[0])

        if stage == "loading":
            self._renderer = Renderer(EngineContext(store=self._store))
        seconds: float | None = None
        with _before((_DENOISER[family], "forward"), count), self._at(family, stage, cancel) as on_event:
            try:
                self._render(family, on_event=on_event, cancel=token)
            except Cancelled:
                seconds = time.monotonic() - stopped_at[0]
        steps = begun[0] // _CALLS_A_STEP[family]
        return Stopped(seconds=seconds, steps=steps, same_after=self._same(family))

    def run_out(self, family: str, stage: str) -> RanOut:
        """Let memory run out once, at a stage."""
        usual = self._whole(family)
        failed: list[str] = []

        def fail() -> None:
            if not failed:
                failed.append(stage)
                raise torch.OutOfMemoryError("CUDA out of memory (simulated)")

        if stage == "loading":  # with another family on the rack
            self._renderer = Renderer(EngineContext(store=self._store))
            self._render("wan" if family != "wan" else "animatediff")
        code = ""
        told: tuple[str, ...] = ()
        with _before(_point(family, stage), fail, call=2 if stage == "drawing" else 1):
            try:
                told = tuple(said for said in self._render(family).ladder if said not in usual.ladder)
            except torch.OutOfMemoryError as error:
                answer = describe("job", error)
                code, told = answer.code, (answer.text,)
        return RanOut(code=code, told=told, same_after=self._same(family))

    def _whole(self, family: str) -> Receipt:
        """What is made where nothing happens; first of all else."""
        if family not in self._made:
            self._made[family] = self._render(family)
        return self._made[family]

    def _same(self, family: str) -> bool:
        return self._render(family).sha256 == self._whole(family).sha256

    @contextmanager
    def _at(self, family: str, stage: str, act: Callable[[], None]) -> Iterator[Callable[[Event], None]]:
        """Act when a stage is under way; of those that tell of their progress, after the first part of it."""

        def listen(event: Event) -> None:
            if isinstance(event, Progress) and event.stage == stage and event.fraction > 0:
                act()

        if stage in {Stage.SMOOTHING, Stage.DRAWING}:
            yield listen
            return
        with _before(_point(family, stage), act):
            yield lambda _: None

    def _render(
        self,
        family: str,
        *,
        on_event: Callable[[Event], None] = lambda _: None,
        cancel: CancelToken | None = None,
    ) -> Receipt:
        case = self._cases[family]
        with tempfile.TemporaryDirectory(dir=self._folder) as work:
            return self._renderer.render(
                case.recipe,
                case.inputs,
                work=Path(work),
                limits=RenderLimits(max_takes=1),
                on_event=on_event,
                cancel=cancel or CancelToken(),
            )


def _quick(case: Case) -> Case:
    settings = {name: value for name, value in case.recipe.settings.items() if name != "rounds"}
    recipe = dataclasses.replace(case.recipe, steps=min(STEPS, case.recipe.steps), settings=settings)
    return dataclasses.replace(case, recipe=recipe)


def _point(family: str, stage: str) -> tuple[Any, str]:
    """Where a stage begins its work: an object, and the name of what is called there."""
    return {
        "preparing": (engine.rendering.render, "read_inputs"),
        "loading": (safetensors.torch, "load_file"),
        "drawing": (_DENOISER[family], "forward"),
        "decoding": _DECODER[family],
        "checking": (engine.rendering.takes, "judge"),
        "smoothing": (engine.rendering.smoothing, "at_rate"),
        "encoding": (engine.rendering.render, "encode"),
    }[stage]


@contextmanager
def _before(point: tuple[Any, str], act: Callable[[], None], call: int = 1) -> Iterator[None]:
    """Act before each call of something, from the ``call``-th on."""
    owner, name = point
    working, calls = getattr(owner, name), [0]

    def first_act(*args: Any, **more: Any) -> Any:
        calls[0] += 1
        if calls[0] >= call:
            act()
        return working(*args, **more)

    with mock.patch.object(owner, name, first_act):
        yield


def main() -> None:
    """Print both tables."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="framekiln-stops-")))
        write_models(folder / "models")
        rig = Rig(folder, folder / "models")
        print("Stopped: seconds until it took hold · steps begun after it\n")
        _print_table(lambda family, stage: _stopped_in_words(rig.stop(family, stage)))
        print("\nOut of memory, once\n")
        _print_table(lambda family, stage: _ran_out_in_words(rig.run_out(family, stage)))


def _print_table(cell: Callable[[str, str], str]) -> None:
    print("| stage |", " | ".join(f"`{family}`" for family in FAMILIES), "|")
    print("|---" * (len(FAMILIES) + 1) + "|")
    for stage in STAGES:
        cells: Sequence[str] = [cell(family, stage) for family in FAMILIES]
        print(f"| {stage} |", " | ".join(cells), "|", flush=True)


def _stopped_in_words(told: Stopped) -> str:
    hold = "never" if told.seconds is None else f"{told.seconds:.2f} s · {told.steps}"
    return hold if told.same_after else f"{hold} · OTHER BYTES AFTER"


def _ran_out_in_words(told: RanOut) -> str:
    words = "; ".join((told.code, *told.told)) if told.code else "; ".join(told.told)
    return (words or "made whole") if told.same_after else f"{words} · OTHER BYTES AFTER"


if __name__ == "__main__":
    main()
