"""Where each place of a face went, followed from look to look.

A face that turned far, or became unlike its first picture, cannot be compared with it any more. From one look
to the next it still shows much the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.crop_flow import flow_between
from engine.gate.meaning.shape import FACE, HIGH, WIDE, Crop, coarse, cut, pose_of, there_now
from engine.vision.face_mesh import Mesh
from engine.vision.optical_flow import Floats, grid, read

_SURE, _INSIDE = 0.5, 0.9
"""Shares of a pixel whose flow is sure, and that lies in the picture."""


@dataclass(frozen=True)
class Path:
    """Where the places of a face's first crop are in one look.

    Attributes:
        flow: float32 ``[h, w, 2]`` on the coarse grid, widths; motion beside that of the face as a whole.
        sure: where the last step is, bool ``[h, w]``.
        seen: what has never left the picture, bool ``[h, w]``.
    """

    flow: Floats
    sure: NDArray[np.bool_]
    seen: NDArray[np.bool_]


def follow_paths(first: Crop, looks: Iterable[tuple[NDArray[np.uint8], Mesh]]) -> tuple[Path, ...]:
    """Follow the places of a crop.

    Args:
        first: the face in its first picture.
        looks: luma ``[H, W]`` and the face's mesh in it, in order.
    """
    begin = np.ascontiguousarray(coarse(grid(HIGH, WIDE)))
    at, before, seen = begin, first.luma, np.asarray(coarse(first.seen), np.bool_)
    paths = []
    for luma, mesh in looks:
        there = there_now(first, pose_of(first, mesh))
        now, inside = cut(luma, there), cut(np.ones_like(luma), there, outside=True)
        step = flow_between(before, now)
        sure = read(step.sure.astype(np.float32), at) > _SURE
        at = at + read(np.asarray(cv2.blur(step.flow, (4, 4)), np.float32), at)
        seen = seen & (read(inside.astype(np.float32), at) > _INSIDE)
        paths.append(Path(np.asarray((at - begin) / FACE, np.float32), sure & seen, seen))
        before = now
    return tuple(paths)
