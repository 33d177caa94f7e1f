"""Judging a finished file, at the rate that its frames were drawn at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.clips.join import LEAD_SECONDS
from engine.core.family import SourceClip
from engine.core.recipe import Recipe, Role
from engine.families import FAMILIES, is_flat, travels
from engine.gate import Calibration, Verdict, judge
from engine.rendering.both_ends import judge_both_ends
from engine.rendering.takes import is_known
from engine.vision.crop import cover
from engine.vision.eyes import Eyes

NATIVE_FPS = 12.0
"""The gate judges what models draw; a stranger's clip is thinned to about their rate."""

_ROUNDING = 1e-6


def judged_frames(clip: SourceClip, recipe: Recipe | None) -> tuple[NDArray[np.uint8], float]:
    """The frames of a finished clip that are judged, and how many there are to a second.

    A loop goes on with its start, so that its seam is judged like every other step.

    Args:
        clip: as it was read from its file.
        recipe: that it was made by; None: it is not known.

    Returns:
        uint8 ``[T, H, W, 3]``, two frames at least.
    """
    whole = clip.frames
    step = min(judged_every(recipe, clip.fps), len(whole) - 1)  # two frames at least
    if recipe is not None and recipe.loop:
        whole = np.concatenate([whole, whole[: 1 + round(LEAD_SECONDS * clip.fps)]])
    count = 1 + int((len(whole) - 1) / step + _ROUNDING)
    return np.asarray(whole[[round(place * step) for place in range(count)]], np.uint8), clip.fps / step


def judge_finished(
    frames: NDArray[np.uint8],
    fps: float,
    recipe: Recipe | None,
    *,
    picture: NDArray[np.uint8] | None,
    end: NDArray[np.uint8] | None,
    calibration: Calibration | None,
    eyes: Eyes | None,
) -> Verdict:
    """Judge what :func:`judged_frames` gave.

    Args:
        frames: uint8 ``[T, H, W, 3]``.
        fps: of these frames.
        recipe: that the clip was made by; None: it is not known.
        picture, end: what it begins and ends with, uint8 ``[H, W, 3]``; None where there is none.
        calibration: what the gate has learnt of this engine's clips; None: nothing.
        eyes: look for faces and text; None: these are not judged.
    """
    size = (frames.shape[2], frames.shape[1])
    first, last = (None if one is None else cover(one, *size) for one in (picture, end))
    known = recipe is None or is_known(recipe.engine, calibration, has_input=first is not None)
    if last is not None or (recipe is not None and Role.END in recipe.inputs):
        return judge_both_ends(
            frames, first, last, fps, calibration=calibration, known=known, encoded=True, eyes=eyes
        )
    return judge(
        frames,
        first,
        fps,
        calibration=calibration,
        travels=recipe is not None and travels(recipe),
        encoded=True,
        flat=recipe is not None and is_flat(recipe),
        eyes=eyes,
        known=known,
    )


def judged_every(recipe: Recipe | None, fps: float) -> float:
    """How many frames of the file one judged frame stands for.

    The recipe of one of ours knows which frames were drawn, and the family which of those were judged. That
    of a loop does not: it was made of a finished clip.
    """
    if recipe is None or recipe.only_remade:
        return max(1, round(fps / NATIVE_FPS))
    spec = FAMILIES.get(recipe.engine)
    step = 1 if spec is None else spec.judged_step(recipe.native_fps)
    return max(1.0, step * fps / recipe.native_fps)
