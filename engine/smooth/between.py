"""One frame between two others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.smooth.passage import Passage, Sight, sights
from engine.vision.optical_flow import Floats, luma, read

_DETAIL = 1.5
_NEIGHBOURHOOD = 6
_SHARPEN = 0.75
_LARGEST_GAIN = 1.35

_MODEL_WEIGHT = 0.4
_FLOW_WEIGHT = 0.7
_LARGEST_RIVAL = 4.0
_FAR_APART = 24.0
"""Difference in levels beyond which the model's picture counts alone, and the flow's no more."""

_FORGIVEN = 2.0
"""Levels of doubt that say nothing: noise, and the steps of compression."""

_HARDLY = 0.05

_NOUGHT: Any = (0.0, 0.0, 0.0, 0.0)
_MEAN = np.full((1, 3), 1 / 3, np.float32)


@dataclass(frozen=True, kw_only=True)
class _Version:
    """One version of the new frame, read from the earlier and from the later frame: float32 ``[H, W, 3]``."""

    by_a: Floats
    by_b: Floats
    doubt: Floats
    """Local difference of the two, float32 ``[h, w]`` at half size, levels."""


def between(a: NDArray[np.uint8], b: NDArray[np.uint8], way: Passage, time: float) -> NDArray[np.uint8]:
    """The frame at ``time`` (0 … 1, ends excluded) between two frames, uint8 ``[H, W, 3]``.

    Both flows say where a pixel was and where it will be, and perhaps it has not moved. Each gives a version
    of the frame, read from both frames and weighted by how well the two readings agree. What only one of the
    frames shows is read from that one. A flow model's version is mixed in with the same kind of weight.
    """
    earlier, later = a.astype(np.float32), b.astype(np.float32)
    seen = sights(way, time, *a.shape[:2])
    forward = _read(earlier, later, seen.forward)
    backward = forward if seen.backward is None else _read(earlier, later, seen.backward)
    made = _by_flow(earlier, later, forward, backward, time)
    for reading, alone in ((forward.by_a, seen.only_a), (backward.by_b, seen.only_b)):
        if float(alone.max()) > _HARDLY:
            shown = _enlarge(alone, made)
            made = _mix(made, reading, 1 - shown, shown)
    if seen.model is not None:
        told = _read(earlier, later, seen.model)
        model = _mix(told.by_a, told.by_b, seen.share, 1 - seen.share)
        made = _fuse(made, np.minimum(forward.doubt, backward.doubt), model, told.doubt)
    made = _sharpen(made, forward.by_a, backward.by_b)
    return np.asarray(cv2.add(made, _NOUGHT, dtype=cv2.CV_8U), np.uint8)  # rounds, and stops at 0 and 255


def _read(earlier: Floats, later: Floats, sight: Sight) -> _Version:
    by_a, by_b = _warp(earlier, sight.in_a), _warp(later, sight.in_b)
    return _Version(by_a=by_a, by_b=by_b, doubt=_doubt(by_a, by_b))


def _by_flow(earlier: Floats, later: Floats, forward: _Version, backward: _Version, time: float) -> Floats:
    """Mix the versions of both flows with one in which nothing moves; that one counts where it is better."""
    made = _crossed(forward.by_a, forward.by_b, time)
    least = forward.doubt + _FORGIVEN
    moved = 1 / least
    if backward is not forward:
        other_doubt = backward.doubt + _FORGIVEN
        one, other = _enlarge(moved, earlier), _enlarge(1 / other_doubt, earlier)
        made = _mix(made, _crossed(backward.by_a, backward.by_b, time), one, other)
        least, moved = np.minimum(least, other_doubt), moved + 1 / other_doubt
    still = least / (_doubt(earlier, later) + _FORGIVEN) ** 2
    share = np.asarray(still / (still + moved), np.float32)
    if float(share.max()) < _HARDLY:
        return made
    wide = _enlarge(share, earlier)
    return _mix(made, _crossed(earlier, later, time), 1 - wide, wide)


def _crossed(by_a: Floats, by_b: Floats, time: float) -> Floats:
    return np.asarray(cv2.addWeighted(by_a, 1 - time, by_b, time, 0), np.float32)


def _fuse(flow: Floats, doubt: Floats, model: Floats, model_doubt: Floats) -> Floats:
    """Mix both versions by how well their halves agree; where they differ much, the model's counts."""
    rival = np.clip(((model_doubt + 2) / (doubt + 2)) ** 2, 0, _LARGEST_RIVAL)
    weight = _FLOW_WEIGHT * rival * np.exp(-((_doubt(model, flow) / _FAR_APART) ** 2))
    wide = _enlarge(np.asarray(weight, np.float32), flow)
    return _mix(model, flow, np.full_like(wide, _MODEL_WEIGHT), wide)


def _warp(frame: Floats, places: Floats) -> Floats:
    return read(frame, places, cv2.INTER_CUBIC)


def _mix(one: Floats, other: Floats, weight: Floats, other_weight: Floats) -> Floats:
    return np.asarray(cv2.blendLinear(one, other, weight, other_weight), np.float32)


def _blur(picture: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def _shrink(picture: Floats, factor: int) -> Floats:
    height, width = picture.shape[:2]
    size = (-(-width // factor), -(-height // factor))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _enlarge(field: NDArray[np.floating[Any]], like: NDArray[np.generic]) -> Floats:
    return np.asarray(cv2.resize(field.astype(np.float32), (like.shape[1], like.shape[0])), np.float32)


def _doubt(one: Floats, other: Floats) -> Floats:
    """Local mean difference of two pictures, float32 at half size, levels."""
    apart = _shrink(np.asarray(cv2.absdiff(one, other), np.float32), 2)
    return _blur(np.asarray(cv2.transform(apart, _MEAN), np.float32), 1.5)


def _energy(fine: Floats) -> Floats:
    """Local energy of fine luma, float32 at quarter size, levels squared."""
    return _blur(_shrink(cv2.multiply(fine, fine).astype(np.float32), 4), _NEIGHBOURHOOD / 4)


def _fine(picture: Floats) -> Floats:
    return np.asarray(cv2.subtract(picture, _blur(picture, _DETAIL)), np.float32)


def _sharpen(made: Floats, by_a: Floats, by_b: Floats) -> Floats:
    """Restore the detail that a mean of two pictures loses; otherwise the clip pulses between soft and sharp.

    Three quarters of it: restoring all would double the error.
    """
    fine = _fine(made)
    wanted = (_energy(_fine(luma(by_a))) + _energy(_fine(luma(by_b)))) / 2
    gain = np.clip(np.sqrt((wanted + 0.3) / (_energy(luma(fine)) + 0.3)), 1, _LARGEST_GAIN)
    strength = _enlarge(np.asarray(_SHARPEN * (gain - 1), np.float32), made)
    return np.asarray(cv2.scaleAdd(cv2.multiply(cv2.merge([strength] * 3), fine), 1, made), np.float32)
