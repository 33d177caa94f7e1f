"""A way of drawing, what it is given, and what draws the same with nothing of ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from engine.core.capabilities import Capabilities
from engine.core.family import Family, Frames, Hooks, Inputs, SourceClip, WithSound
from engine.core.recipe import Kind, Recipe
from engine.core.request import Request, Subject
from engine.core.sound import RATE, Sound
from engine.planning.plan import plan
from engine.weights.store import Store

SEED = 3
PROMPT, NEGATIVE = "a red fox, snow", "blurry"
_ROWS, _COLUMNS = np.mgrid[0:48, 0:64]
PICTURE = (np.stack([_COLUMNS * 4, _ROWS * 5, _ROWS + _COLUMNS], axis=-1) % 256).astype(np.uint8)
CLIP = SourceClip(frames=np.stack([np.roll(PICTURE, 5 * shift, axis=1) for shift in range(16)]), fps=8)

FADE = RATE // 40
"""Samples at the end of a sound that may fade into silence, where it was shorter than its frames."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Frames, uint8 ``[T, H, W, 3]``, and the sound that came with them, float32 ``[S, 2]``."""

    frames: Frames
    sound: Sound | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table.

    Attributes:
        family: the engine.
        way: what is drawn, in a few words.
        recipe: what our engine is given.
        inputs: the pictures and clips that go with it.
        stock: draws a recipe with the library's own pipeline.
        inexact: why the two are not the same; "": they must be.
    """

    family: str
    way: str
    recipe: Recipe
    stock: Callable[[Recipe], Drawn]
    inputs: Inputs = field(default_factory=Inputs)
    inexact: str = ""

    def shorter(self, steps: int) -> Case:
        """The same in at most so many steps; distilled ways have no fewer than theirs."""
        if self.recipe.guidance <= 1:
            return self
        fewer = dataclasses.replace(self.recipe, steps=min(steps, self.recipe.steps))
        return dataclasses.replace(self, recipe=fewer)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How close two clips are: decibels of PSNR, infinite where they are equal; the most a byte differs.

    Attributes:
        longer: samples that our sound has more.
        other: decibels between our clips of two seeds: what the figures mean, where pictures hardly differ.
    """

    picture: float
    most: int
    sound: float | None = None
    longer: int = 0
    other: float | None = None

    @property
    def worst(self) -> float:
        """Decibels of the part that is less alike."""
        return self.picture if self.sound is None else min(self.picture, self.sound)


def draw(case: Case, family: Family, seed: int = SEED) -> Drawn:
    """Draw a case as a job is drawn."""
    made: Any = family.draw(case.recipe, case.inputs, seed=seed, hooks=Hooks())
    if isinstance(made, WithSound):
        return Drawn(frames=np.asarray(made.frames, np.uint8), sound=made.sound)
    return Drawn(frames=made)


def compare(case: Case, family: Family, *, other_seed: bool = False) -> Likeness:
    """Draw a case both ways.

    Args:
        case: the case.
        family: draws it.
        other_seed: draw it with another seed, too.
    """
    ours = draw(case, family)
    with torch.no_grad():
        theirs = case.stock(case.recipe)
    heard, longer = None, 0
    if ours.sound is not None and theirs.sound is not None:
        longer = len(ours.sound) - len(theirs.sound)
        same = min(len(ours.sound), len(theirs.sound)) - FADE
        heard = decibels(ours.sound[:same], theirs.sound[:same], top=1.0)
    return Likeness(
        picture=decibels(ours.frames, theirs.frames, top=255.0),
        most=int(np.abs(ours.frames.astype(int) - theirs.frames).max()),
        sound=heard,
        longer=longer,
        other=decibels(ours.frames, draw(case, family, SEED + 1).frames, top=255.0) if other_seed else None,
    )


def decibels(one: Any, other: Any, *, top: float) -> float:
    """Peak signal to noise; infinite where there is no difference.

    Raises:
        ValueError: they have not the same shape.
    """
    if one.shape != other.shape:
        raise ValueError(f"{one.shape} beside {other.shape}")
    error = float(np.mean((np.asarray(one, np.float64) - np.asarray(other, np.float64)) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(top**2 / error))


def as_bytes(frames: Any) -> Drawn:
    """What a pipeline gives for ``output_type="np"``, as it writes pictures."""
    return Drawn(frames=(np.asarray(frames) * 255).round().astype(np.uint8))


def generator(seed: int = SEED) -> torch.Generator:
    """As the documentation shows it; on the CPU."""
    return torch.Generator("cpu").manual_seed(seed)


def planned(
    store: Store,
    request: Request,
    *,
    size: tuple[int, int, int],
    inputs: Inputs | None = None,
    without: frozenset[str] = frozenset(),
    packages: frozenset[str] = frozenset(),
) -> Recipe:
    """What the plan makes of a request, in a small size.

    Args:
        store: what is there counts as installed.
        request: what is asked for.
        size: width, height and frames.
        inputs: what goes with it.
        without: weights that are taken for not installed.
        packages: optional Python packages that are there.
    """
    inputs = inputs or Inputs()
    here = frozenset(path.name for path in store.folder.iterdir() if path.is_dir())
    given: dict[str, Any] = {"like": _subject(inputs.like), "end": _subject(inputs.end)}
    if inputs.reference is not None:
        given["reference"] = _subject(inputs.reference.frames[0], seconds=2.0)
    recipe = plan(
        request,
        _subject(inputs.picture),
        **given,
        capabilities=Capabilities(
            weights=here - without,
            checkpoints=store.checkpoints(),
            styles=store.styles(),
            slow=True,
            packages=packages,
        ),
    )
    width, height, frames = size
    return dataclasses.replace(
        recipe, width=width, height=height, frames=frames, length=frames, fps=recipe.native_fps
    )


def asked(engine: str, *, kind: Kind = Kind.TEXT2VIDEO, **more: Any) -> Request:
    """A request with the usual words, as they are."""
    given: dict[str, Any] = {"prompt": PROMPT, "negative": NEGATIVE, "raw": True, "seed": SEED}
    return Request(kind=kind, engine=engine, **(given | more))


def _subject(picture: Any, *, seconds: float | None = None) -> Subject | None:
    if picture is None:
        return None
    height, width = picture.shape[:2]
    return Subject(sha256="a" * 64, width=width, height=height, faces=0, seconds=seconds)
