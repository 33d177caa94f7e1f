"""What is left when motion is taken out: noise in bands, boiling, and change that goes on in one place."""

from __future__ import annotations

import cv2
import numpy as np

from engine.motion import Floats
from engine.quality.clip import Clip
from engine.quality.registry import Reading, measure

_TILE = 12


def _tiled(products: Floats) -> Floats:
    """Mean over the clip and over tiles of 12 px."""
    mean = products.mean(axis=0)
    size = (max(1, mean.shape[1] // _TILE), max(1, mean.shape[0] // _TILE))
    return np.asarray(cv2.resize(mean, size, interpolation=cv2.INTER_AREA), np.float32)


def _fresh(band: Floats) -> float:
    """Levels of noise that each frame has afresh, in the median tile.

    Noise of variance v that is new in each frame makes the product of two residuals in a row -v;
    newly seen background does not.
    """
    return float(np.sqrt(max(0.0, float(np.median(-_tiled(band[1:] * band[:-1]))))))


@measure(unit="levels", frames=4)
def fine_residue(clip: Clip) -> Reading:
    """Fresh noise below 1.2 px of 192."""
    return Reading(_fresh(clip.residual_bands[0]))


@measure(unit="levels", frames=4)
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
    """What changes steadily in one place without moving, as in a cross-fade: upper quartile of the tiles."""
    band = clip.residual_bands[2]
    return Reading(float(np.sqrt(max(0.0, float(np.percentile(_tiled(band[1:] * band[:-1]), 75))))))
