"""What stands out in a picture, cut out of it, with the small U²-Net.

Source: Qin et al. 2020, *U²-Net: Going Deeper with Nested U-Structure for Salient Object Detection*;
Apache-2.0.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.box import Box
from engine.vision.network import Network
from engine.vision.optical_flow import Floats

ENTRY = "u2netp"
FILE = "u2netp.onnx"

_SEEN = 320
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_SPREAD = np.array([0.229, 0.224, 0.225], np.float32)


def saliency(picture: NDArray[np.uint8], network: Network) -> Floats:
    """How much each place stands out, as the network sees it.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        network: :data:`ENTRY`'s.

    Returns:
        float32 ``[320, 320]``, 0 … 1.

    Raises:
        Unreadable: the network is another one.
    """
    small = cv2.resize(picture, (_SEEN, _SEEN), interpolation=cv2.INTER_AREA).astype(np.float32)
    shown = (small / max(float(small.max()), 1.0) - _MEAN) / _SPREAD
    return np.asarray(network.run(shown)[0][0, 0], np.float32)


_INSIDE = 0.5
"""What the network says of a place, from which it belongs to the subject."""
_FAINT, _CLEAR = 0.2, 0.8
_SMALLEST, _LARGEST = 0.003, 0.95
"""Shares of the picture."""
_SURE = 0.5
_ONE_PIECE = 0.9
"""Share of the largest piece, from which the subject is one thing."""


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """What stands out in a picture.

    Attributes:
        mask: float32 ``[H, W]`` of the given picture, 0 (background) … 1 (subject).
        box: around the subject.
        share: of the picture, 0 … 1.
        certainty: 0.5 … 1: how much of what the network marks at all it marks clearly. A network that is not
            sure marks much of the picture faintly.
        whole: it is one piece, not several.
    """

    mask: Floats
    box: Box
    share: float
    certainty: float
    whole: bool


def find_cutout(picture: NDArray[np.uint8], network: Network) -> Cutout | None:
    """Cut out what stands out in a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        network: :data:`ENTRY`'s.

    Returns:
        None where nothing stands out for certain.

    Raises:
        Unreadable: the network is another one.
    """
    height, width = picture.shape[:2]
    return read_saliency(saliency(picture, network), width, height)


def read_saliency(seen: Floats, width: int, height: int) -> Cutout | None:
    """Decide whether there is a subject.

    Args:
        seen: as :func:`saliency` has it.
        width, height: of the picture.

    Returns:
        As :func:`find_cutout` has it.
    """
    inside = (seen > _INSIDE).astype(np.uint8)
    share = float(inside.mean())
    if not _SMALLEST <= share <= _LARGEST:
        return None
    marked = seen > _FAINT
    certainty = float((seen[marked] > _CLEAR).mean())
    if certainty < _SURE:
        return None
    _, _, pieces, _ = cv2.connectedComponentsWithStats(inside)
    areas = pieces[1:, cv2.CC_STAT_AREA]
    kept = pieces[1:][areas >= areas.max() * (1 - _ONE_PIECE)]
    left, top = kept[:, cv2.CC_STAT_LEFT].min(), kept[:, cv2.CC_STAT_TOP].min()
    right = (kept[:, cv2.CC_STAT_LEFT] + kept[:, cv2.CC_STAT_WIDTH]).max()
    bottom = (kept[:, cv2.CC_STAT_TOP] + kept[:, cv2.CC_STAT_HEIGHT]).max()
    box = Box(left=float(left), top=float(top), width=float(right - left), height=float(bottom - top))
    return Cutout(
        mask=np.clip(cv2.resize(seen, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1).astype(
            np.float32
        ),
        box=box.scaled(width / seen.shape[1], height / seen.shape[0]),
        share=share,
        certainty=certainty,
        whole=bool(areas.max() >= _ONE_PIECE * areas.sum()),
    )
