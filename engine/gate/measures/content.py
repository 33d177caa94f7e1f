"""What kind of clip it is: its pace, texture, light and colour.

None of these is a defect. The calibrated score reads them to judge each picture by what is usual for its
kind: fast motion, foliage or neon leave more unexplained in good clips than a still portrait does.
"""

from __future__ import annotations

import cv2
import numpy as np

from engine.gate.clip import LONG_SIDE, Clip
from engine.gate.measure import Reading, measure

_THUMBNAIL = 48
_REVERSES = 6
"""Levels by which a pixel has to go up and down again to count as reversing."""

_FLAT = 1.5
"""Levels of the gradient below which a pixel is flat."""


@measure(unit="% of the long side", frames=2)
def pace(clip: Clip) -> Reading:
    """How far the fastest tenth of the pixels moves in a frame, in the median transition."""
    moved = np.hypot(clip.flows[:, ::4, ::4, 0], clip.flows[:, ::4, ::4, 1]).reshape(len(clip) - 1, -1)
    return Reading(float(np.median(np.percentile(moved, 90, axis=1)) * 100 / LONG_SIDE))


@measure(unit="% of the long side", frames=2)
def fastest_pan(clip: Clip) -> Reading:
    """How far the median pixel moves in the fastest transition but one."""
    pans = np.median(clip.flows[:, ::4, ::4].reshape(len(clip) - 1, -1, 2), axis=1)
    speeds = np.sort(np.hypot(pans[:, 0], pans[:, 1]))
    return Reading(float(speeds[-min(2, len(speeds))] * 100 / LONG_SIDE))


@measure(unit="0 … 2", frames=2)
def unfollowed(clip: Clip) -> Reading:
    """One minus the median correlation of the detail of each frame with its prediction by motion."""
    return Reading(float(1 - np.median(clip.likeness)))


@measure(unit="share", frames=3)
def reversals(clip: Clip) -> Reading:
    """Share of the pixels of a thumbnail that get brighter and darker again, or the other way round."""
    height, width = clip.luma.shape[1:]
    scale = _THUMBNAIL / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in clip.luma])
    change = np.diff(small, axis=0)
    least = np.minimum(np.abs(change[1:]), np.abs(change[:-1]))
    return Reading(float(((change[1:] * change[:-1] < 0) & (least > _REVERSES)).mean()))


@measure(unit="levels")
def texture(clip: Clip) -> Reading:
    """Mean Laplacian of a few small frames."""
    frames = np.unique(np.linspace(0, len(clip) - 1, 3).astype(np.int64))
    return Reading(
        float(np.mean([np.abs(cv2.Laplacian(clip.luma[t], cv2.CV_32F, ksize=3)).mean() for t in frames]))
    )


@measure(unit="share")
def flatness(clip: Clip) -> Reading:
    """Share of the pixels of the middle small frame that are as their neighbours, as in a drawing."""
    frame = clip.luma[len(clip) // 2]
    across, down = cv2.Sobel(frame, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(frame, cv2.CV_32F, 0, 1) / 8
    return Reading(float((np.hypot(across, down) < _FLAT).mean()))


@measure(unit="levels")
def lightness(clip: Clip) -> Reading:
    """Mean luma."""
    return Reading(float(clip.luma.mean()))


@measure(unit="levels")
def vividness(clip: Clip) -> Reading:
    """Mean saturation."""
    return Reading(float(clip.chroma.mean()))


@measure(unit="log units", frames=3)
def tint_steps(clip: Clip) -> Reading:
    """The largest change but one of the whole frame's tint: coloured things enter and leave."""
    tints = clip.channel_means - clip.channel_means.mean(axis=1, keepdims=True)
    return Reading(float(np.sort(np.abs(np.diff(tints, axis=0)).max(axis=1))[-2]))
