"""Colours that fade, drift or burn. Levels are judged only against the input picture."""

from __future__ import annotations

import cv2
import numpy as np

from engine.motion import Floats
from engine.quality.clip import Clip, saturation
from engine.quality.registry import Reading, measure

_DARK, _BRIGHT = 40, 240
_BLACK, _WHITE = 3, 252
_FEWEST_PIXELS = 200


def _ends(values: Floats) -> tuple[Floats, Floats]:
    """Means of the first and of the last sixth."""
    count = max(1, len(values) // 6)
    return values[:count].mean(axis=0), values[-count:].mean(axis=0)


@measure(unit="log units", words="colours fade away", warn=0.42, reject=0.6, frames=2)
def colours_fade(clip: Clip) -> Reading:
    """Log of the saturation at the start over the end; relative to brightness: a fade is fine."""
    saturation = (clip.chroma + 2) / (clip.luma.mean(axis=(1, 2)) + 16)
    start, end = _ends(np.asarray(saturation, np.float32))
    return Reading(max(0.0, float(np.log(start / end))), len(clip) - 1)


@measure(unit="log units", words="colours drift", usual=0.015, warn=0.13, reject=0.17, frames=2)
def colours_drift(clip: Clip) -> Reading:
    """Spread of the tint change between the channels from start to end, the smaller of two readings.

    Means over whole frames see new content as drift; changes of followed pixels, summed, see noise as drift.
    """
    means = np.log(clip.small.mean(axis=(1, 2)) + 4)
    start, end = _ends(np.asarray(means - means.mean(axis=1, keepdims=True), np.float32))
    total = np.zeros(3)
    for t in range(len(clip) - 1):
        now, before = clip.luma[t + 1, ::2, ::2], clip.followed_luma[t, ::2, ::2]
        lit = (now > _DARK) & (now < _BRIGHT) & (before > _DARK)
        if lit.sum() >= _FEWEST_PIXELS:
            colours = np.log((clip.small[t + 1, ::2, ::2][lit] + 4) / (clip.followed[t, ::2, ::2][lit] + 4))
            total += np.median(colours - np.log((now[lit] + 4) / (before[lit] + 4))[:, None], axis=0)
    return Reading(min(float(np.ptp(end - start)), float(np.ptp(total))), len(clip) - 1)


def _clipped(pictures: Floats) -> float:
    """Share of pixels with a channel at its end."""
    return float(((pictures.min(axis=-1) < _BLACK) | (pictures.max(axis=-1) > _WHITE)).mean())


def _opening(clip: Clip) -> int:
    return max(1, len(clip) // 4)


@measure(unit="share", words="much of the picture is burnt out", usual=0.02, warn=0.5)
def clipped(clip: Clip) -> Reading:
    """Share of clipped pixels in the first quarter. Drawings have many: never a reject."""
    return Reading(_clipped(clip.small[: _opening(clip), ::2, ::2]))


@measure(unit="of the limit", words="the picture is burnt", warn=0.7, reject=1.0)
def burnt(clip: Clip) -> Reading:
    """More clipped pixels and contrast than the input picture has: the smaller share of .2 and of .14."""
    if clip.reference is None:
        return Reading(0.0)
    reference, opening = clip.shrink(clip.reference), _opening(clip)
    more_clipped = _clipped(clip.small[:opening, ::2, ::2]) - _clipped(reference)
    contrast = float(cv2.cvtColor(reference, cv2.COLOR_RGB2GRAY).std())
    more_contrast = float(np.log((clip.contrast[:opening].mean() + 2) / (contrast + 2)))
    return Reading(max(0.0, min(more_clipped / 0.2, more_contrast / 0.14)), 0)


@measure(unit="log units", words="colours are too strong", warn=0.22, reject=0.32)
def oversaturated(clip: Clip) -> Reading:
    """Log of the saturation in the first quarter over that of the input picture."""
    if clip.reference is None:
        return Reading(0.0)
    reference = clip.shrink(clip.reference)
    found = float(clip.chroma[: _opening(clip)].mean())
    return Reading(max(0.0, float(np.log((found + 2) / (saturation(reference) + 2)))), 0)
