"""Colours that drift slowly in one direction through the whole clip."""

from __future__ import annotations

import numpy as np

from engine.gate.clip import Clip, medians
from engine.gate.measure import Reading, measure
from engine.vision.optical_flow import Floats


def _trends(values: Floats) -> Floats:
    """How far each column goes from start to end along a straight line, times how straight it is (R²)."""
    place = np.linspace(-0.5, 0.5, len(values))[:, None]
    values = values - values.mean(axis=0)
    slope = (place * values).sum(axis=0) / (place * place).sum()
    explained = slope**2 * (place * place).sum() / ((values * values).sum(axis=0) + 1e-6)
    return np.asarray(slope * explained, np.float32)


def _gathered(changes: Floats) -> Floats:
    return np.vstack([np.zeros((1, changes.shape[1]), np.float32), np.cumsum(changes, axis=0)])


def _followed(clip: Clip) -> Floats:
    found = _trends(_gathered(clip.tints))
    return np.asarray(found - found.mean(), np.float32)


def _of_whole_frames(clip: Clip) -> Floats:
    return _trends(clip.channel_means - clip.channel_means.mean(axis=1, keepdims=True))


@measure(unit="log units", frames=4)
def tint_trend(clip: Clip) -> Reading:
    """Spread between the channels of the trends of followed pixels' tint."""
    return Reading(float(np.ptp(_followed(clip))))


@measure(unit="log units", frames=4)
def tint_trends_agree(clip: Clip) -> Reading:
    """The same, as far as the means over whole frames follow the same trend. New content moves only those."""
    followed, whole = _followed(clip), _of_whole_frames(clip)
    agreed = np.where(followed * whole > 0, np.minimum(np.abs(followed), np.abs(whole)), 0)
    return Reading(float(np.ptp(agreed * np.sign(followed))))


@measure(unit="levels", frames=4)
def colour_is_added(clip: Clip) -> Reading:
    """Spread between the channels of the trends of followed pixels, in levels: grey turns coloured."""
    change = clip.relit[:, ::3, ::3] - clip.followed[:, ::3, ::3]
    found = _trends(_gathered(medians(change - change.mean(axis=-1, keepdims=True))))
    return Reading(float(np.ptp(found)))
