"""Smoothing in a render: RIFE is asked while the render has the GPU; the rest is the processor's work.

So the GPU draws the next clip meanwhile, nothing is mixed for a take that is rejected, and what the gate's
eyes saw in a take is known when it is smoothed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.clips.loop_clip import Loop, close_loop
from engine.clips.rate import at_rate, by_best_flow, smooths_on_gpu
from engine.core.family import Frames
from engine.core.recipe import Stage
from engine.rendering.render_job import Clock, RenderJob, teller
from engine.rendering.takes import Kept
from engine.runtime.context import EngineContext
from engine.smooth import FlowModel, PrecomputedFlow, precompute_flow, smooth


@dataclass(frozen=True, kw_only=True)
class Smoothing:
    """The smoothing of one job.

    Attributes:
        context: where RIFE's weights may lie.
        job: what is made.
        clock: told how long it took.
    """

    context: EngineContext
    job: RenderJob
    clock: Clock

    @property
    def asks_ahead(self) -> bool:
        """Whether RIFE is asked about each take while the GPU that drew it is at hand.

        What is drawn elsewhere leaves this GPU to others meanwhile.
        """
        made_here = not self.job.family.made_at
        return self.job.recipe.factor != 1 and made_here and smooths_on_gpu(self.context)

    def look_ahead(self, drawn: Frames, take: int) -> PrecomputedFlow | None:
        """What RIFE says of a take's frames; None if it can't be used, which is noted."""
        # For a member nothing new begins here: the bar stays where drawing has left it.
        told = teller(self.job.on_event, Stage.DRAWING, take)
        return self._precomputed(drawn, lambda _: told(1.0))

    def at_rate(self, kept: Kept) -> Frames:
        """The kept take's frames at the rate that was asked for. Needs the processor."""

        def made(flow: FlowModel | PrecomputedFlow | None) -> Frames:
            return at_rate(
                kept.frames,
                self.job.recipe,
                flow,
                progress=teller(self.job.on_event, Stage.SMOOTHING, kept.record.number),
                cancel=self.job.cancel,
                sightings=kept.sightings,
            )

        with self.clock.stage(Stage.SMOOTHING):
            if self.asks_ahead or self.job.recipe.factor == 1:
                return made(kept.flow)
            return by_best_flow(self.context, made, gave_up=self.job.note)

    def slowed(self, frames: Frames, times: int) -> Frames:
        """So many times as many frames as a clip has. Waits for the GPU, and then for the processor."""
        told = teller(self.job.on_event, Stage.SMOOTHING, 1)
        waits = teller(self.job.on_event, Stage.PREPARING, 1)

        def made(flow: FlowModel | PrecomputedFlow | None) -> Frames:
            return smooth(frames, times, progress=told, cancel=self.job.cancel, flow=flow)

        ahead, flow = smooths_on_gpu(self.context), None
        if ahead:
            with self.job.on_gpu(1):
                flow = self._precomputed(frames, lambda _: waits(0.0))
        with self.job.on_cpu(Stage.SMOOTHING, 1), self.clock.stage(Stage.SMOOTHING):
            return made(flow) if ahead else by_best_flow(self.context, made, gave_up=self.job.note)

    def looped(self, frames: Frames, fps: float) -> Loop:
        """A clip closed into a loop. Only a gap or a few are smoothed, so that the GPU is not given back."""
        told = teller(self.job.on_event, Stage.SMOOTHING, 1)

        def close(flow: FlowModel | None) -> Loop:
            most, cancel = self.job.recipe.length, self.job.cancel
            return close_loop(frames, fps, most=most, progress=told, cancel=cancel, flow=flow)

        on_gpu = smooths_on_gpu(self.context)
        place = self.job.on_gpu(1) if on_gpu else self.job.on_cpu(Stage.SMOOTHING, 1)
        with place, self.clock.stage(Stage.SMOOTHING):
            return by_best_flow(self.context, close, gave_up=self.job.note)

    def _precomputed(self, frames: Frames, progress: Callable[[float], None]) -> PrecomputedFlow | None:
        def look(model: FlowModel | None) -> PrecomputedFlow | None:
            return (
                None
                if model is None
                else precompute_flow(frames, model, progress=progress, cancel=self.job.cancel)
            )

        with self.clock.stage(Stage.SMOOTHING):
            return by_best_flow(self.context, look, gave_up=self.job.note)
