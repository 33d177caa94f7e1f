"""What motion does not explain: noise in bands, boiling, and change that goes on in one place."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from engine.core.sentence import Sentence
from engine.gate.clip import Clip
from engine.gate.measure import Reading, measure
from engine.vision.optical_flow import Floats

_TILE = 12


def _tiled(products: Floats) -> Floats:
    """Mean over the clip and over tiles of 12 px."""
    mean = products.mean(axis=0)
    size = (max(1, mean.shape[1] // _TILE), max(1, mean.shape[0] // _TILE))
    return np.asarray(cv2.resize(mean, size, interpolation=cv2.INTER_AREA), np.float32)


def _fresh(band: Floats) -> float:
    """Levels of noise that is new in each frame, in the median tile.

    Where noise of variance v is new in each frame, the product of two successive residuals is -v on average;
    newly seen background has no such product.
    """
    return float(np.sqrt(max(0.0, float(np.median(-_tiled(band[1:] * band[:-1]))))))


@measure(unit="levels", frames=4)
def fine_residue(clip: Clip) -> Reading:
    """Fresh noise below 1.2 px of 192."""
    return Reading(_fresh(clip.residual_bands[0]))


@measure(unit="levels", words=Sentence("blotches come and go"), usual=0.9, warn=2.2, reject=2.5, frames=4)
def middle_residue(clip: Clip) -> Reading:
    """Fresh noise between 1.2 and 4 px of 192."""
    return Reading(_fresh(clip.residual_bands[1]))


@measure(unit="levels", frames=4)
def coarse_residue(clip: Clip) -> Reading:
    """Fresh noise above 4 px of 192: patches that boil."""
    return Reading(_fresh(clip.residual_bands[2]))


@measure(unit="levels", frames=4)
def unrest(clip: Clip) -> Reading:
    """Median over frames and pixels of the residual above 4 px of 192."""
    return Reading(float(np.median(np.abs(clip.residual_bands[2][:, ::4, ::4]))))


@measure(unit="levels", frames=5)
def change_goes_on(clip: Clip) -> Reading:
    """Steady change in one place without motion, as in a cross-fade: upper quartile of the tiles."""
    band = clip.residual_bands[2]
    return Reading(float(np.sqrt(max(0.0, float(np.percentile(_tiled(band[1:] * band[:-1]), 75))))))


_STEADY = (3, 5, 8)
"""Numbers of transitions at :data:`_RATE` after which a cross-fade still changes the same places in the same
way, and what moves has gone elsewhere."""
_RATE, _USUAL_SECONDS = 8.0, 3.0
"""Frames per second. With more of them, the same time is more transitions; the numbers are never smaller.
In a clip of more than so many seconds they are larger as well: a scene that turns into another all through it
does so the more slowly, and what comes back to its place has the more time to add up."""


@measure(
    unit="share of the contrast",
    words=Sentence("the scene changes into a different one"),
    usual=0.06,
    warn=0.44,
    reject=0.6,
    frames=6,
)
def melts(clip: Clip) -> Reading:
    """Change in place all through the clip, as when one scene turns into another: the median tile.

    It multiplies residuals that are some transitions apart; what moves or is newly seen cancels out.
    """
    fields = []
    height, width = clip.luma.shape[1:]
    size = (max(1, round(width / 2)), max(1, round(height / 2)))
    for field in clip.lit_residual:
        half = cv2.resize(field, size, interpolation=cv2.INTER_AREA)
        fields.append(cv2.GaussianBlur(half, (0, 0), 1.0) - cv2.GaussianBlur(half, (0, 0), 8.0))
    residuals = np.stack(fields)
    pace = max(1.0, clip.fps / _RATE, len(residuals) / (_USUAL_SECONDS * _RATE))
    lags = sorted({min(round(lag * pace), len(residuals) - 1) for lag in _STEADY})
    kept = np.mean([(residuals[lag:] * residuals[:-lag]).mean(axis=0) for lag in lags], axis=0)
    tiles = cv2.resize(kept.astype(np.float32), (8, 6), interpolation=cv2.INTER_AREA)
    change = float(np.sqrt(max(0.0, float(np.median(tiles))))) * len(residuals)
    return Reading(change / (float(np.median(clip.contrast)) + 4))


@measure(unit="levels", words=Sentence("blotches come and go"), usual=0.6, warn=1.4, reject=1.6, frames=4)
def calm_residue(clip: Clip) -> Reading:
    """Fresh noise between 1.2 and 4 px of 192, in the calmest quarter of the tiles."""
    band = clip.residual_bands[1]
    return Reading(float(np.sqrt(max(0.0, float(np.percentile(-_tiled(band[1:] * band[:-1]), 25))))))


@measure(unit="levels", words=Sentence("blotches come and go"), usual=2.5, warn=3.6, reject=4.2, frames=4)
def colour_residue(clip: Clip) -> Reading:
    """Fresh colour noise from 2 to 4 px of 192: red or blue less green, the lower two fifths of the tiles."""
    height, width = clip.luma.shape[1:]
    size = (max(1, width // 2), max(1, height // 2))
    bands = []
    for now, before in zip(clip.small[1:], clip.followed, strict=True):
        left = cv2.resize(now - before, size, interpolation=cv2.INTER_AREA)
        unlike = left[..., ::2] - left[..., 1:2]
        bands.append(unlike - cv2.GaussianBlur(unlike, (0, 0), 2.0))
    products = np.mean([one * other for one, other in pairwise(bands)], axis=0)
    tiles = (max(1, size[0] * 2 // _TILE), max(1, size[1] * 2 // _TILE))
    variances = -cv2.resize(products, tiles, interpolation=cv2.INTER_AREA).reshape(-1, 2)
    return Reading(float(np.sqrt(max(0.0, float(np.percentile(variances, 40, axis=0).max())))))
