"""Colour noise that is new in each frame, in the calmer parts of the picture.

Where noise of variance v is new in each frame, the product of two successive changes is -v on average. Motion
can do the same in places, but seldom in colour; noise of a model's latents is everywhere, and coloured.
"""

from __future__ import annotations

import cv2
import numpy as np

from engine.gate.clip import NOISE_KERNEL, Clip
from engine.gate.measure import Reading, measure
from engine.vision.optical_flow import Floats

_LATENT = 8
"""Native pixels of a latent of most models."""

_TILE = 4
_CALM = 25
"""Percentile of the tiles: noise shows in the calm ones, motion hardly does."""

_FEWEST_TILES = 12
_BLACK, _WHITE = 12, 243


def _shrunk(clip: Clip, pixels: int) -> Floats:
    """The frames shrunk by ``pixels``, as luma and two colours: float32 ``[T, h, w, 3]``, levels."""
    height, width = clip.native_luma.shape[1:]
    size = (max(1, width // pixels), max(1, height // pixels))
    small = (cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in clip.frames)
    # As floats: otherwise rounding to whole levels would count as noise.
    return np.stack([cv2.cvtColor(np.float32(1 / 255) * frame, cv2.COLOR_RGB2YCrCb) for frame in small]) * 255


def _colour_noise(fields: Floats) -> Floats:
    """Levels of new colour noise in each frame that has a frame before and one after: float32 ``[T-2]``.

    Immerkær's kernel (1996) removes the picture. Black and white tiles are left out: noise is clipped there.
    """
    grain = np.stack([cv2.filter2D(field[..., 1:], cv2.CV_32F, NOISE_KERNEL) for field in fields])
    change = np.diff(grain, axis=0)
    products = change[1:] * change[:-1]
    size = tuple(max(1, side // _TILE) for side in (fields.shape[2], fields.shape[1]))
    found = np.zeros(len(products), np.float32)
    for t, product in enumerate(products):
        variances = -cv2.resize(product, size, interpolation=cv2.INTER_AREA).reshape(-1, 2)
        light = cv2.resize(fields[t + 1, ..., 0], size, interpolation=cv2.INTER_AREA).ravel()
        usable = (light > _BLACK) & (light < _WHITE)
        if usable.sum() >= _FEWEST_TILES:
            calm = np.percentile(variances[usable], _CALM, axis=0).max()
            found[t] = np.sqrt(max(0.0, float(calm)))
    return found


@measure(unit="levels", frames=3)
def colour_blotches(clip: Clip) -> Reading:
    """Colour noise at eight native pixels, the size of a latent, in the median frame."""
    return Reading(float(np.median(_colour_noise(_shrunk(clip, _LATENT)))))


@measure(unit="levels", frames=3)
def colour_noise(clip: Clip) -> Reading:
    """Colour noise at two native pixels, in the median of three frames. Film grain has next to no colour."""
    middles = np.unique(np.linspace(1, len(clip) - 2, 3).astype(np.int64))
    height, width = clip.native_luma.shape[1:]
    size = (max(1, width // 2), max(1, height // 2))
    found = []
    for t in middles:
        small = [cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in clip.frames[t - 1 : t + 2]]
        fields = [cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb).astype(np.float32) for frame in small]
        found.append(float(_colour_noise(np.stack(fields))[0]))
    return Reading(float(np.median(found)))
