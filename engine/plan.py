"""From a wish to a recipe: which engine, what size, how many frames, and why.

Pure and without torch, so that the bot can plan the moment somebody asks, and a table can test it.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from engine.backends import BACKENDS, BackendSpec
from engine.errors import UserError
from engine.recipe import Camera, Kind, Motion, Quality, Recipe

E = TypeVar("E", bound=StrEnum)

AUTO = "auto"


class Length(StrEnum):
    """How long a clip should be, as people say it."""

    SHORT = "short"
    NORMAL = "normal"
    LONG = "long"


SECONDS = {Length.SHORT: 2.0, Length.NORMAL: 4.0, Length.LONG: 8.0}
"""Seconds of the finished clip."""

AREA = {Quality.FAST: 512 * 288, Quality.BALANCED: 768 * 432, Quality.BEST: 1280 * 720}
"""Pixels of a frame, about; the picture's own shape is kept."""

SHAPES = ((16, 9), (3, 2), (4, 3), (1, 1), (3, 4), (2, 3), (9, 16))
"""Frames have one of these shapes: few shapes keep compiled models warm and fill a phone's screen."""


@dataclass(frozen=True, kw_only=True)
class PlanLimits:
    """What a wish may ask for.

    Attributes:
        min_seconds, max_seconds: the shortest and the longest clip.
        max_fps: the most frames per second of the finished clip.
        max_side: the longest side of the finished clip, in pixels.
        min_side: the shortest one.
    """

    min_seconds: float = 0.5
    max_seconds: float = 10.0
    max_fps: float = 60.0
    max_side: int = 1920
    min_side: int = 64


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody asks for, before anything is decided. None leaves it to the plan."""

    kind: Kind
    prompt: str = ""
    motion: Motion = Motion.NORMAL
    camera: Camera = Camera.AUTO
    quality: Quality = Quality.BALANCED
    seconds: float = SECONDS[Length.NORMAL]
    fps: float = 24.0
    size: tuple[int, int] | None = None
    seed: int | None = None
    engine: str = AUTO


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What the plan must know of a picture: its digest and its size in pixels."""

    sha256: str
    width: int
    height: int


def plan(
    wish: Wish,
    subject: Subject | None = None,
    *,
    available: Collection[str] = frozenset(BACKENDS),
    limits: PlanLimits | None = None,
) -> Recipe:
    """Decide everything that the wish left open.

    Args:
        wish: what was asked for.
        subject: the picture, where there is one.
        available: names of the engines that can run here.
        limits: what a wish may ask for.

    Returns:
        A complete recipe, with the reasons for each choice.

    Raises:
        UserError: the wish cannot be met; the text says why and what could be.
    """
    bounds = limits or PlanLimits()
    _check(wish, bounds)
    engine, why_engine = _choose_engine(wish, subject, available)
    spec = BACKENDS[engine]
    width, height, why_size = _choose_size(wish, subject)
    factor = max(1, math.ceil(wish.fps / spec.max_native_fps))
    length = max(2, round(wish.seconds * wish.fps))
    frames = max(2, math.ceil((length - 1) / factor) + 1)
    reasons = [why_engine, why_size]
    if factor > 1:
        reasons.append(f"{wish.fps / factor:g} drawn frames a second, smoothed to {wish.fps:g}")
    return Recipe(
        kind=wish.kind,
        engine=engine,
        prompt=wish.prompt,
        input_sha256=None if subject is None else subject.sha256,
        seed=secrets.randbelow(2**32) if wish.seed is None else wish.seed,
        width=width,
        height=height,
        frames=frames,
        native_fps=wish.fps / factor,
        fps=wish.fps,
        length=length,
        motion=wish.motion,
        camera=wish.camera,
        quality=wish.quality,
        reasons=tuple(reasons),
    )


def choose(kind: type[E], value: str | None, default: E) -> E:
    """Read a choice as people may write it: any case, dashes for blanks, and whatever follows a dot ignored.

    Raises:
        UserError: it is none of them.
    """
    if value is None:
        return default
    word = value.split("·")[0].strip().lower().replace("_", " ").replace("-", " ")
    try:
        return kind(word)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise UserError("E_OPTION", f"“{word[:40]}” is not one of: {known}.") from None


def _check(wish: Wish, limits: PlanLimits) -> None:
    if not limits.min_seconds <= wish.seconds <= limits.max_seconds:
        raise UserError(
            "E_SECONDS", f"A clip can be {limits.min_seconds:g} to {limits.max_seconds:g} seconds long."
        )
    if not 1 <= wish.fps <= limits.max_fps:
        raise UserError("E_FPS", f"A clip can have 1 to {limits.max_fps:g} frames a second.")
    if wish.seed is not None and not 0 <= wish.seed < 2**32:
        raise UserError("E_SEED", f"A seed is a whole number from 0 to {2**32 - 1}.")
    if wish.size is not None and not all(limits.min_side <= side <= limits.max_side for side in wish.size):
        raise UserError(
            "E_SIZE", f"Each side of a clip can have {limits.min_side} to {limits.max_side} pixels."
        )


def _choose_engine(wish: Wish, subject: Subject | None, available: Collection[str]) -> tuple[str, str]:
    if wish.engine != AUTO:
        spec = BACKENDS.get(wish.engine)
        if spec is None or wish.engine not in available:
            raise UserError(
                "E_ENGINE",
                f"There is no engine called “{wish.engine}” here. There are: {', '.join(sorted(available))}.",
            )
        _require(wish, subject, wish.engine, spec)
        return wish.engine, f"{wish.engine}, as asked: {spec.about}"
    for name, spec in BACKENDS.items():
        if name in available and wish.kind in spec.kinds and (subject is not None or not spec.needs_picture):
            return name, f"{name}: {spec.about}"
    raise UserError("E_ENGINE", "Nothing here can make such a clip. The owner's “framekiln doctor” says why.")


def _require(wish: Wish, subject: Subject | None, name: str, spec: BackendSpec) -> None:
    if wish.kind not in spec.kinds or (spec.needs_picture and subject is None):
        need = "a picture" if spec.needs_picture else "words"
        raise UserError("E_ENGINE", f"The engine “{name}” needs {need} to work from.")


def _choose_size(wish: Wish, subject: Subject | None) -> tuple[int, int, str]:
    """The frame's size: asked for, or the shape nearest to the picture's at the quality's area."""
    if wish.size is not None:
        width, height = (side - side % 2 for side in wish.size)
        return width, height, f"{width}×{height}, as asked"
    aspect = 16 / 9 if subject is None else subject.width / subject.height
    across, down = min(SHAPES, key=lambda shape: abs(math.log(aspect * shape[1] / shape[0])))
    area = AREA[wish.quality]
    width = _multiple(math.sqrt(area * across / down))
    height = _multiple(math.sqrt(area * down / across))
    why = f"{width}×{height} ({across}:{down})"
    if subject is None:
        return width, height, why
    shown = min(aspect * down / across, across / (aspect * down))
    if shown < 0.99:  # noqa: PLR2004 - less than one pixel in a hundred is not worth a sentence
        cut = round((1 - shown) * 100)
        why += f", the nearest shape to the picture: {cut} % is cropped, nothing is stretched"
    return width, height, why


def _multiple(pixels: float, of: int = 16) -> int:
    """Round to a multiple of 16, the macroblock of H.264 and a divisor of what video models want."""
    return max(of, round(pixels / of) * of)
