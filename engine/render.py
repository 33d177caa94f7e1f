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
from engine.backends import BACKENDS, Backend, Clip, Frames, Hooks, Inputs, Picture, RawFrames
from engine.cancel import CancelToken
from engine.device import Device
from engine.encode import Encoded, encode
from engine.errors import HopelessTake, RenderFailed, Unsupported
from engine.fit import cover
from engine.provenance import metadata
from engine.quality import judge
from engine.read_clip import read_clip
from engine.recipe import (
    Draft,
    Event,
    Outcome,
    Progress,
    Receipt,
    Recipe,
    Role,
    Stage,
    TakeDiscarded,
    TakeRecord,
)
from engine.retake import Budget, Retake, next_take
from engine.smooth import smooth
from engine.smooth.rife import find_model
from engine.workshop import Workshop

CLIP_NAME = "clip.mp4"
"""The name of the finished clip inside the work folder."""

HOPELESS = "hopeless"
"""The cause of a take that its backend gave up."""

DRAFT_BYTES = 1_000_000
"""A draft is never larger; it is a small picture."""


@dataclass(frozen=True, kw_only=True)
class RenderLimits:
    """What a render may spend.

    Attributes:
        max_takes: how many takes may be drawn before the best of the rejected ones is kept.
        max_bytes: the finished MP4 is never larger.
        max_wasted_seconds: once so much went into takes that were thrown away, the best of them is kept.
    """

    max_takes: int = 3
    max_bytes: int = 9_500_000
    max_wasted_seconds: int = 600

    def __post_init__(self) -> None:
        if self.max_takes < 1:
            raise ValueError("max_takes must be at least 1")


@dataclass(frozen=True, kw_only=True)
class _Take:
    """One take; without frames where drawing it was given up."""

    record: TakeRecord
    frames: Frames | None


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One render, as it was ordered."""

    recipe: Recipe
    inputs: Inputs
    work: Path
    limits: RenderLimits
    on_event: Callable[[Event], None]
    cancel: CancelToken
    given_up: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Something was given up; each is said once, however many takes it was in."""
        if text not in self.given_up:
            self.given_up.append(text)


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

    def __init__(self, workshop: Workshop | None = None) -> None:
        self._workshop = workshop or Workshop()
        self._loaded: dict[str, Backend] = {}

    @property
    def device(self) -> Device:
        """Where models run."""
        return self._workshop.device

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
            job = _Job(
                recipe=recipe,
                inputs=_read_inputs(inputs, cancel),
                work=work,
                limits=limits,
                on_event=on_event,
                cancel=cancel,
            )
        kept, drawn, takes = _draw_until_good(backend, job, clock)
        with clock.stage(Stage.SMOOTHING):
            told = _teller(on_event, Stage.SMOOTHING, kept.number)
            flow = find_model(self._workshop)
            whole = smooth(drawn, recipe.factor, progress=told, cancel=cancel, flow=flow)
            frames = whole[: recipe.length]
        with clock.stage(Stage.ENCODING):
            told = _teller(on_event, Stage.ENCODING, kept.number)
            encoded = encode(
                frames,
                fps=recipe.fps,
                path=work / CLIP_NAME,
                metadata=metadata(recipe),
                max_bytes=limits.max_bytes,
                progress=told,
                cancel=cancel,
            )
        return _receipt(job, kept, takes, encoded, clock)

    def _backend(self, name: str) -> Backend:
        if name not in self._loaded:
            self._loaded[name] = backends.load(name, self._workshop)
        return self._loaded[name]


def _draw_until_good(
    backend: Backend, job: _Job, clock: _Clock
) -> tuple[TakeRecord, Frames, list[TakeRecord]]:
    """Draw takes until the gate lets one through, or the budget ends."""
    records: list[TakeRecord] = []
    best: tuple[TakeRecord, Frames] | None = None
    budget = Budget(takes=job.limits.max_takes, seconds=job.limits.max_wasted_seconds)
    calm = BACKENDS[job.recipe.engine].calm
    retake: Retake | None = Retake(recipe=job.recipe)
    while retake is not None:
        if records:
            job.on_event(TakeDiscarded(take=records[-1]))
        take = _draw_take(backend, job, retake, len(records) + 1, clock)
        records.append(take.record)
        if take.frames is not None and (best is None or _rank(take.record) > _rank(best[0])):
            best = take.record, take.frames
        retake = next_take(retake.recipe, records, budget=budget, calm=calm)
    if best is None:
        raise RenderFailed("E_BROKEN", f"No take came out whole: {'; '.join(records[-1].reasons)}.")
    return *best, records


def _rank(record: TakeRecord) -> tuple[bool, float]:
    return record.outcome is not Outcome.REJECTED, record.score


def _draw_take(backend: Backend, job: _Job, retake: Retake, number: int, clock: _Clock) -> _Take:
    begun = time.monotonic()
    recipe = retake.recipe
    seed = job.recipe.take_seed(number)
    with clock.stage(Stage.DRAWING):
        job.on_event(Progress(stage=Stage.DRAWING, fraction=0.0, take=number))
        hooks = Hooks(
            cancel=job.cancel,
            progress=_teller(job.on_event, Stage.DRAWING, number),
            draft=lambda frames: _show_draft(job, frames, number),
            gave_up=job.note,
        )
        try:
            raw = backend.draw(recipe, job.inputs, seed=seed, hooks=hooks)
        except HopelessTake as hopeless:
            return _given_up(number, seed, hopeless.reason, retake.changed, time.monotonic() - begun)
        _check_shape(recipe, raw)
    with clock.stage(Stage.CHECKING):
        job.on_event(Progress(stage=Stage.CHECKING, fraction=0.0, take=number))
        job.cancel.check()
        picture = job.inputs.picture
        reference = None if picture is None else cover(picture, recipe.width, recipe.height)
        verdict = judge(raw, reference, recipe.native_fps)
        job.cancel.check()
    record = TakeRecord(
        number=number,
        seed=seed,
        outcome=verdict.outcome,
        score=verdict.score,
        reasons=verdict.reasons,
        seconds=time.monotonic() - begun,
        causes=tuple(finding.code for finding in verdict.findings if finding.rejects),
        changed=retake.changed,
    )
    return _Take(record=record, frames=_to_uint8(raw))


def _given_up(number: int, seed: int, reason: str, changed: str, seconds: float) -> _Take:
    """A take that was seen to be hopeless before it was whole."""
    record = TakeRecord(
        number=number,
        seed=seed,
        outcome=Outcome.REJECTED,
        score=0.0,
        reasons=(reason,),
        seconds=seconds,
        causes=(HOPELESS,),
        changed=changed,
    )
    return _Take(record=record, frames=None)


def _show_draft(job: _Job, frames: Frames, take: int) -> None:
    """Encode a first look and announce it."""
    path = job.work / f"draft{take}.mp4"
    encode(
        frames,
        fps=job.recipe.native_fps,
        path=path,
        metadata={},
        max_bytes=DRAFT_BYTES,
        progress=lambda _: None,
        cancel=job.cancel,
    )
    job.on_event(Draft(path=path, take=take))


def _teller(on_event: Callable[[Event], None], stage: Stage, take: int) -> Callable[[float], None]:
    return lambda fraction: on_event(Progress(stage=stage, fraction=fraction, take=take))


def _read_inputs(files: Mapping[str, Path], cancel: CancelToken) -> Inputs:
    inputs = Inputs(
        picture=_read_picture(files.get(Role.PICTURE)),
        like=_read_picture(files.get(Role.LIKE)),
        reference=_read_clip(files.get(Role.REFERENCE)),
    )
    cancel.check()
    return inputs


def _read_picture(path: Path | None) -> Picture | None:
    if path is None:
        return None
    decoded = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise Unsupported("The picture of this job cannot be read any more.")
    return np.ascontiguousarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _read_clip(path: Path | None) -> Clip | None:
    if path is None:
        return None
    try:
        return read_clip(path)
    except ValueError as error:
        raise Unsupported("The clip of this job cannot be read any more.") from error


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
    job: _Job, kept: TakeRecord, takes: list[TakeRecord], encoded: Encoded, clock: _Clock
) -> Receipt:
    recipe = job.recipe
    return Receipt(
        engine=recipe.engine,
        takes=tuple(takes),
        kept=kept.number,
        forced=kept.outcome is Outcome.REJECTED,
        width=encoded.width,
        height=encoded.height,
        frames=encoded.frames,
        fps=recipe.fps,
        sha256=encoded.sha256,
        size=encoded.size,
        seconds={stage: round(seconds, 4) for stage, seconds in clock.seconds.items()},
        ladder=(*job.given_up, *([kept.changed] if kept.changed else ()), *encoded.ladder)
        + (("a sketch: no model that reads words is installed",) if BACKENDS[recipe.engine].sketch else ()),
    )
