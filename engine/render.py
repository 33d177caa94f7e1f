"""The straight line from a recipe to a finished clip: draw → judge → (again) → smooth → encode."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from engine import backends
from engine.backends import BACKENDS, Backend, Frames, Picture, RawFrames
from engine.cancel import CancelToken
from engine.encode import Encoded, encode
from engine.errors import Unsupported
from engine.fit import cover
from engine.provenance import metadata
from engine.quality import judge
from engine.recipe import Event, Outcome, Progress, Receipt, Recipe, Stage, TakeDiscarded, TakeRecord
from engine.smooth import smooth

CLIP_NAME = "clip.mp4"
"""The name of the finished clip inside the work folder."""

PICTURE = "picture"
"""The role of the member's picture among the inputs."""


@dataclass(frozen=True, kw_only=True)
class RenderLimits:
    """What a render may spend.

    Attributes:
        max_takes: how many takes may be drawn before the best of the rejected ones is kept.
        max_bytes: the finished MP4 is never larger.
    """

    max_takes: int = 3
    max_bytes: int = 9_500_000


@dataclass(frozen=True, kw_only=True)
class _Take:
    record: TakeRecord
    frames: Frames


@dataclass(kw_only=True)
class _Clock:
    """Adds up wall seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - begun


class Renderer:
    """Makes clips, one after the other, and keeps what it loaded for the next one.

    It is not thread-safe: a scheduler holds the state of its steps, so one thread draws.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, Backend] = {}

    def render(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Path],
        *,
        work: Path,
        limits: RenderLimits,
        on_event: Callable[[Event], None],
        cancel: CancelToken,
    ) -> Receipt:
        """Make one clip.

        Args:
            recipe: what to make.
            inputs: role → file; ``picture`` is a PNG.
            work: an empty folder; the clip is left in it as ``clip.mp4``.
            limits: what may be spent.
            on_event: told of progress and of discarded takes, from this thread.
            cancel: looked at between steps, frames and encoded seconds.

        Returns:
            What happened.

        Raises:
            Cancelled: a stop was asked for; nothing is left in ``work`` but scraps.
            Unsupported: this engine cannot draw this recipe.
            ClipTooLarge: not even the smallest encoding fits the limit.
        """
        clock = _Clock()
        with clock.stage(Stage.PREPARING):
            on_event(Progress(stage=Stage.PREPARING, fraction=0.0))
            backend = self._backend(recipe.engine)
            picture = _read_picture(inputs.get(PICTURE))
            cancel.check()
        take, takes = self._draw_until_good(backend, recipe, picture, limits, on_event, cancel, clock)
        with clock.stage(Stage.SMOOTHING):
            told = _teller(on_event, Stage.SMOOTHING, take.record.number)
            frames = smooth(take.frames, recipe.factor, progress=told, cancel=cancel)[: recipe.length]
        with clock.stage(Stage.ENCODING):
            told = _teller(on_event, Stage.ENCODING, take.record.number)
            encoded = encode(
                frames,
                fps=recipe.fps,
                path=work / CLIP_NAME,
                metadata=metadata(recipe),
                max_bytes=limits.max_bytes,
                progress=told,
                cancel=cancel,
            )
        return _receipt(recipe, take, takes, encoded, clock)

    def _backend(self, name: str) -> Backend:
        if name not in self._loaded:
            self._loaded[name] = backends.load(name)
        return self._loaded[name]

    def _draw_until_good(
        self,
        backend: Backend,
        recipe: Recipe,
        picture: Picture | None,
        limits: RenderLimits,
        on_event: Callable[[Event], None],
        cancel: CancelToken,
        clock: _Clock,
    ) -> tuple[_Take, list[TakeRecord]]:
        """Draw takes with new seeds until the gate lets one through, or the budget ends."""
        records: list[TakeRecord] = []
        best: _Take | None = None
        for number in range(1, limits.max_takes + 1):
            take = _draw_take(backend, recipe, picture, number, on_event, cancel, clock)
            records.append(take.record)
            if best is None or _rank(take.record) > _rank(best.record):
                best = take
            if take.record.outcome is not Outcome.REJECTED:
                break
            if number < limits.max_takes:
                on_event(TakeDiscarded(take=take.record))
        if best is None:
            raise ValueError("max_takes must be at least 1")
        return best, records


def _rank(record: TakeRecord) -> tuple[bool, float]:
    return record.outcome is not Outcome.REJECTED, record.score


def _draw_take(
    backend: Backend,
    recipe: Recipe,
    picture: Picture | None,
    number: int,
    on_event: Callable[[Event], None],
    cancel: CancelToken,
    clock: _Clock,
) -> _Take:
    begun = time.monotonic()
    seed = recipe.take_seed(number)
    with clock.stage(Stage.DRAWING):
        on_event(Progress(stage=Stage.DRAWING, fraction=0.0, take=number))
        told = _teller(on_event, Stage.DRAWING, number)
        raw = backend.draw(recipe, picture, seed=seed, progress=told, cancel=cancel)
        _check_shape(recipe, raw)
    with clock.stage(Stage.CHECKING):
        on_event(Progress(stage=Stage.CHECKING, fraction=0.0, take=number))
        cancel.check()
        reference = None if picture is None else cover(picture, recipe.width, recipe.height)
        verdict = judge(raw, reference, recipe.native_fps)
        cancel.check()
    record = TakeRecord(
        number=number,
        seed=seed,
        outcome=verdict.outcome,
        score=verdict.score,
        reasons=verdict.reasons,
        seconds=time.monotonic() - begun,
    )
    return _Take(record=record, frames=_to_uint8(raw))


def _teller(on_event: Callable[[Event], None], stage: Stage, take: int) -> Callable[[float], None]:
    return lambda fraction: on_event(Progress(stage=stage, fraction=fraction, take=take))


def _read_picture(path: Path | None) -> Picture | None:
    if path is None:
        return None
    decoded = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise Unsupported("The picture of this job cannot be read any more.")
    return np.ascontiguousarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _check_shape(recipe: Recipe, raw: RawFrames) -> None:
    wanted = (recipe.frames, recipe.height, recipe.width, 3)
    if raw.shape != wanted:
        raise ValueError(f"{recipe.engine} drew {raw.shape}, and was asked for {wanted}")


def _to_uint8(raw: RawFrames) -> Frames:
    """Round to bytes; the gate has seen the floats, so a NaN here belongs to a rejected take."""
    if raw.dtype == np.uint8:
        return np.asarray(raw, dtype=np.uint8)
    shares = np.clip(np.nan_to_num(np.asarray(raw, dtype=np.float32)), 0.0, 1.0)
    return np.asarray(shares * 255.0 + 0.5, dtype=np.uint8)


def _receipt(
    recipe: Recipe, take: _Take, takes: list[TakeRecord], encoded: Encoded, clock: _Clock
) -> Receipt:
    return Receipt(
        engine=recipe.engine,
        takes=tuple(takes),
        kept=take.record.number,
        forced=take.record.outcome is Outcome.REJECTED,
        width=encoded.width,
        height=encoded.height,
        frames=encoded.frames,
        fps=recipe.fps,
        sha256=encoded.sha256,
        size=encoded.size,
        seconds={stage: round(seconds, 4) for stage, seconds in clock.seconds.items()},
        ladder=encoded.ladder
        + (("a sketch: no model that reads words is installed",) if BACKENDS[recipe.engine].sketch else ()),
    )
