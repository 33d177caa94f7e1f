"""Light and colour that jump where motion could be followed.

A lamp that flickers changes a whole patch by the same factor. Water, foliage and fast motion change its
pixels by many different ones: there only what goes beyond their spread counts.
"""

from __future__ import annotations

import numpy as np

from engine.gate.clip import Clip
from engine.gate.measure import Reading, measure
from engine.gate.measures.flicker import jumpiness
from engine.vision.optical_flow import Floats

_PATCHES = 8
_SPREAD = 0.5
"""Share of the distance between the quartiles that does not count."""

_DARK = 16


def _common(fields: Floats) -> Floats:
    """What the pixels of each patch have in common beyond their spread: ``[T, h, w]`` → ``[T, 64]``."""
    count, height, width = fields.shape
    down, across = max(1, height // _PATCHES), max(1, width // _PATCHES)
    rows, columns = height // down, width // across
    whole = fields[:, : rows * down, : columns * across].reshape(count, rows, down, columns, across)
    flat = whole.transpose(0, 1, 3, 2, 4).reshape(count, rows * columns, down * across)
    places = [round(share * (down * across - 1)) for share in (0.25, 0.5, 0.75)]
    low, middle, high = np.moveaxis(np.partition(flat, places, axis=2)[..., places], 2, 0)
    beyond = np.maximum(0, np.abs(middle) - _SPREAD * (high - low))
    return np.asarray(np.sign(middle) * beyond, np.float32)


@measure(unit="log units", frames=8)
def patches_pulse(clip: Clip) -> Reading:
    """Jumpiness of the brightness of whole patches: the median one."""
    value, frame = jumpiness(_common(clip.brightening - clip.gains[:, None, None]))
    return Reading(float(np.median(value)), frame)


@measure(unit="log units", frames=8)
def some_patches_pulse(clip: Clip) -> Reading:
    """The same in the upper quartile."""
    value, frame = jumpiness(_common(clip.brightening - clip.gains[:, None, None]))
    return Reading(float(np.percentile(value, 75)), frame)


@measure(unit="log units", frames=8)
def patches_change_tint(clip: Clip) -> Reading:
    """Jumpiness of the red or blue over green of whole patches: the median one, in the worse channel."""
    now, before = np.log(clip.small[1:, ::2, ::2] + _DARK), np.log(clip.followed[:, ::2, ::2] + _DARK)
    change = now - before
    worst = 0.0
    frame = None
    for channel in (0, 2):
        value, at = jumpiness(_common(np.asarray(change[..., channel] - change[..., 1], np.float32)))
        if np.median(value) > worst:
            worst, frame = float(np.median(value)), at
    return Reading(worst, frame)
