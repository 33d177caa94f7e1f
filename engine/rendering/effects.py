"""An effect over a finished clip: laid over it, then looked at again.

The take below it was judged like any other. What the effect makes of it is judged too, against what the look
does on purpose: a glitch that slips is no fault, a glitch that goes black is one. Nothing is drawn again for
it, because the same look over the same frames would give the same; so a fault goes on the receipt. Flashes
are no matter of taste: more of them than people may be shown are refused.
"""

from __future__ import annotations

import math

from engine.core.family import Frames
from engine.core.recipe import Stage
from engine.core.sentence import Sentence
from engine.effects.apply import with_effect
from engine.effects.flashes import Flashes, count_flashes
from engine.effects.looks import look_called
from engine.effects.refusal import flashes_too_often
from engine.gate import judge
from engine.rendering.render_job import RenderJob, teller

JUDGED_FPS = 8.0
"""Frames a second that the gate looks at: an effect is judged for what is broken, not for how it moves."""


def laid_over(job: RenderJob, frames: Frames, take: int) -> Frames:
    """The frames of a clip with its recipe's effect; as they are where it has none.

    Raises:
        UserError: it would flash, or this version does not know the effect.
        Cancelled: a stop was asked for.
    """
    recipe, effect = job.recipe, job.recipe.effect
    if effect is None:
        return frames
    made = with_effect(
        frames,
        effect,
        fps=recipe.fps,
        seed=recipe.take_seed(take),
        eyes=job.eyes,
        progress=teller(job.on_event, Stage.SMOOTHING, take),
        cancel=job.cancel,
    )
    if not effect.look:
        return made
    flashes = count_flashes(made, recipe.fps, loops=effect.loops)
    if flashes.too_many:
        raise flashes_too_often(flashes.count, flashes.second)
    for reason in faults_of(made, recipe.fps, effect.look):
        job.note(Sentence("the quality check about the effect: {reason}", reason=reason))
    return made


def faults_of(frames: Frames, fps: float, look: str) -> tuple[str, ...]:
    """What is broken in a clip beyond what its look does on purpose, in words."""
    step = max(1, math.ceil(fps / JUDGED_FPS - 1e-9))
    verdict = judge(frames[::step], None, fps / step, travels=True, known=False)
    meant = look_called(look).on_purpose
    left = tuple(one for one in verdict.findings if one.rejects and one.code not in meant)
    return verdict.with_findings(left, verdict.score, spared=False).reasons


def warn_of_flashes(job: RenderJob, frames: Frames) -> Flashes:
    """Say on the receipt if a clip flashes more often than people may be shown without a warning."""
    flashes = count_flashes(frames, job.recipe.fps, loops=job.recipe.loop)
    if flashes.too_many:
        job.note(
            Sentence(
                "it flashes {count} times within a second, which can be dangerous for some people",
                count=flashes.count,
            )
        )
    return flashes
