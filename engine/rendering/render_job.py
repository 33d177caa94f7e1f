"""One render: what to make, and how long each part took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import cv2

from engine.core.cancel import CancelToken
from engine.core.elsewhere import FetchTake, TakeFile
from engine.core.events import Event, Progress
from engine.core.family import Hooks, Inputs
from engine.core.family_spec import FamilySpec
from engine.core.recipe import Kind, Recipe, Role, Stage
from engine.families import FAMILIES, family_called
from engine.gate import Calibration
from engine.rendering.limits import RenderLimits
from engine.rendering.overlap import Overlap
from engine.vision.eyes import Eyes


@dataclass(frozen=True, kw_only=True)
class RenderJob:
    """One render: a recipe with its files, its limits and its listeners.

    Attributes:
        calibration: what the gate holds takes of this engine against; None: what comes with the engine.
        overlap: where it waits for its turn beside another render.
        elsewhere: fetches takes that another machine draws; None: there is no way to one.
        eyes: what the gate sees faces and text with; None: it does not look for them.
        families: all that there are.
    """

    recipe: Recipe
    inputs: Inputs
    work: Path
    limits: RenderLimits
    on_event: Callable[[Event], None]
    cancel: CancelToken
    overlap: Overlap = field(default_factory=Overlap)
    calibration: Calibration | None = None
    eyes: Eyes | None = None
    elsewhere: FetchTake | None = None
    families: Mapping[str, FamilySpec] = field(default_factory=lambda: FAMILIES)
    given_up: list[str] = field(default_factory=list)

    @property
    def family(self) -> FamilySpec:
        """Of the recipe.

        Raises:
            Unsupported: it is not there any more.
        """
        return family_called(self.recipe.engine, self.families)

    def on_gpu(self, take: int) -> AbstractContextManager[None]:
        """Have the GPU for the body of the ``with``. A render that waits for it says "preparing"."""
        tell = teller(self.on_event, Stage.PREPARING, take)
        return self.overlap.gpu.taken(self.cancel, lambda: tell(0.0))

    def on_cpu(self, stage: Stage, take: int) -> AbstractContextManager[None]:
        """Have the processor for a stage, the body of the ``with``."""
        tell = teller(self.on_event, stage, take)
        return self.overlap.cpu.taken(self.cancel, lambda: tell(0.0))

    def drawing(self, take: int) -> AbstractContextManager[None]:
        """Have what draws, for the body of the ``with``: nothing of this machine where another one does."""
        if self.family.made_at:
            return nullcontext()
        return self.on_gpu(take) if self.family.loads else self.on_cpu(Stage.DRAWING, take)

    def reaching_elsewhere(self, hooks: Hooks, take: int) -> Hooks:
        """Hooks with which a family can fetch a take from the machine that draws it, if there is a way."""
        if self.elsewhere is None:
            return hooks
        return replace(hooks, elsewhere=partial(self._fetch, self.elsewhere, take))

    def _fetch(self, fetch: FetchTake, take: int, recipe: Recipe, seed: int) -> TakeFile:
        """Fetch a take, and tell how far it is."""

        def moved(fraction: float | None) -> None:
            waits = fraction is None
            stage = Stage.PREPARING if waits else Stage.DRAWING
            self.on_event(Progress(stage=stage, fraction=fraction or 0.0, take=take))

        return fetch(recipe, take=take, seed=seed, files=self._prepared(), cancel=self.cancel, progress=moved)

    def _prepared(self) -> Mapping[str, Path]:
        """Pictures as they are to be drawn from, where the job's own files are not.

        They are cropped around what they are about, or the last frame of the clip before.
        """
        shown = {Role.PICTURE: self.inputs.picture, Role.END: self.inputs.end}
        files = {}
        for role, picture in shown.items():
            changed = role in self.recipe.crops or (role is Role.PICTURE and self.inputs.before is not None)
            if picture is not None and changed and self.recipe.kind is not Kind.UPSCALE:
                path = self.work / f"{role}.png"
                _, packed = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
                path.write_bytes(packed.tobytes())
                files[str(role)] = path
        return files

    def note(self, text: str) -> None:
        """Record what was given up; each thing once, no matter how many takes gave it up."""
        if text not in self.given_up:
            self.given_up.append(text)


@dataclass(kw_only=True)
class Clock:
    """Adds up wall seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Seconds of all stages together. What a render waited for another is none of its stages."""
        return sum(self.seconds.values())

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Add the time of a block to a stage."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - begun


def teller(on_event: Callable[[Event], None], stage: Stage, take: int) -> Callable[[float], None]:
    """A callback for the progress of one stage of one take; its argument is a share of one."""
    return lambda fraction: on_event(Progress(stage=stage, fraction=fraction, take=take))
