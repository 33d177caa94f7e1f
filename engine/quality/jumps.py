"""What happens from one frame to the next and never else in the clip: cuts, junk, torn frames."""

from __future__ import annotations

import numpy as np

from engine.motion import Floats
from engine.quality.clip import Clip
from engine.quality.likeness import overlap
from engine.quality.registry import Reading, measure

_STANDS_OUT = 1.8
_END = 4
_FEWEST_BEFORE = 3
_BAND = 6


def _distances(clip: Clip) -> Floats:
    """Distance of each frame from what motion foretold, in detail and colours: float32 ``[T-1]``, 0 … 3.

    A frame whose colours differ from the last but fit the one before that is a flash: they count as near.
    """
    colours = []
    for t in range(len(clip) - 1):
        hops = [(t, t + 1), (t, t + 2), (t - 1, t + 1)]
        colours.append(
            1 - max(overlap(clip.palettes[i], clip.palettes[j]) for i, j in hops if i >= 0 and j < len(clip))
        )
    return np.asarray(1 - clip.likeness + np.array(colours, np.float32), np.float32)


def _residuals(clip: Clip) -> Floats:
    return np.asarray(np.abs(clip.residual).mean(axis=(1, 2)), np.float32)


@measure(unit="0 … 3", words="the scene is cut", usual=0.05, warn=0.42, reject=0.52, frames=4)
def scene_cut(clip: Clip) -> Reading:
    """How far the largest jump stands above the upper quartile of the clip's own others.

    It counts only where its residual is 1.8 times theirs as well: fast motion is far everywhere.
    """
    distances, residuals = _distances(clip), _residuals(clip)
    t = int(distances.argmax())
    if residuals[t] < _STANDS_OUT * (np.percentile(np.delete(residuals, t), 75) + 1):
        return Reading(0.0)
    return Reading(float(distances[t] - np.percentile(np.delete(distances, t), 75)), t + 1)


@measure(unit="0 … 3", words="the end is broken", usual=0.01, warn=0.34, reject=0.45, frames=5)
def broken_end(clip: Clip) -> Reading:
    """The same for the last four transitions, above the 90th percentile of those before."""
    last = min(_END, len(clip) - 1 - _FEWEST_BEFORE)
    distances, residuals = _distances(clip), _residuals(clip)
    t = len(distances) - last + int(distances[-last:].argmax())
    if residuals[t] < _STANDS_OUT * (np.percentile(residuals[:-last], 90) + 1):
        return Reading(0.0)
    return Reading(float(distances[t] - np.percentile(distances[:-last], 90)), t + 1)


@measure(unit="pixels of 192", words="a frame is torn", usual=0.17, warn=2.0, reject=2.9, frames=3)
def torn(clip: Clip) -> Reading:
    """The largest sideways step between bands of rows that comes with a frame and goes with the next."""
    rows = np.median(clip.flows[..., 0], axis=2)
    if rows.shape[1] <= 2 * _BAND:
        return Reading(0.0)
    bands = np.median(np.lib.stride_tricks.sliding_window_view(rows, _BAND, axis=1), axis=2)
    steps = bands[:, _BAND:] - bands[:, :-_BAND]
    come, go = steps[:-1], steps[1:]
    reversing = np.where(come * go < 0, np.minimum(np.abs(come), np.abs(go)), 0).max(axis=1)
    t = int(reversing.argmax())
    return Reading(float(reversing[t]), t + 1)
