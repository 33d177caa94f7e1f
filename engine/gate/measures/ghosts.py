"""Ghosts: an earlier frame that shines through."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.sentence import Sentence
from engine.gate.clip import Clip
from engine.gate.measure import UNKNOWN, Reading, measure
from engine.vision.optical_flow import Floats, grid, read

_SIDE = 384
"""Pixels of the long side: a ghost beside its subject is finer than what the other measures look at."""
_LAGS = 6
"""How many frames before may shine through."""
_MOMENTS = 5
"""How many frames of the clip are looked at."""
_MOVED = 5.0
"""Pixels of :data:`_SIDE` after which fine detail no longer resembles itself."""
_ENOUGH = 0.12
"""Share of the picture that has to have moved that far for the value to count in full."""


@measure(
    unit="correlation",
    words=Sentence("an earlier frame shows through"),
    usual=0.15,
    warn=0.32,
    frames=_LAGS + 2,
)
def earlier_frame_shows(clip: Clip) -> Reading:
    """By how much what has moved away is still there, more so after some number of frames than later.

    Fine detail is compared with that of the frames before, in the same place, where the motion has carried
    everything else away. A texture that repeats, or a caption that stays, is alike after any number of them.
    """
    shown = np.zeros((3, _LAGS + 1))
    pixels = np.zeros(_LAGS + 1)
    moments = sorted({round(t) for t in np.linspace(_LAGS, len(clip) - 1, _MOMENTS)})
    fine = {
        t: _fine(clip.native_luma[t])
        for t in {moment - lag for moment in moments for lag in range(_LAGS + 1)}
    }
    for moment in moments:
        now = fine[moment]
        for lag, moved in enumerate(_moved_away(clip, moment, (now.shape[1], now.shape[0])), start=1):
            here, there = now[moved], fine[moment - lag][moved]
            shown[:, lag] += (here * there).sum(), (here * here).sum(), (there * there).sum()
            pixels[lag] += np.count_nonzero(moved)
    share = pixels / (len(moments) * now.size)
    if not share.any():
        return UNKNOWN
    alike = shown[0] / np.sqrt(shown[1] * shown[2] + 1)
    excess = [
        (alike[lag] - max(0.0, float(alike[lag + 1 :].min()))) * min(1.0, share[lag] / _ENOUGH)
        for lag in range(1, _LAGS)
    ]
    return Reading(max(0.0, *map(float, excess)))


def _fine(luma: NDArray[np.uint8]) -> Floats:
    """Detail between Gaussians of 1 and 3 px of a frame's luma, made small: float32 ``[h, w]``, levels."""
    scale = min(1.0, _SIDE / max(luma.shape))
    size = (max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale)))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0) - cv2.GaussianBlur(small, (0, 0), 3.0), np.float32)


def _moved_away(clip: Clip, moment: int, size: tuple[int, int]) -> list[NDArray[np.bool_]]:
    """Where what is seen at a moment was elsewhere 1, 2, … frames before: bool ``[h, w]`` for each."""
    height, width = clip.luma.shape[1:]
    start = places = grid(height, width)
    masks = []
    for lag in range(1, _LAGS + 1):
        places = places + read(clip.flows[moment - lag], places)
        far = np.hypot(*np.moveaxis(places - start, -1, 0)) * (size[0] / width) > _MOVED
        x, y = places[..., 0], places[..., 1]  # apart: reducing an axis of two is ten times as slow
        inside = (x > 1) & (y > 1) & (x < width - 2) & (y < height - 2)
        wide = cv2.resize((far & inside).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        masks.append(np.asarray(wide, np.bool_))
    return masks
