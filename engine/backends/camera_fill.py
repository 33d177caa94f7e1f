"""Colours where a picture has none: behind a cut-out, and just outside its soft edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.backends.camera_regions import smoothstep

Plane = NDArray[np.float32]
Pixels = NDArray[np.uint8]


def spread(weighted: Plane, weight: Plane) -> Plane:
    """Fill by pushing averages down a pyramid and pulling them up again.

    Args:
        weighted: float32 ``[h, w, c]``, values already multiplied by their weight.
        weight: float32 ``[h, w, 1]``, 0 where nothing is known.

    Source: Gortler et al., "The Lumigraph" (1996), section 3.4.
    """
    rows, columns = weight.shape[:2]
    known = np.minimum(weight, 1)
    own = weighted / np.maximum(weight, 1e-4)
    if min(rows, columns) <= 2:  # noqa: PLR2004 (the pyramid's top)
        total = weighted.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-4)
        return np.asarray(own * known + total * (1 - known), np.float32)
    half = ((columns + 1) // 2, (rows + 1) // 2)

    def shrink(plane: Plane) -> Plane:
        small = cv2.resize(plane, half, interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.float32).reshape(half[1], half[0], plane.shape[2])

    coarse_weight = shrink(weight)
    gain = np.asarray(np.minimum(1, 4 * coarse_weight) / np.maximum(coarse_weight, 1e-6), np.float32)
    coarse = spread(np.asarray(shrink(weighted) * gain), np.asarray(coarse_weight * gain))
    wide = np.asarray(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(own * known + wide.reshape(own.shape) * (1 - known), np.float32)


def _filled(canvas: Pixels, known: Plane) -> Plane:
    """The canvas where it is known, and smooth colour elsewhere; float32 ``[H, W, 3]``."""
    # Half the size is enough for what is smooth.
    size = (max(1, canvas.shape[1] // 2), max(1, canvas.shape[0] // 2))
    share = np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA), np.float32)[..., None]
    weight = np.where(share > 0.98, share, 0).astype(np.float32)  # noqa: PLR2004 (no mixed pixel teaches a colour)
    small = np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.float32)
    smooth = cv2.GaussianBlur(spread(np.asarray(small * weight, np.float32), weight), (0, 0), 1.5)
    return np.asarray(cv2.resize(smooth, canvas.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def inside(canvas: Pixels, alpha: Plane) -> Pixels:
    """A cut-out's own colours, carried on over its soft edge: no rim of the background clings to it."""
    own = smoothstep(0.75, 0.98, alpha)[..., None]
    colours = _filled(canvas, (alpha > 0.96).astype(np.float32))  # noqa: PLR2004 (opaque)
    return np.asarray(np.clip(canvas * own + colours * (1 - own), 0, 255), np.uint8)


def behind(canvas: Pixels, alpha: Plane) -> Pixels:
    """What a cut-out hid: the surrounding colours, with the surrounding texture mirrored at its outline."""
    size = 2 * max(3, round(0.006 * max(alpha.shape))) + 1
    hole = cv2.dilate((alpha > 0.03).astype(np.uint8), np.ones((size, size), np.uint8))  # noqa: PLR2004 (any trace of it)
    if hole.all():
        return canvas
    colours = _filled(canvas, (1 - hole).astype(np.float32))
    _, labels = cv2.distanceTransformWithLabels(hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    rows, columns = np.indices(hole.shape, dtype=np.float32)
    known = hole == 0
    nearest = np.zeros(int(labels.max()) + 1, np.int64)
    nearest[labels[known]] = np.flatnonzero(known)
    at = nearest[labels]
    x, y = (
        2 * (at % hole.shape[1]).astype(np.float32) - columns,
        2 * (at // hole.shape[1]).astype(np.float32) - rows,
    )
    # The texture is taken after the cut-out has gone, or its own outline would be mirrored with it.
    bare = np.where(known[..., None], canvas, colours)
    fine = bare - cv2.GaussianBlur(bare, (0, 0), 4)
    mirrored = cv2.remap(fine, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    trusted = cv2.remap(1 - hole.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    filled = bare + mirrored * trusted[..., None]
    return np.asarray(np.where(known[..., None], canvas, np.clip(filled, 0, 255)), np.uint8)
