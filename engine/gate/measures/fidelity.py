"""How the clip differs from its input picture."""

from __future__ import annotations

import cv2
import numpy as np

from engine.gate.clip import Clip, clipped_share, saturation
from engine.gate.measure import Reading, measure
from engine.gate.measures.texture import grain, quiet_noise, quietest
from engine.vision.likeness import correlation, detail, overlap, palette
from engine.vision.optical_flow import luma


def _opening(clip: Clip) -> slice:
    return slice(0, max(1, len(clip) // 4))


def _ending(clip: Clip) -> slice:
    return slice(len(clip) - max(1, len(clip) // 6), len(clip))


@measure(unit="share", needs_input=True)
def more_clipped(clip: Clip) -> Reading:
    """Share of clipped pixels in the first quarter minus that of the input picture."""
    return Reading(clipped_share(clip.small[_opening(clip)]) - clipped_share(clip.small_input))


@measure(unit="log units", needs_input=True)
def more_contrast(clip: Clip) -> Reading:
    """Log of the luma's deviation in the first quarter over the input picture's."""
    own = float(luma(clip.small_input).std())
    return Reading(float(np.log((clip.contrast[_opening(clip)].mean() + 2) / (own + 2))))


@measure(unit="log units", needs_input=True)
def more_saturated(clip: Clip) -> Reading:
    """Log of the saturation in the first quarter over the input picture's; below zero where it is paler."""
    own = saturation(clip.small_input)
    return Reading(float(np.log((clip.chroma[_opening(clip)].mean() + 2) / (own + 2))))


@measure(unit="log units", needs_input=True)
def noisier(clip: Clip) -> Reading:
    """Log of the noise in the quietest tiles of the first frames over the input picture's."""
    own = np.asarray(cv2.cvtColor(clip.input, cv2.COLOR_RGB2GRAY), np.uint8)
    frames = [quietest(*grain(clip, t, 2)) for t in range(min(3, _opening(clip).stop))]
    return Reading(float(np.log((np.median(frames) + 0.5) / (quiet_noise(own) + 0.5))))


@measure(unit="share", needs_input=True)
def start_is_another(clip: Clip) -> Reading:
    """Share of the input picture's colours that the first quarter lacks."""
    return Reading(1 - overlap(palette(clip.small_input), clip.palettes[_opening(clip)].mean(axis=0)))


@measure(unit="share", needs_input=True)
def end_is_another(clip: Clip) -> Reading:
    """Share of the input picture's colours that the end lacks."""
    return Reading(clip.colours_gone(palette(clip.small_input)))


@measure(unit="log units", needs_input=True)
def end_contrast(clip: Clip) -> Reading:
    """Log of the input picture's deviation of luma over that at the end: two scenes blended lose contrast."""
    own = float(luma(clip.small_input).std())
    ending = _ending(clip)
    lit = clip.contrast[ending] / clip.light[ending]
    return Reading(float(np.log((own + 2) / (lit.mean() + 2))))


@measure(unit="0 … 2", needs_input=True)
def start_detail_is_another(clip: Clip) -> Reading:
    """One minus the correlation of the first frame's detail with the input picture's."""
    own = luma(clip.small_input)
    return Reading(1 - correlation(detail(own), detail(clip.luma[0])))
