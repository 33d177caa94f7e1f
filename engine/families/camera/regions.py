"""Regions of a small picture: growing them, cutting them out along its edges, and judging their outline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


def smoothstep(low: float, high: float, value: Any) -> Plane:
    """0 at ``low``, 1 at ``high`` (which may be the smaller one), and an S between."""
    t = np.clip((np.asarray(value, np.float32) - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def attached(mask: Mask, side: Literal["top", "bottom"]) -> Mask:
    """The parts of a mask that touch a side of the picture."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    touching = np.unique(labels[0 if side == "top" else -1])
    return np.asarray(np.isin(labels, touching[touching > 0]), bool)


def largest(mask: Mask) -> Mask:
    """The largest part of a mask, and those at least a fifth of its size."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:  # noqa: PLR2004 (the background is the first part)
        return mask
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = 1 + np.flatnonzero(areas * 5 >= areas.max())
    return np.asarray(np.isin(labels, kept), bool)


def contrast_along(mask: Mask, edge: Plane) -> float:
    """The median strength of the picture's edge within a pixel of a mask's outline; 0 without an outline."""
    outline = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).astype(
        bool
    )
    outline[:2] = outline[-2:] = False
    outline[:, :2] = outline[:, -2:] = False
    if not outline.any():
        return 0.0
    strongest = cv2.dilate(edge, np.ones((3, 3), np.uint8))
    return float(np.median(strongest[outline]))


def guided(guide: Plane, plane: Plane, *, radius: int, eps: float, out: Plane | None = None) -> Plane:
    """Smooth a plane so that its edges lie on another's.

    Args:
        guide, plane: float32 ``[h, w]``, 0 … 1.
        radius: of the window, pixels.
        eps: the variance of the guide below which it counts as even.
        out: the guide at a larger size, to get the result at that size; ``guide`` itself without.

    Source: He and Sun, "Fast Guided Filter" (2015).
    """
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(values: Plane) -> Plane:
        return np.asarray(cv2.blur(values, window, borderType=cv2.BORDER_REFLECT_101), np.float32)

    def product(first: Plane, second: Plane) -> Plane:
        return np.asarray(first * second, np.float32)

    centre, level = mean(guide), mean(plane)
    variance = mean(product(guide, guide)) - product(centre, centre) + np.float32(eps)
    slope = np.asarray((mean(product(guide, plane)) - product(centre, level)) / variance, np.float32)
    gain, offset = mean(slope), mean(np.asarray(level - slope * centre, np.float32))
    if out is None:
        return np.asarray(gain * guide + offset, np.float32)
    size = (out.shape[1], out.shape[0])
    gain, offset = (
        np.asarray(cv2.resize(p, size, interpolation=cv2.INTER_LINEAR), np.float32) for p in (gain, offset)
    )
    return np.asarray(gain * out + offset, np.float32)


def long_lines(
    lines: NDArray[np.float32], size: tuple[int, int], *, at_least: float, off_level: float
) -> Iterator[NDArray[np.float32]]:
    """Those lines that count as straight ones.

    Args:
        lines: float32 ``[n, 4]``, each from x, y to x, y.
        size: rows and columns of the picture that they lie in.
        at_least: how long one has to be, as a share of its mean side.
        off_level: degrees; lines that are more level don't count.
    """
    rows, columns = size
    for line in lines:
        x0, y0, x1, y1 = line
        turned = float(np.degrees(np.arctan2(abs(y1 - y0), abs(x1 - x0))))
        if float(np.hypot(x1 - x0, y1 - y0)) >= at_least * (rows * columns) ** 0.5 and turned >= off_level:
            yield line


def places_along(
    line: NDArray[np.float32], size: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pixels that a line goes over: their rows and their columns."""
    x0, y0, x1, y1 = line
    along = np.linspace(0, 1, int(float(np.hypot(x1 - x0, y1 - y0))))
    across = np.clip((x0 + (x1 - x0) * along).round().astype(np.intp), 0, size[1] - 1)
    return np.clip((y0 + (y1 - y0) * along).round().astype(np.intp), 0, size[0] - 1), across
