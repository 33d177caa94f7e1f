"""A finished clip at a larger size: enlarged, compared with what it was made from, and eased if need be."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.core.errors import Code, Unsupported, UserError
from engine.core.events import Progress, TakeDiscarded
from engine.core.family import Family, Frames, Hooks, SourceClip, frames_of
from engine.core.receipt import Outcome, TakeRecord
from engine.core.recipe import Stage
from engine.core.sentence import Sentence, row_of
from engine.families import travels
from engine.gate import Verdict, judge
from engine.gate.upscaled import WORDS, compare, plainly
from engine.rendering.render_job import Clock, RenderJob, teller

EASED = Sentence("mixed half and half with plain resizing: all of the added detail was too much")


@dataclass(frozen=True, kw_only=True)
class Upscaled:
    """A clip at a larger size.

    Attributes:
        frames: uint8 ``[recipe.frames, recipe.height, recipe.width, 3]``.
        takes: the last one is kept.
    """

    frames: Frames
    takes: tuple[TakeRecord, ...]


def upscale(family: Family, job: RenderJob, clock: Clock) -> Upscaled:
    """Enlarge the clip before. What is worse than it is mixed with plain resizing, once, and compared again.

    Args:
        family: enlarges.
        job: what is wanted.
        clock: told how long each stage took.

    Raises:
        Unsupported: there is no clip before.
        UserError: the clip is no better for it; the text says why.
        Cancelled: a stop was asked for.
    """
    before = job.inputs.before
    if before is None:
        raise Unsupported(Sentence("There is no clip to upscale."))
    began = clock.total
    frames = _enlarged(family, job, clock)
    with job.on_cpu(Stage.CHECKING, 1):
        with clock.stage(Stage.CHECKING):
            job.on_event(Progress(stage=Stage.CHECKING, fraction=0.0))
            was = _judged(job, before.frames)
            faults = _faults(job, before, frames, was)
        takes = [_record(job, 1, faults, clock.total - began)]
        if takes[0].causes and job.limits.max_takes > 1:
            began = clock.total
            job.on_event(TakeDiscarded(take=takes[0]))
            with clock.stage(Stage.CHECKING):
                job.on_event(Progress(stage=Stage.CHECKING, fraction=0.0, take=2))
                _ease(job, before, frames)
                faults = _faults(job, before, frames, was)
            takes.append(_record(job, 2, faults, clock.total - began, changed=EASED))
    if takes[-1].causes:
        raise UserError(
            Code.UPSCALE,
            "Upscaling doesn't make this clip better: {reasons}. It stays as it is.",
            reasons=row_of(takes[-1].reasons),
        )
    return Upscaled(frames=frames, takes=tuple(takes))


def _enlarged(family: Family, job: RenderJob, clock: Clock) -> Frames:
    with job.drawing(1), clock.stage(Stage.DRAWING):
        job.on_event(Progress(stage=Stage.DRAWING, fraction=0.0))
        progress = teller(job.on_event, Stage.DRAWING, 1)
        hooks = Hooks(cancel=job.cancel, progress=progress, gave_up=job.note)
        hooks = job.reaching_elsewhere(hooks, 1)
        drawn = family.draw(job.recipe, job.inputs, seed=job.recipe.seed, hooks=hooks)
        return np.asarray(frames_of(drawn), np.uint8)


def _judged(job: RenderJob, frames: Frames) -> Verdict:
    """The gate's verdict on a finished clip, which it sees at the rate that it is used to."""
    job.cancel.check()
    step = job.family.judged_step(job.recipe.fps)
    return judge(
        frames[::step],
        None,
        job.recipe.fps / step,
        travels=travels(job.recipe, job.families),
        encoded=True,
        eyes=job.eyes,
    )


@dataclass(frozen=True, kw_only=True)
class _Faults:
    """What is wrong with an enlarged clip that was not wrong with the clip before.

    Attributes:
        causes: codes.
        reasons: in words a member can read.
        score: the gate's, 0 … 100.
    """

    causes: tuple[str, ...]
    reasons: tuple[str, ...]
    score: float


def _faults(job: RenderJob, before: SourceClip, frames: Frames, was: Verdict) -> _Faults:
    own = compare(before.frames, frames).faults
    verdict = _judged(job, frames)
    # What was rejected and posted all the same, for want of better, may be upscaled as it is.
    new = () if was.rejected else tuple(one for one in verdict.findings if one.rejects)
    told = verdict.with_findings(new, verdict.score, spared=False)
    return _Faults(
        causes=(*own, *(one.code for one in new)),
        reasons=(*(WORDS[code] for code in own), *told.reasons),
        score=verdict.score,
    )


def _record(job: RenderJob, number: int, faults: _Faults, seconds: float, changed: str = "") -> TakeRecord:
    return TakeRecord(
        number=number,
        seed=job.recipe.seed,
        outcome=Outcome.REJECTED if faults.causes else Outcome.ACCEPTED,
        score=faults.score,
        reasons=faults.reasons,
        seconds=seconds,
        causes=faults.causes,
        changed=changed,
    )


def _ease(job: RenderJob, before: SourceClip, frames: Frames) -> None:
    """Mix the enlarged frames with plainly enlarged ones, in place."""
    height, width = frames.shape[1:3]
    for drawn, frame in zip(frames, before.frames, strict=True):
        job.cancel.check()
        drawn[:] = cv2.addWeighted(drawn, 0.5, plainly(frame, width, height), 0.5, 0.0)
