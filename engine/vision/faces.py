"""Finding faces with CenterFace, a small network that OpenCV runs on the CPU.

Source: Xu et al. 2019, *CenterFace: Joint Face Detection and Alignment Using Face as Point*; MIT. Its file
comes with the entry of that name in the catalogue of weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.weights.store import Store

ENTRY = "centerface"
FILE = "centerface.onnx"

SIDE = 640
"""Longer side of the picture that the network is given, in pixels, at most."""

STRIDE = 4
"""Pixels of the picture in one cell of the network's output."""

_MULTIPLE = 32
_SURE = 0.5
_SAME_FACE = 0.3
"""Overlap, as intersection over union, from which two boxes are one face."""


@dataclass(frozen=True, kw_only=True)
class Face:
    """A face.

    Attributes:
        left, top, width, height: in pixels of the given picture.
        score: 0 … 1, how sure the network is.
    """

    left: float
    top: float
    width: float
    height: float
    score: float


def count_faces(picture: NDArray[np.uint8], store: Store) -> int | None:
    """Count the faces in a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        store: where the network's file lies, if it was pulled.

    Returns:
        The number of faces, or None where the network is not installed or cannot be read.
    """
    path = store.path(ENTRY) / FILE
    if not path.is_file():
        return None
    try:
        return len(find_faces(picture, path))
    except cv2.error:  # a damaged file; faces are not important enough to fail the request
        return None


def find_faces(picture: NDArray[np.uint8], network: Path) -> list[Face]:
    """Find the faces in a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        network: the ONNX file. It is read for each picture, because an OpenCV network belongs to one thread.

    Raises:
        cv2.error: the file is not a network.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    seen = tuple(_whole(side * scale) for side in (width, height))
    reader = cv2.dnn.readNetFromONNX(str(network))
    reader.setInput(cv2.dnn.blobFromImage(picture, size=seen))
    heat, size, offset, _landmarks = reader.forward(reader.getUnconnectedOutLayersNames())
    return read_answer(heat[0, 0], size[0], offset[0], (width / seen[0], height / seen[1]))


def read_answer(
    heat: NDArray[np.float32],
    size: NDArray[np.float32],
    offset: NDArray[np.float32],
    scale: tuple[float, float],
) -> list[Face]:
    """Decode the network's output.

    Args:
        heat: ``[rows, columns]``, how sure it is that the centre of a face is in this cell.
        size: ``[2, rows, columns]``, the logarithms of the face's height and width, in cells.
        offset: ``[2, rows, columns]``, where in the cell the centre is, down and across.
        scale: pixels of the given picture per pixel of the network's input, across and down.

    Returns:
        The surest face first; of faces that overlap, only the surest.
    """
    rows, columns = np.nonzero(heat > _SURE)
    if rows.size == 0:
        return []
    scores = heat[rows, columns]
    tall, wide = (np.exp(size[axis, rows, columns]) * STRIDE for axis in (0, 1))
    top = (rows + offset[0, rows, columns] + 0.5) * STRIDE - tall / 2
    left = (columns + offset[1, rows, columns] + 0.5) * STRIDE - wide / 2
    boxes = np.stack([left * scale[0], top * scale[1], wide * scale[0], tall * scale[1]], axis=1)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), _SURE, _SAME_FACE)
    return [
        Face(
            left=float(boxes[one, 0]),
            top=float(boxes[one, 1]),
            width=float(boxes[one, 2]),
            height=float(boxes[one, 3]),
            score=float(scores[one]),
        )
        for one in np.asarray(kept, np.intp).ravel()
    ]


def _whole(pixels: float) -> int:
    """Round up to a multiple of 32: the network halves its input five times."""
    return max(_MULTIPLE, -(-round(pixels) // _MULTIPLE) * _MULTIPLE)
