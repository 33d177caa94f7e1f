"""A picture filmed as a flat thing: turned, shifted and enlarged, exact to a part of a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.path import Path
from engine.vision.crop import cover

Pixels = NDArray[np.uint8]

FINER = 2
"""The canvas has this many pixels for one of the frame's, each way. Read between the pixels of a canvas no
finer than the frame, a texture is sharp in one frame and soft in the next: it shimmers."""

SOFT = 0.65
"""Pixels of the canvas over which it is blurred: what the frame cannot show would flicker."""


@dataclass(frozen=True, kw_only=True)
class PlainStage:
    """A flat picture ready to be filmed.

    Attributes:
        canvas: uint8 ``[FINER * H, FINER * W, 3]``, RGB, ``H`` and ``W`` at least the frame's.
        size: width and height of a frame, pixels.
    """

    canvas: Pixels
    path: Path
    size: tuple[int, int]

    @classmethod
    def of(
        cls, picture: Pixels, path: Path, size: tuple[int, int], canvas_size: tuple[int, int]
    ) -> PlainStage:
        """Make one.

        Args:
            picture: uint8 ``[H, W, 3]``, any size.
            path: of which only what holds for all depths is used.
            size: width and height of a frame.
            canvas_size: what the camera sees at most, pixels of the frame.
        """
        canvas = cover(picture, FINER * canvas_size[0], FINER * canvas_size[1])
        soft = np.asarray(cv2.GaussianBlur(canvas, (0, 0), SOFT), np.uint8)
        return cls(canvas=soft, path=path, size=size)

    def frame(self, index: int, _seconds: float) -> Pixels:
        """Film one frame, uint8 ``[H, W, 3]``."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        matrix = self.matrix(index)
        filmed = cv2.warpAffine(
            self.canvas, matrix, self.size, flags=flags, borderMode=cv2.BORDER_REFLECT_101
        )
        return np.asarray(filmed, np.uint8)

    def matrix(self, index: int) -> NDArray[np.float64]:
        """Where in the canvas each pixel of a frame comes from: float64 ``[2, 3]``."""
        path, scale = self.path, FINER * np.exp(-self.path.zoom[index])
        cos, sin = np.cos(path.roll[index]) * scale, np.sin(path.roll[index]) * scale
        turn = np.array([[cos, sin], [-sin, cos]])
        rows, columns = self.canvas.shape[:2]
        # Pixels are counted from the middle of the first one.
        middle = np.array([columns, rows]) / 2 - 0.5
        seen_from = np.array(self.size) / 2 - 0.5 + path.pan[index]
        return np.asarray(np.column_stack([turn, middle - turn @ seen_from]), np.float64)
