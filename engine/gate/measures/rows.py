"""Torn frames: rows that are shifted sideways compared with both neighbouring frames."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.clip import Clip
from engine.gate.measure import Reading, measure
from engine.vision.optical_flow import Floats

_BANDS, _WIDTH = 64, 256
"""The frame is averaged to about this many bands, each this many pixels wide."""

_FARTHEST = 72
"""The widest tear that is found, in pixels of 256."""

_ROOM = _WIDTH + 2 * _FARTHEST
"""Length of the transform: shifts of up to twice a tear's width do not wrap around."""

_NEAREST = 2
_RUN = 5
"""Bands that have to agree on each side of a tear."""

_FLOOR = 3.0
"""Levels of detail below which a band is too plain to be matched."""


def _banded(clip: Clip) -> Floats:
    """Detail along each band, float32 ``[T, bands, width]``; the energy of each is 1 or less."""
    height, width = clip.native_luma.shape[1:]
    rows = max(1, height // _BANDS)
    whole = clip.native_luma[:, : height // rows * rows]
    means = whole.reshape(len(clip), -1, rows, width).mean(axis=2, dtype=np.float32)
    bands = np.stack([cv2.resize(frame, (_WIDTH, len(frame))) for frame in means])
    # Blurred sideways alone, all bands of all frames at once.
    flat = bands.reshape(-1, _WIDTH)
    detail = flat - cv2.blur(flat, (33, 1))
    energy = np.sqrt((detail * detail).sum(axis=1, keepdims=True) + _FLOOR**2 * _WIDTH)
    return np.asarray((detail / energy).reshape(bands.shape), np.float32)


def _alike(one: NDArray[np.complex64], other: NDArray[np.complex64]) -> Floats:
    """Correlation of each band of two frames by shift, the usual shift taken out: ``[bands, shifts]``."""
    around = np.fft.irfft(one * np.conj(other), n=_ROOM, axis=1)
    most = 2 * _FARTHEST
    near = np.concatenate([around[:, -most:], around[:, : most + 1]], axis=1)
    centre = int(np.clip(near.sum(axis=0).argmax(), _FARTHEST, most + _FARTHEST))
    return np.asarray(near[:, centre - _FARTHEST : centre + _FARTHEST + 1], np.float32)


def _slips(alike: Floats) -> float:
    """How much better the bands on one side of a row fit shifted, and those on the other side unshifted."""
    gain = alike - alike[:, _FARTHEST : _FARTHEST + 1]
    gain[:, _FARTHEST - _NEAREST + 1 : _FARTHEST + _NEAREST] = 0
    runs = cv2.blur(gain, (1, _RUN), borderType=cv2.BORDER_REPLICATE)[_RUN // 2 : -(_RUN // 2)]
    above, below = runs[:-_RUN], runs[_RUN:]
    return float(max(np.minimum(above, -below).max(), np.minimum(-above, below).max()))


@measure(unit="correlation", frames=3)
def rows_slip(clip: Clip) -> Reading:
    """The clearest sideways step between rows that a frame has against both neighbours: mean of the top two.

    Motion shifts rows one way against the frame before and the other way against the frame after; a tear
    shifts them the same way against both.
    """
    if clip.native_luma.shape[1] < _BANDS:
        return Reading(0.0)
    spectra = np.fft.rfft(_banded(clip), n=_ROOM, axis=2).astype(np.complex64)
    alike = [_alike(after, before) for before, after in pairwise(spectra)]
    # Seen from the earlier frame, the shifts go the other way.
    slips = [_slips(np.minimum(before, after[:, ::-1])) for before, after in pairwise(alike)]
    top = np.sort(slips)[-2:]
    return Reading(float(max(0.0, top.mean())), int(np.argmax(slips)) + 1)
