"""Drawing takes until the gate lets one through, or the budget ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from engine.clips.encode import encode
from engine.clips.join import LEAD_SECONDS, led_in, settled
from engine.clips.sound_seams import joined_sound
from engine.core.errors import Code, HopelessTake, RenderFailed
from engine.core.events import Draft, Progress, TakeDiscarded
from engine.core.family import Family, Frames, Hooks, Picture, RawFrames, WithSound, frames_of
from engine.core.receipt import Outcome, TakeRecord
from engine.core.recipe import Recipe, SoundSource, Stage
from engine.core.retake import Budget, Retake, next_take
from engine.core.sentence import Sentence, row_of
from engine.core.sound import RATE, Sound, fitted, samples_for
from engine.families import FAMILIES, is_flat, travels
from engine.gate import FAULTS, Calibration, Verdict, judge, listen, with_heard
from engine.gate.local_calibration import has_learnt
from engine.rendering.both_ends import judge_both_ends
from engine.rendering.limits import DRAFT_BYTES
from engine.rendering.render_job import Clock, RenderJob, teller
from engine.rendering.report import report
from engine.smooth import PrecomputedFlow
from engine.vision.crop import cover
from engine.vision.sighting import Sighting, at_other_frames

HOPELESS = "hopeless"
"""The cause of a take that its family gave up."""

ONLY_WARNS = Sentence("the quality check does not know this engine's clips yet and only warns")
"""Noted where it would have rejected a take."""

SHEET_WIDTH, SHEET_QUALITY = 960, 80
"""Width in pixels and JPEG quality of the picture of a rejected take."""


LookAhead = Callable[[Frames, int], PrecomputedFlow | None]
"""Asks a learned flow about the frames of a take, by its number."""


@dataclass(frozen=True, kw_only=True)
class _Take:
    """One take. It has no frames if drawing was given up, and a sheet if it was rejected."""

    record: TakeRecord
    frames: Frames | None
    sound: Sound | None = None
    sheet: Path | None = None
    sightings: tuple[Sighting, ...] = ()
    flow: PrecomputedFlow | None = None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The take that is kept.

    Attributes:
        record: of it.
        frames: uint8 ``[frames, H, W, 3]``, as drawn.
        sound: that was drawn with them; None where none was to be.
        sightings: what the gate's eyes saw in the frames.
        flow: what a learned flow said of them; None where none was asked.
    """

    record: TakeRecord
    frames: Frames
    sound: Sound | None
    sightings: tuple[Sighting, ...]
    flow: PrecomputedFlow | None


def draw_until_good(
    family: Family, job: RenderJob, clock: Clock, look_ahead: LookAhead | None = None
) -> tuple[Kept, list[TakeRecord]]:
    """Draw takes until the gate lets one through, or the budget ends.

    Args:
        family: draws them.
        job: what is wanted.
        clock: told how long each stage took.
        look_ahead: is shown a take that was drawn while the GPU is still this render's; None: nothing is to
            be asked of the GPU before the take is judged.

    Returns:
        The take that is kept, and the records of all takes in the order they were drawn.

    Raises:
        RenderFailed: ``E_BROKEN``: none of them came out whole.
    """
    records: list[TakeRecord] = []
    best: Kept | None = None
    budget = Budget(takes=job.limits.max_takes, seconds=job.limits.max_wasted_seconds)
    calm = job.family.calm
    retake: Retake | None = Retake(recipe=job.recipe)
    while retake is not None:
        take = _draw_take(family, job, retake, len(records) + 1, clock, look_ahead)
        records.append(take.record)
        if take.record.outcome is Outcome.REJECTED:
            job.on_event(TakeDiscarded(take=take.record, sheet=take.sheet))
        if take.frames is not None and (best is None or _rank(take.record) > _rank(best.record)):
            best = Kept(
                record=take.record,
                frames=take.frames,
                sound=take.sound,
                sightings=take.sightings,
                flow=take.flow,
            )
        retake = next_take(retake.recipe, records, budget=budget, calm=calm, no_luck=FAULTS.keys())
    if best is None:
        raise RenderFailed(
            Code.BROKEN,
            Sentence("Every take came out broken: {reasons}.", reasons=row_of(records[-1].reasons)),
        )
    return best, records


def is_known(engine: str, calibration: Calibration | None, *, has_input: bool) -> bool:
    """Whether the gate's score was fitted to clips of an engine, or has learnt them from kept clips.

    It was fitted to clips of built-in engines alone.
    """
    spec = FAMILIES.get(engine)
    return (spec is not None and spec.fitted) or has_learnt(calibration, has_input=has_input)


def _rank(record: TakeRecord) -> tuple[bool, float]:
    return record.outcome is not Outcome.REJECTED, record.score


def _draw_take(
    family: Family, job: RenderJob, retake: Retake, number: int, clock: Clock, look_ahead: LookAhead | None
) -> _Take:
    begun = clock.total
    seed = job.recipe.take_seed(number)
    spec = job.family
    with job.drawing(number):
        try:
            raw, sound = _drawn(family, job, retake.recipe, number, clock)
        except HopelessTake as hopeless:
            return _given_up(number, seed, hopeless.reason, retake.changed, clock.total - begun)
        frames = _to_uint8(raw)
        flow = None if look_ahead is None else look_ahead(frames, number)
    with job.on_cpu(Stage.CHECKING, number), clock.stage(Stage.CHECKING):
        job.on_event(Progress(stage=Stage.CHECKING, fraction=0.0, take=number))
        job.cancel.check()
        before, picture = job.inputs.before, job.inputs.picture
        recipe = retake.recipe
        reference = None if picture is None else cover(picture, recipe.width, recipe.height)
        step = spec.judged_step(recipe.native_fps)
        part, fps, begins = raw[::step], recipe.native_fps / step, 0.0
        seen = part
        if before is not None:  # the join is judged together with what comes before it
            seen, begins = led_in(before.frames, before.fps, part, fps)
        lead = len(seen) - len(part)
        verdict = _listened(job, sound, _judge(job, seen, reference, fps))
        if verdict.spared:
            job.note(ONLY_WARNS)
        job.cancel.check()
        sheet = _draw_sheet(job, seen, fps, verdict, number) if verdict.rejected else None
    teaches = not verdict.rejected and before is None and job.inputs.end is None
    record = TakeRecord(
        number=number,
        seed=seed,
        outcome=verdict.outcome,
        score=verdict.score,
        reasons=verdict.reasons_from(begins),
        seconds=clock.total - begun,
        causes=tuple(finding.code for finding in verdict.findings if finding.rejects),
        changed=retake.changed,
        readings=verdict.readings if teaches else {},
    )
    return _Take(
        record=record,
        frames=frames,
        sound=sound,
        sheet=sheet,
        sightings=tuple(at_other_frames(verdict.sightings, lead=lead, step=step)),
        flow=flow,
    )


def _drawn(
    family: Family, job: RenderJob, recipe: Recipe, number: int, clock: Clock
) -> tuple[RawFrames, Sound | None]:
    """The frames of a take, of the size that was asked for, and its sound."""
    with clock.stage(Stage.DRAWING):
        job.on_event(Progress(stage=Stage.DRAWING, fraction=0.0, take=number))
        hooks = Hooks(
            cancel=job.cancel,
            progress=teller(job.on_event, Stage.DRAWING, number),
            draft=lambda frames: _show_draft(job, frames, number),
            gave_up=job.note,
        )
        hooks = job.reaching_elsewhere(hooks, number)
        seed = job.recipe.take_seed(number)
        raw, sound = _parts(recipe, family.draw(recipe, job.inputs, seed=seed, hooks=hooks))
        _check_shape(recipe, raw)
        before, picture = job.inputs.before, job.inputs.picture
        if before is not None and picture is not None:
            raw = settled(raw, picture, recipe.native_fps)
    return raw, sound


def _parts(recipe: Recipe, drawn: RawFrames | WithSound) -> tuple[RawFrames, Sound | None]:
    """Frames, and the sound where it was to be drawn.

    Raises:
        ValueError: it was, and there is none.
    """
    if recipe.sound is not SoundSource.DRAWN:
        return frames_of(drawn), None
    if isinstance(drawn, WithSound):
        return drawn.frames, drawn.sound
    raise ValueError(f"{recipe.engine} drew no sound, and was asked for it")


def _listened(job: RenderJob, sound: Sound | None, verdict: Verdict) -> Verdict:
    """A verdict with what is wrong with the sound that was drawn, at the seconds of the judged frames."""
    recipe, before = job.recipe, job.inputs.before
    if sound is None:
        return verdict
    heard = listen(sound, frames=recipe.frames, fps=recipe.native_fps)
    if before is None:
        return with_heard(verdict, heard)
    # The judged frames begin in the clip before, and so does what is listened to for a click.
    lead = min(round(LEAD_SECONDS * recipe.fps) + 1, len(before.frames))
    begins = (lead - 1) / recipe.fps
    tail = None if before.sound is None else before.sound[-samples_for(lead, recipe.fps) :]
    part = fitted(sound, samples_for(recipe.length, recipe.fps))
    seam = joined_sound(tail, part, before_frames=lead, part_frames=recipe.length, fps=recipe.fps)
    assert seam is not None  # noqa: S101 - for mypy: the part has sound
    clicks = listen(
        seam,
        frames=round(len(seam) * recipe.fps / RATE),
        fps=recipe.fps,
        seams=(begins, begins + 1 / recipe.fps),
    )
    later = [replace(one, second=one.second + begins) for one in heard]
    return with_heard(verdict, [*later, *(one for one in clicks if one.code == "sound_clicks")])


def _judge(job: RenderJob, seen: RawFrames, reference: Picture | None, fps: float) -> Verdict:
    """Judge frames of a take: by its picture, or by both where it goes from one to another."""
    recipe, end = job.recipe, job.inputs.end
    known = is_known(recipe.engine, job.calibration, has_input=reference is not None)
    if end is None:
        return judge(
            seen,
            reference,
            fps,
            calibration=job.calibration,
            travels=travels(recipe, job.families),
            flat=is_flat(recipe, job.families),
            known=known,
            eyes=job.eyes,
        )
    last = cover(end, recipe.width, recipe.height)
    return judge_both_ends(
        seen, reference, last, fps, calibration=job.calibration, known=known, eyes=job.eyes
    )


def _draw_sheet(job: RenderJob, seen: RawFrames, fps: float, verdict: Verdict, number: int) -> Path:
    """Save a picture of a rejected take, to show why it was rejected."""
    path = job.work / f"sheet{number}.jpg"
    drawn = report(_to_uint8(seen), fps, verdict, width=SHEET_WIDTH)
    quality = [cv2.IMWRITE_JPEG_QUALITY, SHEET_QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR), quality)
    path.write_bytes(data.tobytes())
    return path


def _given_up(number: int, seed: int, reason: str, changed: str, seconds: float) -> _Take:
    """A take that turned out to be hopeless before it was complete."""
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


def _show_draft(job: RenderJob, frames: Frames, take: int) -> None:
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
