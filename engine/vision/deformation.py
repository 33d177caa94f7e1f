"""How much a face looks pulled out of shape, in one picture: the answer of a small network of our own.

``benchmarks/fit_deformation.py`` taught it, on photographs of faces that it bends, whose mouths it slides and
whose eyes it paints over. It comes with the engine. It sees a face without hair or background, grey and
56 pixels wide, and answers three numbers; whose face it is, is in none of them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.vision.network import Network
from engine.vision.optical_flow import Floats

PATH = Path(__file__).with_name("deformation.onnx")

SIDE = 96
"""Pixels of the square that the network is shown."""
FACE = 56.0
"""Pixels of a face's width in it."""
MIDDLE = (48.0, 44.0)
"""Where the middle of the face is, x first."""
ANSWERS = ("bent", "mouth slid", "eye gone")

_WIDE, _HIGH, _SOFT = 0.53, 0.66, 0.12
"""Half the sides of the ellipse that it sees, in widths of the face, and how soft its edge is."""
_FLATTEST = 8.0
"""Levels, added to the contrast by which a face is divided."""


def deformation(face: NDArray[np.uint8], network: Network) -> Floats:
    """Say how much a face looks out of shape.

    Args:
        face: uint8 ``[SIDE, SIDE]``, upright, with its middle at :data:`MIDDLE`, :data:`FACE` pixels wide.
        network: of :data:`PATH`.

    Returns:
        For each of :data:`ANSWERS` the natural logarithm of the odds that it is so, float32 ``[3]``. Faces
        differ; how much it rises while a face moves is what tells.

    Raises:
        Unreadable: the network is another one.
    """
    both = [network.run(shown[..., None])[0].ravel() for shown in (_seen(face), _seen(face[:, ::-1]))]
    return np.asarray(np.mean(both, axis=0), np.float32)


def _seen(face: NDArray[np.uint8]) -> Floats:
    """What the network is shown: its light and its contrast taken off, nothing outside the ellipse."""
    return np.asarray(standard(face[None].astype(np.float32))[0], np.float32)


def standard(faces: Floats) -> Floats:
    """Faces without light and contrast, and nothing outside the ellipse: float32 ``[N, SIDE, SIDE]``."""
    share = ellipse() / ellipse().sum()
    away = faces - (faces * share).sum(axis=(1, 2), keepdims=True)
    contrast = np.sqrt((away**2 * share).sum(axis=(1, 2), keepdims=True))
    return np.asarray(away / (contrast + _FLATTEST) * ellipse(), np.float32)


@cache
def ellipse() -> Floats:
    """How much of each pixel is shown, 0 … 1: float32 ``[SIDE, SIDE]``."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) + 0.5
    away = np.hypot((x - MIDDLE[0]) / FACE / _WIDE, (y - MIDDLE[1]) / FACE / _HIGH)
    return np.asarray(np.clip((1 + _SOFT / 2 - away) / _SOFT, 0, 1), np.float32)
