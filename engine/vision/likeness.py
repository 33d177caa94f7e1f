"""How alike two pictures are in detail and in colours."""

from __future__ import annotations

import cv2
import numpy as np

from engine.vision.optical_flow import Floats

_BINS = 8


def palette(picture: Floats) -> Floats:
    """RGB histogram with 8 bins a channel, float32 ``[512]``, sums to 1, of float32 ``[h, w, 3]`` levels."""
    bins = (picture * (_BINS / 256)).astype(np.int32)
    index = (bins[..., 0] * _BINS + bins[..., 1]) * _BINS + bins[..., 2]
    return np.asarray(np.bincount(index.ravel(), minlength=_BINS**3) / index.size, np.float32)


def overlap(one: Floats, other: Floats) -> float:
    """Intersection of two palettes, 0 (no colour in common) … 1."""
    return float(np.minimum(one, other).sum())


def detail(luma: Floats) -> Floats:
    """Luma between Gaussians of 1 and 6 px: structure without light and without grain."""
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), 1.0) - cv2.GaussianBlur(luma, (0, 0), 6.0), np.float32)


def correlation(one: Floats, other: Floats) -> float:
    """Normalised cross-correlation, -1 … 1. Two pictures without detail are alike: 1."""
    # One level squared keeps rounding noise on flat drawings from counting as detail.
    energy = float(np.sqrt(((one * one).mean() + 1) * ((other * other).mean() + 1)))
    return float(((one * other).mean() + 1) / energy)
