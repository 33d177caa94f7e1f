"""Colours where a picture has none: behind a cut-out, and just outside its soft edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.regions import smoothstep

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


def _filled(canvas: Pixels, known: Plane, level: int = 1) -> Plane:
    """The canvas where it is known, and smooth colour elsewhere; float32 ``[H, W, 3]``."""
    # Half the size is enough for what is smooth.
    size = (max(1, canvas.shape[1] // (2 * level)), max(1, canvas.shape[0] // 2))
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


def behind(canvas: Pixels, alpha: Plane, *, level: int = 1, even: bool = False) -> Pixels:
    """What a cut-out hid: the surrounding colours, with the surrounding texture mirrored at its outline.

    Args:
        canvas: uint8 ``[H, W, 3]``.
        alpha: float32 ``[H, W]``, the cut-out's opacity.
        level: how many times farther a colour reaches sideways than up and down. Skies, shores and lakes lie
            in level bands.
        even: a sky. It has texture to mirror only where most of it has: else that is edges of clouds.
    """
    margin = margin_of(alpha.shape)
    cut = (alpha > 0.03).astype(np.uint8)  # noqa: PLR2004 (any trace of it)
    hole = np.asarray(cv2.dilate(cut, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)), np.uint8)
    if hole.all():
        return canvas
    colours = _filled(canvas, (1 - hole).astype(np.float32), level)
    # A sky is even, so its fill may end close to the outline: a sun low over the land stays whole.
    reach = margin // 2 + 1 if even else margin
    gone = cv2.dilate(cut, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    share = np.asarray(cv2.blur(gone.astype(np.float32), (5, 5)), np.float32)
    known = smoothstep(0.5, 0, share)[..., None]
    bare = canvas * known + colours * (1 - known)
    bare = bare + _mirrored(bare, hole, even=even) * (1 - known)
    return np.asarray(np.clip(bare, 0, 255), np.uint8)


def margin_of(shape: tuple[int, ...]) -> int:
    """How far around a cut-out its fill reaches, pixels: an outline is not known to the pixel."""
    return max(3, round(0.006 * max(shape)))


def _mirrored(bare: Plane, hole: Pixels, *, even: bool) -> Plane:
    """The fine texture around a hole, mirrored at its outline; float32 ``[H, W, 3]``, about 0.

    It is taken after the cut-out has gone, or its own outline would be mirrored with it.
    """
    distance, labels = cv2.distanceTransformWithLabels(hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    rows, columns = np.indices(hole.shape, dtype=np.float32)
    known = hole == 0
    nearest = np.zeros(int(labels.max()) + 1, np.int64)
    nearest[labels[known]] = np.flatnonzero(known)
    at = nearest[labels]
    # Neighbours whose nearest points lie apart would tear the texture.
    x, y = (
        cv2.blur(2 * (place.astype(np.float32) - own), (9, 9)) + own
        for place, own in ((at % hole.shape[1], columns), (at // hole.shape[1], rows))
    )
    fine = bare - cv2.GaussianBlur(bare, (0, 0), 4)
    # Texture is what is everywhere alike; what stands out from it is a thing, and must not appear twice.
    usual = np.sqrt(cv2.GaussianBlur(np.minimum(fine * fine, 1600), (0, 0), 12))
    fine = np.clip(fine, -1.5 * usual, 1.5 * usual)
    mirrored = cv2.remap(fine, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    trusted = cv2.remap(1 - hole.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    # Far from the outline nothing says what the texture is; and the camera hardly ever looks there.
    faded = trusted * np.exp(-distance / max(16, 0.035 * max(hole.shape)))
    if even:
        faded = faded * smoothstep(1.0, 2.5, np.median(np.abs(fine[known])))
    return np.asarray(mirrored * faded[..., None], np.float32)
