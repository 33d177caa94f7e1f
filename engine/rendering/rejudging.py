"""Judging a finished clip that a stranger's machine drew, by the file that it handed in.

The gate there saw the frames as they were drawn; here there are those of the file, and what the clip was made
from. So each kind of clip is judged by what it owes to that: a longer clip by its seam and its new part, an
enlarged one beside the small one, a loop as it goes round.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.clips.join import led_in
from engine.core.family import Frames, Inputs, SourceClip
from engine.core.recipe import Kind, Recipe, SoundSource
from engine.core.sound import Sound, samples_for
from engine.families import is_flat, travels
from engine.gate import Calibration, Verdict, judge, listen, with_heard
from engine.gate.upscaled import WORDS, compare
from engine.rendering.both_ends import judge_both_ends
from engine.rendering.finished import judge_finished, judged_every, judged_frames
from engine.rendering.takes import is_known
from engine.vision.crop import cover
from engine.vision.eyes import Eyes

SIDE = 64
"""Pixels of the longer side at which frames are compared: no encoder changes what is seen at that size."""

ALIKE = 24.0
"""Decibels between two frames of that size from which they show the same; other frames have 10 to 20."""

MOSTLY = 0.5
"""A loop is made of its clip's own frames, but for the few that close it."""


@dataclass(frozen=True, kw_only=True)
class JudgedAgain:
    """What the gate says.

    Attributes:
        rejects: it does not let the clip through.
        reasons: what it found, in words of members.
        score: 0 … 100.
    """

    rejects: bool
    reasons: tuple[str, ...]
    score: float


def new_part(clip: SourceClip, recipe: Recipe) -> Frames:
    """The frames that were drawn: all, or of a longer clip the last of the old ones and those behind it."""
    if recipe.before is None or recipe.kind is Kind.UPSCALE or recipe.only_remade:
        return clip.frames
    return clip.frames[recipe.before.frames - 1 :]


def belongs(clip: SourceClip, recipe: Recipe, before: SourceClip | None) -> bool:
    """Whether a clip shows the clip before it where it should; True where there is none."""
    if before is None:
        return True
    frames, was = _small(clip.frames), _small(before.frames)
    if recipe.loop:
        return float(np.mean([_likeness(was, one).max() >= ALIKE for one in frames])) >= MOSTLY
    if recipe.slow:
        frames = frames[:: recipe.slow]
    count = min(len(frames), len(was))
    return bool(_likeness(frames[:count], was[:count]).min() >= ALIKE)


def judge_again(
    clip: SourceClip,
    recipe: Recipe,
    inputs: Inputs,
    *,
    sound: Sound | None,
    calibration: Calibration | None,
    eyes: Eyes | None,
) -> JudgedAgain:
    """Judge a clip with all that its kind has to be judged by.

    Args:
        clip: as it was read from the file; without its effect, if it is to have one.
        recipe: of the job.
        inputs: what it was made from.
        sound: of the whole clip, float32 ``[S, 2]``; None: it is silent.
        calibration: what the gate has learnt of this engine's clips; None: nothing.
        eyes: look for faces and text; None: these are not judged.
    """
    before = inputs.before
    if before is not None and (recipe.only_remade or recipe.kind is Kind.UPSCALE):
        return _beside(clip, recipe, before, eyes)
    if before is not None:
        verdict = _longer(clip, recipe, inputs, before, calibration, eyes)
    else:
        frames, fps = judged_frames(clip, recipe)
        verdict = judge_finished(
            frames, fps, recipe, picture=inputs.picture, end=inputs.end, calibration=calibration, eyes=eyes
        )
    if sound is not None and recipe.sound is SoundSource.DRAWN:
        verdict = _listened(verdict, sound, clip, recipe)
    return JudgedAgain(rejects=verdict.rejected, reasons=tuple(verdict.reasons), score=float(verdict.score))


def _longer(
    clip: SourceClip,
    recipe: Recipe,
    inputs: Inputs,
    before: SourceClip,
    calibration: Calibration | None,
    eyes: Eyes | None,
) -> Verdict:
    """The new part, together with the end of the clip that it goes on from."""
    part = new_part(clip, recipe)
    step = min(judged_every(recipe, clip.fps), len(part) - 1)
    places = np.round(np.arange(0, len(part) - 1 + 1e-6, step)).astype(int)
    drawn, fps = np.asarray(part[places], np.uint8), clip.fps / step
    seen, _ = led_in(before.frames, before.fps, drawn, fps)
    size = (drawn.shape[2], drawn.shape[1])
    first = cover(np.asarray(before.frames[-1], np.uint8), *size)
    known = is_known(recipe.engine, calibration, has_input=True)
    if inputs.end is not None:
        last = cover(inputs.end, *size)
        return judge_both_ends(
            seen, first, last, fps, calibration=calibration, known=known, encoded=True, eyes=eyes
        )
    return judge(
        seen,
        first,
        fps,
        calibration=calibration,
        travels=travels(recipe),
        encoded=True,
        flat=is_flat(recipe),
        known=known,
        eyes=eyes,
    )


def _beside(clip: SourceClip, recipe: Recipe, before: SourceClip, eyes: Eyes | None) -> JudgedAgain:
    """A clip that was made of another and not drawn: what is wrong with it that was not wrong before."""
    verdict, was = _alone(clip, recipe, eyes), _alone(before, recipe, eyes, loops=False)
    own: tuple[str, ...] = ()
    if recipe.kind is Kind.UPSCALE and not recipe.only_remade:
        own = compare(before.frames, clip.frames).faults
    new = () if was.rejected else tuple(one for one in verdict.findings if one.rejects)
    told = verdict.with_findings(new, verdict.score, spared=False)
    return JudgedAgain(
        rejects=bool(own or new),
        reasons=(*(WORDS[code] for code in own), *told.reasons),
        score=float(verdict.score),
    )


def _alone(clip: SourceClip, recipe: Recipe, eyes: Eyes | None, *, loops: bool = True) -> Verdict:
    """As the engine judges what it makes of a finished clip: without a picture."""
    frames, fps = judged_frames(clip, recipe if recipe.loop and loops else None)
    return judge(frames, None, fps, travels=travels(recipe), encoded=True, flat=is_flat(recipe), eyes=eyes)


def _listened(verdict: Verdict, sound: Sound, clip: SourceClip, recipe: Recipe) -> Verdict:
    """A verdict with what is wrong with the sound that was drawn."""
    part = new_part(clip, recipe)
    before = len(clip.frames) - len(part)
    heard = listen(sound[samples_for(before, clip.fps) :], frames=len(part), fps=clip.fps, encoded=True)
    if not before:
        return with_heard(verdict, heard)
    begins = before / clip.fps
    seams = (begins, begins + 1 / clip.fps)
    clicks = listen(sound, frames=len(clip.frames), fps=clip.fps, seams=seams, encoded=True)
    return with_heard(verdict, [*heard, *(one for one in clicks if one.code == "sound_clicks")])


def _small(frames: Frames) -> NDArray[np.float32]:
    """Frames at a size at which only what they show is left; float32 ``[T, h, w, 3]``."""
    height, width = frames.shape[1:3]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.stack(
        [cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype(np.float32) for frame in frames]
    )


def _likeness(frames: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Decibels of each frame ``[T, h, w, 3]`` to each of the others, or to the one that there is.

    Shapes that differ by a pixel, because both sides of a clip are made even, are cut to one.
    """
    height, width = (min(frames.shape[side], others.shape[side]) for side in (-3, -2))
    apart = frames[..., :height, :width, :] - others[..., :height, :width, :]
    error = np.maximum(np.mean(apart**2, axis=(-3, -2, -1)), np.float32(1e-6))
    return np.asarray(10 * np.log10(255**2 / error), np.float32)
