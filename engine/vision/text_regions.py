"""Where letters stand in a picture, with PaddleOCR's small detector (PP-OCRv4).

Source: Liao et al. 2020, *Real-time Scene Text Detection with Differentiable Binarization*; Apache-2.0. The
detector takes many a large thing for a letter: a dog, a cup, a mountain, and is sure of it. What is not
plainly a line is read, and counts where that gives letters (:mod:`engine.vision.text_reader`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.box import Box
from engine.vision.network import Network, fitted
from engine.vision.optical_flow import Floats
from engine.vision.text_reader import Reader, Words

ENTRY = "text-regions"
FILE = "ch_PP-OCRv4_det_infer.onnx"

SIDE = 960
"""Longer side of the picture that the network is given, in pixels, at most."""

_MULTIPLE = 32
_LETTERS = 0.3
"""The network's map, from which a pixel belongs to a line."""
_SURE = 0.6
_GROWN = 1.6
"""The network marks the core of a line; area over circumference, times this, is what is missing around it."""
_THINNEST = 3
"""Pixels of the network's map."""
_MOST = 400

_LONG = 3.2
"""Width over height of what is plainly a line, where it is about level and the detector is sure enough."""
_LEVEL = 15.0
"""Degrees."""
_PLAIN = 0.7
_MOST_READ = 12
_SMALL = 0.08
"""Height of letters over the picture's shorter side; things of that size are not taken for letters."""


@dataclass(frozen=True, kw_only=True)
class TextLine:
    """A line of letters.

    Attributes:
        corners: float32 ``[4, 2]``, pixels of the given picture, x first, clockwise from the upper left.
        certainty: 0.6 … 1.
        words: what it says; None: it was not read.
    """

    corners: Floats
    certainty: float
    words: Words | None = None

    @property
    def box(self) -> Box:
        """The upright box around it."""
        return Box.around(self.corners)

    @property
    def width(self) -> float:
        """Of the line, in pixels."""
        return float(np.hypot(*(self.corners[1] - self.corners[0])))

    @property
    def height(self) -> float:
        """Of its letters, in pixels, about."""
        return float(np.hypot(*(self.corners[3] - self.corners[0])))

    @property
    def slant(self) -> float:
        """Degrees between the line and the horizon, 0 … 90."""
        across, down = np.abs(self.corners[1] - self.corners[0])
        return float(np.degrees(np.arctan2(down, across)))


def find_text(
    picture: NDArray[np.uint8],
    network: Network,
    get_reader: Callable[[], Reader | None] = lambda: None,
    *,
    side: int = SIDE,
) -> tuple[TextLine, ...]:
    """Find the lines of text in a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        network: :data:`ENTRY`'s.
        get_reader: gives the reader of what is not plainly a line. It is called only where there is such a
            place, as most pictures have none. Without a reader, large words that stand alone are not found.
        side: longer side of the picture that the network is given, in pixels, at most. Letters of fewer than
            about 8 pixels there are not found.

    Returns:
        The largest first; none where no letters are certain.

    Raises:
        Unreadable: a network is another one.
    """
    height, width = picture.shape[:2]
    shown = fitted(picture, side, _MULTIPLE)
    pixels = np.asarray(shown[..., ::-1] / 127.5 - 1, np.float32)  # it was trained on BGR
    found = read_map(network.run(pixels)[0][0, 0], (width / shown.shape[1], height / shown.shape[0]))
    lines, reads = [], 0
    for line in found:
        if _is_plain(line):
            lines.append(line)
        elif (reader := get_reader()) is not None and reads < _MOST_READ:
            reads += 1
            words = reader.read(picture, line.corners)
            if words.is_text:
                lines.append(replace(line, words=words))
        elif line.height < _SMALL * min(height, width) and line.certainty >= _PLAIN:
            lines.append(line)
    return tuple(lines)


def _is_plain(line: TextLine) -> bool:
    long = line.width >= _LONG * line.height
    return long and line.slant <= _LEVEL and line.certainty >= _PLAIN


def read_map(letters: Floats, scale: tuple[float, float]) -> tuple[TextLine, ...]:
    """Decode the network's map.

    Args:
        letters: float32 ``[h, w]``, 0 … 1.
        scale: pixels of the given picture per pixel of the map, across and down.

    Returns:
        As :func:`find_text` has it.
    """
    marked = cv2.dilate((letters > _LETTERS).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(marked, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:_MOST]:
        (x, y), (w, h), angle = cv2.minAreaRect(contour)
        if min(w, h) < _THINNEST:
            continue
        certainty = _mean_inside(letters, contour)
        if certainty < _SURE:
            continue
        missing = w * h * _GROWN / (w + h)  # to both sides together; circumference is 2 (w + h)
        corners = cv2.boxPoints(((x, y), (w + missing, h + missing), angle)) * scale
        found.append(TextLine(corners=_clockwise(corners), certainty=certainty))
    return tuple(sorted(found, key=lambda line: -line.box.area))


def _mean_inside(letters: Floats, contour: NDArray[Any]) -> float:
    left, top, width, height = cv2.boundingRect(contour)
    inside = np.zeros((height, width), np.uint8)
    cv2.fillPoly(inside, [contour - (left, top)], 1)
    return float(cv2.mean(letters[top : top + height, left : left + width], inside)[0])


def _clockwise(corners: Floats) -> Floats:
    """Upper left, upper right, lower right, lower left: along the line, then down."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    (upper_left, lower_left), (upper_right, lower_right) = (
        pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_x[:2], by_x[2:])
    )
    return np.stack([upper_left, upper_right, lower_right, lower_left]).astype(np.float32)
