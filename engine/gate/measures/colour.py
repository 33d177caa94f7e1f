"""Colours that fade, drift or burn. Absolute levels are judged only against the input picture."""

from __future__ import annotations

import cv2
import numpy as np

from engine.core.sentence import Sentence
from engine.gate.clip import BLACK, WHITE, Clip, clipped_share, saturation
from engine.gate.measure import Reading, measure
from engine.vision.optical_flow import Floats

_DARK, _BRIGHT = 40, 240
_FEWEST_PIXELS = 200


def _ends(values: Floats) -> tuple[Floats, Floats]:
    """Means of the first and of the last sixth."""
    count = max(1, len(values) // 6)
    return values[:count].mean(axis=0), values[-count:].mean(axis=0)


@measure(unit="log units", words=Sentence("colours fade away"), warn=0.72, reject=0.72, frames=2)
def colours_fade(clip: Clip) -> Reading:
    """Log of the saturation at the start over that at the end, relative to brightness: a fade is fine."""
    brightness = clip.luma.mean(axis=(1, 2))
    start, end = _ends((clip.chroma / clip.light + 2) / (brightness / clip.light + 16))
    return Reading(max(0.0, float(np.log(start / end))), len(clip) - 1)


@measure(unit="log units", words=Sentence("colours drift"), usual=0.015, warn=0.204, reject=0.8, frames=2)
def colours_drift(clip: Clip) -> Reading:
    """Spread between the channels of the tint change from start to end, the smaller of two readings.

    Means over whole frames take new content for drift; summed changes of followed pixels take noise for
    drift.
    """
    start, end = _ends(clip.channel_means - clip.channel_means.mean(axis=1, keepdims=True))
    total = np.zeros(3)
    for t in range(len(clip) - 1):
        now, before = clip.luma[t + 1, ::2, ::2], clip.followed_luma[t, ::2, ::2]
        lit = (now > _DARK) & (now < _BRIGHT) & (before > _DARK)
        if lit.sum() >= _FEWEST_PIXELS:
            colours = np.log((clip.relit[t, ::2, ::2][lit] + 4) / (clip.followed[t, ::2, ::2][lit] + 4))
            grey = now[lit] * np.exp(-clip.gains[t])
            tints = (colours - np.log((grey + 4) / (before[lit] + 4))[:, None]).T
            total += np.median(np.ascontiguousarray(tints), axis=1)
    return Reading(min(float(np.ptp(end - start)), float(np.ptp(total))), len(clip) - 1)


def _opening(clip: Clip) -> int:
    return max(1, len(clip) // 4)


@measure(unit="share")
def clipped(clip: Clip) -> Reading:
    """Share of pixels in the first quarter that are at either end in a channel."""
    return Reading(clipped_share(clip.small[: _opening(clip)]))


@measure(unit="share", words=Sentence("much of the picture is overexposed"), usual=0.02, warn=0.5)
def overexposed(clip: Clip) -> Reading:
    """Share of pixels in the first quarter that are white in a channel or black in all, beyond the input's.

    Drawings have many: never a reject. A deep blue has no red at all, and loses nothing by that.
    """
    burnt_out = _burnt_out(clip.small[: _opening(clip)])
    if clip.reference is not None:
        burnt_out -= _burnt_out(clip.small_input)
    return Reading(max(0.0, burnt_out))


def _burnt_out(pictures: Floats) -> float:
    highest = pictures[..., ::2, ::2, :].max(axis=-1)
    return float(((highest > WHITE) | (highest < BLACK)).mean())


@measure(
    unit="of the limit", words=Sentence("the picture is overexposed"), warn=1.2, reject=1.2, needs_input=True
)
def burnt(clip: Clip) -> Reading:
    """Excess over the input picture: of clipped pixels over 0.2, of contrast over 0.14, the smaller."""
    reference, opening = clip.small_input, _opening(clip)
    more_clipped = clipped_share(clip.small[:opening]) - clipped_share(reference)
    contrast = float(cv2.cvtColor(reference, cv2.COLOR_RGB2GRAY).std())
    more_contrast = float(np.log((clip.contrast[:opening].mean() + 2) / (contrast + 2)))
    return Reading(max(0.0, min(more_clipped / 0.2, more_contrast / 0.14)), 0)


@measure(unit="log units", words=Sentence("colours are too strong"), warn=0.384, reject=0.6, needs_input=True)
def oversaturated(clip: Clip) -> Reading:
    """Log of the saturation in the first quarter over that of the input picture."""
    found = float(clip.chroma[: _opening(clip)].mean())
    return Reading(max(0.0, float(np.log((found + 2) / (saturation(clip.small_input) + 2)))), 0)


@measure(unit="log units", frames=2)
def tint_gathers(clip: Clip) -> Reading:
    """Tint changes of followed pixels, summed over the clip: the spread between the channels."""
    return Reading(float(np.ptp(clip.tints.sum(axis=0))))


@measure(unit="share", frames=4)
def tint_goes_one_way(clip: Clip) -> Reading:
    """How steadily: that sum over the sum of absolute changes, in the channel that drifts farthest."""
    total = clip.tints.sum(axis=0)
    channel = int(np.abs(total).argmax())
    return Reading(float(abs(total[channel]) / (np.abs(clip.tints[:, channel]).sum() + 0.01)))


@measure(unit="log units", frames=2)
def means_drift(clip: Clip) -> Reading:
    """Spread between the channels of the tint change from start to end, by means over whole frames."""
    start, end = _ends(clip.channel_means - clip.channel_means.mean(axis=1, keepdims=True))
    return Reading(float(np.ptp(end - start)))


def _fall(changes: Floats) -> float:
    return float(max(0.0, -changes.sum()))


@measure(unit="log units", frames=2)
def followed_colours_fade(clip: Clip) -> Reading:
    """Log of the saturation over that of the same pixels one frame before, summed: how far it falls."""
    before = np.array([saturation(frame) for frame in clip.followed], np.float32)
    now = clip.chroma[1:] * np.exp(-clip.gains)
    return Reading(_fall(np.log((now + 2) / (before + 2))))


@measure(unit="share", frames=4)
def colours_fade_steadily(clip: Clip) -> Reading:
    """The fall of the saturation from frame to frame over the sum of all its changes."""
    changes = np.diff(np.log(clip.chroma / clip.light + 2))
    return Reading(float(_fall(changes) / (np.abs(changes).sum() + 0.02)))


@measure(unit="log units", frames=2)
def contrast_falls(clip: Clip) -> Reading:
    """Log of the luma's deviation over that of the same pixels one frame before, summed: how far it falls."""
    before = clip.followed_luma.std(axis=(1, 2))
    now = clip.contrast[1:] * np.exp(-clip.gains)
    return Reading(_fall(np.log((now + 2) / (before + 2))))


@measure(unit="share", frames=2)
def palette_leaves(clip: Clip) -> Reading:
    """Share of the colours at the start that are missing at the end."""
    return Reading(clip.colours_gone(clip.palettes[: max(1, len(clip) // 6)].mean(axis=0)))
