"""From a recipe to a finished clip: draw → judge → (again) → smooth → encode."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine import families
from engine.clips.encode import SCALES, ClipTooLarge, Encoded, encode
from engine.clips.join import joined
from engine.clips.sound_seams import joined_sound, looped_sound
from engine.core.cancel import CancelToken
from engine.core.device import Device
from engine.core.elsewhere import FetchTake
from engine.core.errors import Code, Unsupported, UserError
from engine.core.events import Event, Progress
from engine.core.family import Family, Frames
from engine.core.receipt import SKETCH, Outcome, Receipt, TakeRecord
from engine.core.recipe import Kind, Recipe, SoundSource, Stage
from engine.core.sentence import Sentence
from engine.core.sound import Sound, fitted, samples_for
from engine.families import with_added
from engine.gate import Calibration
from engine.provenance.statement import metadata
from engine.rendering.effects import laid_over, warn_of_flashes
from engine.rendering.limits import CLIP_NAME, RenderLimits
from engine.rendering.overlap import Overlap
from engine.rendering.read_inputs import read_inputs
from engine.rendering.render_job import Clock, RenderJob, teller
from engine.rendering.smoothing import Smoothing
from engine.rendering.takes import Kept, draw_until_good
from engine.rendering.upscaling import upscale
from engine.runtime.context import EngineContext
from engine.runtime.peak_memory import forget_peak, peak
from engine.vision.nudity import highest_score

__all__ = ["CLIP_NAME", "RenderLimits", "Renderer"]


SLOW_IS_SILENT = Sentence("slowed down, it has no sound")

DOES_NOT_FIT = Sentence(
    "Upscaled, that clip is too large for this server's upload limit. A shorter one may fit."
)


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A finished clip: frames, sound if it has any, and the takes that were drawn; none for a loop."""

    frames: Frames
    sound: Sound | None = None
    kept: TakeRecord | None = None
    takes: tuple[TakeRecord, ...] = ()

    @property
    def number(self) -> int:
        """Of the take that was kept; 0 if nothing was drawn."""
        return 0 if self.kept is None else self.kept.number


class Renderer:
    """Makes clips, and keeps what it loaded for the next one.

    Two threads may render at once; see :mod:`engine.rendering.overlap`. One of them draws at a time, because
    a scheduler holds the state of its steps.

    Attributes:
        overlap: where renders wait for each other.
    """

    def __init__(self, context: EngineContext | None = None) -> None:
        self._context = context or EngineContext()
        self._loaded: dict[str, Family] = {}
        self._loading = threading.Lock()
        self.overlap = Overlap()

    @property
    def device(self) -> Device:
        """Where models run."""
        return self._context.device

    @property
    def calibrations(self) -> Mapping[str, Calibration]:
        """The calibration of the gate by engine, if the owner made one."""
        return self._context.calibrations

    def render(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Path],
        *,
        work: Path,
        limits: RenderLimits,
        on_event: Callable[[Event], None],
        cancel: CancelToken,
        elsewhere: FetchTake | None = None,
    ) -> Receipt:
        """Make one clip.

        Args:
            recipe: what to make.
            inputs: role → file; ``picture`` is a PNG.
            work: an empty folder; the clip is left in it as ``clip.mp4``.
            limits: how much the render may spend.
            on_event: told of progress and of discarded takes, from this thread.
            cancel: checked between steps, frames and encoded seconds.
            elsewhere: fetches takes that another machine draws; None: none of them can be drawn.

        Returns:
            What happened.

        Raises:
            Cancelled: a stop was asked for; only temporary files are left in ``work``.
            Unsupported: this engine cannot draw this recipe.
            NotDrawn: another machine was to draw it, and did not.
            ClipTooLarge: not even the smallest encoding fits the limit.
        """
        clock = Clock()
        counted = forget_peak(self.device)
        with clock.stage(Stage.PREPARING):
            on_event(Progress(stage=Stage.PREPARING, fraction=0.0))
            job = RenderJob(
                recipe=recipe,
                inputs=read_inputs(recipe, inputs, cancel),
                work=work,
                limits=limits,
                on_event=on_event,
                cancel=cancel,
                overlap=self.overlap,
                calibration=self._context.calibrations.get(recipe.engine),
                eyes=self._context.eyes,
                elsewhere=elsewhere,
                families=with_added(self._context.added()),
            )
        made = self._made(job, clock)
        take = max(1, made.number)
        with job.on_cpu(Stage.ENCODING, take):
            with clock.stage(Stage.ENCODING):
                encoded = _encoded(job, made, take)
            with clock.stage(Stage.CHECKING):
                nudity = highest_score(made.frames, self._context.store)
                warn_of_flashes(job, made.frames)
        receipt = _receipt(job, made, encoded, clock, nudity)
        return replace(receipt, peak_memory=peak(self.device) if counted else None)

    def _made(self, job: RenderJob, clock: Clock) -> _Made:
        if job.recipe.loop:
            return self._looped(job, clock)
        if job.recipe.slow:
            return self._slowed(job, clock)
        return self._upscaled(job, clock) if job.recipe.kind is Kind.UPSCALE else self._drawn(job, clock)

    def _drawn(self, job: RenderJob, clock: Clock) -> _Made:
        """Draw a clip, or the part that follows the clip before."""
        recipe, before = job.recipe, job.inputs.before
        with clock.stage(Stage.PREPARING):
            family = self._family(recipe.engine)

        smoothing = Smoothing(context=self._context, job=job, clock=clock)
        look_ahead = smoothing.look_ahead if smoothing.asks_ahead else None
        kept, takes = draw_until_good(family, job, clock, look_ahead)
        number = kept.record.number
        with job.on_cpu(Stage.SMOOTHING, number):
            smoothed = smoothing.at_rate(kept)
            with clock.stage(Stage.SMOOTHING):
                frames = laid_over(job, smoothed, number)
            sound = _sound_of(job, kept, len(frames))
            if before is not None:
                frames = joined(before.frames, frames)
        return _Made(frames=frames, sound=sound, kept=kept.record, takes=tuple(takes))

    def _looped(self, job: RenderJob, clock: Clock) -> _Made:
        """Turn the clip before into a loop. Nothing is drawn, and the gate has already seen that clip."""
        before = job.inputs.before
        if before is None:
            raise Unsupported(Sentence("There is no clip to make a loop from."))
        loop = Smoothing(context=self._context, job=job, clock=clock).looped(before.frames, before.fps)
        if loop.told:
            job.note(loop.told)
        sound = None
        if before.sound is not None and len(before.sound):
            start, samples = samples_for(loop.start, before.fps), samples_for(len(loop.frames), before.fps)
            sound = looped_sound(before.sound, start=min(start, len(before.sound) - 1), samples=samples)
        return _Made(frames=loop.frames, sound=sound)

    def _slowed(self, job: RenderJob, clock: Clock) -> _Made:
        """Show the clip before more slowly, without its sound. Nothing is drawn, as for a loop."""
        before, recipe = job.inputs.before, job.recipe
        if before is None:
            raise Unsupported(Sentence("There is no clip to slow down."))
        smoothing = Smoothing(context=self._context, job=job, clock=clock)
        frames = smoothing.slowed(before.frames, recipe.slow)
        if before.sound is not None and len(before.sound):
            job.note(SLOW_IS_SILENT)
        return _Made(frames=frames)

    def _upscaled(self, job: RenderJob, clock: Clock) -> _Made:
        """Show the clip before at a larger size, with its sound."""
        with clock.stage(Stage.PREPARING):
            family = self._family(job.recipe.engine)
        made = upscale(family, job, clock)
        sound, before = job.inputs.sound, job.inputs.before
        if sound is None and before is not None:
            sound = before.sound
        if sound is not None:
            sound = fitted(sound, samples_for(len(made.frames), job.recipe.fps))
        return _Made(frames=made.frames, sound=sound, kept=made.takes[-1], takes=made.takes)

    def _family(self, name: str) -> Family:
        with self._loading:
            if name not in self._loaded:
                self._loaded[name] = families.load(name, self._context)
            return self._loaded[name]


def _encoded(job: RenderJob, made: _Made, take: int) -> Encoded:
    """The finished file.

    Raises:
        UserError: an upscaled clip does not fit the limit without losing what it was upscaled for.
    """
    recipe, upscaled = job.recipe, job.recipe.kind is Kind.UPSCALE and not job.recipe.only_remade
    try:
        return encode(
            made.frames,
            fps=recipe.fps,
            path=job.work / CLIP_NAME,
            metadata=metadata(recipe),
            max_bytes=job.limits.max_bytes,
            progress=teller(job.on_event, Stage.ENCODING, take),
            cancel=job.cancel,
            sound=made.sound,
            scales=SCALES[:1] if upscaled else SCALES,
        )
    except ClipTooLarge as error:
        if upscaled:
            raise UserError(Code.UPSCALE, DOES_NOT_FIT) from error
        raise


def _sound_of(job: RenderJob, kept: Kept, frames: int) -> Sound | None:
    """The sound of the finished clip: of what was drawn, so many frames, and of the clip before it."""
    recipe, before = job.recipe, job.inputs.before
    sound = job.inputs.sound if recipe.sound is SoundSource.GIVEN else kept.sound
    if sound is not None:
        sound = fitted(sound, samples_for(frames, recipe.fps))
    if before is None:
        return sound
    return joined_sound(
        before.sound, sound, before_frames=len(before.frames), part_frames=frames, fps=recipe.fps
    )


def _receipt(job: RenderJob, made: _Made, encoded: Encoded, clock: Clock, nudity: float | None) -> Receipt:
    recipe, kept = job.recipe, made.kept
    changed = () if kept is None or not kept.changed else (kept.changed,)
    sketch = not recipe.only_remade and job.family.sketch
    return Receipt(
        engine=recipe.engine,
        takes=made.takes,
        kept=made.number,
        forced=kept is not None and kept.outcome is Outcome.REJECTED,
        width=encoded.width,
        height=encoded.height,
        frames=encoded.frames,
        fps=recipe.fps,
        sha256=encoded.sha256,
        size=encoded.size,
        seconds={stage: round(seconds, 4) for stage, seconds in clock.seconds.items()},
        ladder=(*job.given_up, *changed, *encoded.ladder, *((SKETCH,) if sketch else ())),
        nudity=nudity,
        sound=encoded.sound,
    )
