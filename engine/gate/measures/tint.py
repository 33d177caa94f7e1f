"""Colours that drift slowly in one direction through the whole clip."""

from __future__ import annotations

import numpy as np

from engine.core.sentence import Sentence
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


_TILES = 8
_DARK = 16
_LIT = 16
"""Mean levels of luma from which a tile's colour can be told."""
_NEARLY_ALL = 25
"""Percentile of the tiles: three quarters of them drift at least as far, in the same direction."""
_FEWEST_TILES = 12
_MOST_MORE = 1.5
"""Changes of followed pixels, summed, may go this many times as far as the mean colour: the dither of a GIF
adds up to more than any picture can change."""


def _everywhere(clip: Clip, changes: Floats) -> float:
    """How far nearly all tiles drift in the same direction, as the spread between the channels.

    What enters, leaves or changes its colour takes some of the tiles with it; a model that drifts takes all.

    Args:
        clip: what it is part of.
        changes: of followed pixels, every second one: float32 ``[T-1, h/2, w/2, 3]``.
    """
    count, height, width = changes.shape[:3]
    down, across = max(1, height // _TILES), max(1, width // _TILES)
    rows, columns = height // down, width // across
    whole = changes[:, : rows * down, : columns * across].reshape(count, rows, down, columns, across, 3)
    flat = whole.transpose(0, 1, 3, 5, 2, 4).reshape(count, rows * columns, 3, down * across)
    middle = down * across // 2
    tiles = np.partition(flat, middle, axis=3)[..., middle]
    luma = clip.luma.mean(axis=0)[: 2 * rows * down : 2, : 2 * columns * across : 2]
    lit = luma.reshape(rows, down, columns, across).mean(axis=(1, 3)).ravel() > _LIT
    if lit.sum() < _FEWEST_TILES:
        return 0.0
    found = _trends(_gathered(tiles[:, lit].reshape(count, -1))).reshape(-1, 3)
    found = found - found.mean(axis=1, keepdims=True)
    usual = np.median(found, axis=0)
    along = found @ (usual / (float(np.linalg.norm(usual)) + 1e-9))
    return max(0.0, float(np.percentile(along, _NEARLY_ALL))) * float(np.sqrt(2))


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


@measure(unit="log units", words=Sentence("colours drift"), usual=0.03, warn=0.13, reject=0.13, frames=4)
def tint_drifts_everywhere(clip: Clip) -> Reading:
    """How far nearly all parts of the picture drift towards the same tint."""
    now, before = clip.relit[:, ::2, ::2], clip.followed[:, ::2, ::2]
    bright = clip.luma[1:, ::2, ::2] * np.exp(-clip.gains)[:, None, None]
    bright = np.log((bright + _DARK) / (clip.followed_luma[:, ::2, ::2] + _DARK))
    found = _everywhere(clip, np.log((now + _DARK) / (before + _DARK)) - bright[..., None])
    return Reading(min(found, _MOST_MORE * float(np.ptp(_of_whole_frames(clip)))))


@measure(unit="levels", words=Sentence("colours drift"), usual=4.0, warn=12.5, reject=12.5, frames=4)
def colour_is_added_everywhere(clip: Clip) -> Reading:
    """How much of the same colour is added to nearly all parts of the picture, in levels."""
    change = clip.relit[:, ::2, ::2] - clip.followed[:, ::2, ::2]
    found = _everywhere(clip, change - change.mean(axis=-1, keepdims=True))
    means = clip.small.mean(axis=(1, 2)) / clip.light[:, None]
    whole = _trends(means - means.mean(axis=1, keepdims=True))
    return Reading(min(found, _MOST_MORE * float(np.ptp(whole))))
