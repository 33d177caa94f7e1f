"""Small trained networks that OpenCV runs on the CPU, from ONNX and TFLite files.

docs/dependencies.md says why OpenCV runs all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import EngineError
from engine.vision.optical_flow import Floats
from engine.vision.tflite_file import BadFile
from engine.vision.tflite_to_onnx import as_onnx


class Unreadable(EngineError):
    """A network's file is damaged, or is another network than the one that is needed."""


class Network:
    """A network. It belongs to one thread."""

    def __init__(self, path: Path, outputs: Sequence[str] = ()) -> None:
        """Read a network.

        Args:
            path: an ``.onnx`` or ``.tflite`` file.
            outputs: names of the outputs that are wanted, in order; none: all of them, in the file's order.

        Raises:
            Unreadable: the file is not a network that OpenCV can run.
        """
        self._path = path
        try:
            if path.suffix == ".tflite":
                self._net = _from_tflite(path, outputs)
            else:
                self._net = cv2.dnn.readNetFromONNX(str(path))
            self._outputs = tuple(outputs) or tuple(self._net.getUnconnectedOutLayersNames())
        except cv2.error as error:
            raise Unreadable(f"{path.name} cannot be read as a network.") from error

    def run(self, pixels: Floats) -> tuple[Floats, ...]:
        """Show the network a picture.

        Args:
            pixels: float32 ``[height, width, 3]``, of the size, order of colours and range that it expects.

        Returns:
            Its outputs, float32, each of its own shape.

        Raises:
            Unreadable: the file is another network than was expected.
        """
        try:
            self._net.setInput(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]))
            return tuple(np.asarray(found, np.float32) for found in self._net.forward(self._outputs))
        except cv2.error as error:
            raise Unreadable(f"{self._path.name} is not the network that was expected.") from error


def _from_tflite(path: Path, outputs: Sequence[str]) -> cv2.dnn.Net:
    try:
        written = as_onnx(path.read_bytes(), outputs)
    except BadFile:
        # OpenCV's older engine knows more operations, and says what is damaged.
        return cv2.dnn.readNetFromTFLite(str(path), cv2.dnn.ENGINE_CLASSIC)
    return cv2.dnn.readNetFromONNX(np.frombuffer(written, np.uint8))


def sigmoid(values: Floats) -> Floats:
    """From logits to 0 … 1."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float32)


def fitted(picture: NDArray[np.uint8], longest: int, multiple: int) -> NDArray[np.uint8]:
    """Scale a picture to a network that takes any size.

    Args:
        picture: uint8 ``[H, W, 3]``.
        longest: pixels of the longer side, at most; smaller pictures are not enlarged.
        multiple: of which both sides have to be.

    Returns:
        uint8 ``[h, w, 3]``; each side is scaled by itself, so that nothing is cut off or padded.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = tuple(max(1, round(side * scale / multiple)) * multiple for side in (width, height))
    smaller = size[0] * size[1] < width * height
    shown = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return np.asarray(shown, np.uint8)
