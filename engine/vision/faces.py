"""Faces in a picture, with CenterFace.

Source: Xu et al. 2019, *CenterFace: Joint Face Detection and Alignment Using Face as Point*; MIT. A face is a
place and five points; nothing that tells one person from another is computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.box import Box
from engine.vision.network import Network, fitted
from engine.vision.optical_flow import Floats

ENTRY = "centerface"
FILE = "centerface.onnx"

SIDE = 640
"""Longer side of the picture that the network is given, in pixels, at most."""

STRIDE = 4
"""Pixels of the picture in one cell of the network's output."""

POINTS = ("left eye", "right eye", "nose", "left corner of the mouth", "right corner of the mouth")
"""What a face's five points are; left and right as the viewer sees them."""

_MULTIPLE = 32  # the network halves its input five times
_SURE = 0.5
_SAME_FACE = 0.3
"""Overlap, as intersection over union, from which two boxes are one face."""


@dataclass(frozen=True, kw_only=True)
class Face:
    """A face.

    Attributes:
        box: from the forehead to the chin, in pixels of the given picture.
        points: float32 ``[5, 2]``, pixels, x first; see :data:`POINTS`.
        certainty: 0.5 … 1.
    """

    box: Box
    points: Floats
    certainty: float


def find_faces(picture: NDArray[np.uint8], network: Network, *, side: int = SIDE) -> tuple[Face, ...]:
    """Find the faces in a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        network: :data:`ENTRY`'s.
        side: longer side of the picture that the network is given, in pixels, at most. Faces of fewer than
            about 10 pixels there are not found.

    Returns:
        The surest first; none where no face is certain.

    Raises:
        Unreadable: the network is another one.
    """
    height, width = picture.shape[:2]
    shown = fitted(picture, side, _MULTIPLE)
    heat, size, offset, points = network.run(shown.astype(np.float32))
    scale = (width / shown.shape[1], height / shown.shape[0])
    return read_answer(heat[0, 0], size[0], offset[0], points[0], scale)


def read_answer(
    heat: Floats, size: Floats, offset: Floats, points: Floats, scale: tuple[float, float]
) -> tuple[Face, ...]:
    """Decode the network's output.

    Args:
        heat: ``[rows, columns]``, how sure it is that the centre of a face is in this cell.
        size: ``[2, rows, columns]``, the logarithms of the face's height and width, in cells.
        offset: ``[2, rows, columns]``, where in the cell the centre is, down and across.
        points: ``[10, rows, columns]``, down and across for each of the five points, from the face's upper
            left corner, in its heights and widths.
        scale: pixels of the given picture per pixel of the network's input, across and down.

    Returns:
        The surest face first; of faces that overlap, only the surest.
    """
    rows, columns = np.nonzero(heat > _SURE)
    if rows.size == 0:
        return ()
    scores = heat[rows, columns]
    tall, wide = (np.exp(size[axis, rows, columns]) * STRIDE for axis in (0, 1))
    top = (rows + offset[0, rows, columns] + 0.5) * STRIDE - tall / 2
    left = (columns + offset[1, rows, columns] + 0.5) * STRIDE - wide / 2
    boxes = np.stack([left * scale[0], top * scale[1], wide * scale[0], tall * scale[1]], axis=1)
    down, across = points[0::2, rows, columns], points[1::2, rows, columns]
    places = np.stack([(left + across * wide) * scale[0], (top + down * tall) * scale[1]], axis=2)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), _SURE, _SAME_FACE)
    return tuple(
        Face(
            box=Box(**dict(zip(("left", "top", "width", "height"), map(float, boxes[one]), strict=True))),
            points=np.asarray(places[:, one], np.float32),
            certainty=float(scores[one]),
        )
        for one in np.asarray(kept, np.intp).ravel()
    )
