"""Animals, vehicles and products in a picture, with MediaPipe's SSD (MobileNetV2, Open Images V4).

Apache-2.0; it looks for the things that MediaPipe's Objectron follows. It names 23 things, among them cats,
dogs and cattle: other animals are seen as one of these, or not at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.sight import ThingKind
from engine.vision.box import Box
from engine.vision.network import Network, sigmoid
from engine.vision.optical_flow import Floats
from engine.weights.shared import THINGS

ENTRY = THINGS
FILE = "object_detection_ssd_mobilenetv2_oidv4_fp16.tflite"
OUTPUTS = ("raw_outputs/class_predictions", "raw_outputs/box_encodings")

LABELS = (
    "", "bicycle", "boot", "laptop", "person", "chair", "cattle", "desk", "cat", "computer mouse",
    "computer monitor", "box", "mug", "coffee cup", "stationary bicycle", "table", "bottle", "high heels",
    "vehicle", "footwear", "dog", "book", "camera", "car",
)  # fmt: skip
"""What the network's classes are, in its order."""

KINDS: Mapping[ThingKind, tuple[str, ...]] = {
    ThingKind.ANIMAL: ("cat", "dog", "cattle"),
    ThingKind.VEHICLE: ("car", "vehicle", "bicycle"),
    ThingKind.PRODUCT: (
        "bottle", "mug", "coffee cup", "camera", "footwear", "boot", "high heels", "laptop",
        "computer mouse", "box",
    ),
}  # fmt: skip
"""What is told apart. Furniture is a part of a room more often than a thing that is shown, and pages of
letters are seen as books."""

SURE: Mapping[ThingKind, float] = {ThingKind.ANIMAL: 0.55, ThingKind.VEHICLE: 0.7, ThingKind.PRODUCT: 0.55}
"""docs/measurements.md says how often it is right from there on."""
_SOMEBODY = 0.35
"""The certainty of a person from which shoes are worn, and cups held: they are no products then."""

_SEEN = 300
_CELLS = (19, 10, 5, 3, 2, 1)
_SMALLEST, _LARGEST = 0.2, 0.95
_CENTRE, _SIDE = 10.0, 5.0
"""By what the network's numbers for a box are divided."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """An animal, a vehicle or a product.

    Attributes:
        box: in pixels of the given picture.
        certainty: 0.55 … 1, see :data:`SURE`.
        kind: what it is.
    """

    box: Box
    certainty: float
    kind: ThingKind


def find_things(picture: NDArray[np.uint8], network: Network) -> tuple[Thing, ...]:
    """Find animals, vehicles and products.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        network: :data:`ENTRY`'s.

    Returns:
        The surest first; none where nothing is certain.

    Raises:
        Unreadable: the network is another one.
    """
    height, width = picture.shape[:2]
    smaller = width * height > _SEEN * _SEEN
    interpolation = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    shown = cv2.resize(picture, (_SEEN, _SEEN), interpolation=interpolation)
    classes, boxes = network.run(np.asarray(shown / 127.5 - 1, np.float32))
    return read_answer(classes.reshape(-1, len(LABELS)), boxes.reshape(-1, 4), width, height)


def read_answer(classes: Floats, boxes: Floats, width: int, height: int) -> tuple[Thing, ...]:
    """Decode the network's output.

    Args:
        classes: float ``[1917, 24]``, logits of :data:`LABELS` for each of its anchors.
        boxes: float ``[1917, 4]``: the box's middle down and across, its height and width, from the anchor's.
        width, height: of the picture, pixels.

    Returns:
        As :func:`find_things` has it.
    """
    scores = sigmoid(classes)
    somebody = float(scores[:, LABELS.index("person")].max()) >= _SOMEBODY
    found: list[Thing] = []
    for kind, labels in KINDS.items():
        if kind is ThingKind.PRODUCT and somebody:
            continue
        best = scores[:, [LABELS.index(label) for label in labels]].max(axis=1)
        sure = np.flatnonzero(best >= SURE[kind])
        if sure.size == 0:
            continue
        order = sure[np.argsort(-best[sure])]
        merged: list[tuple[Box, float]] = []
        placed = _placed(boxes[order], _ANCHORS[order])
        for anchor, (left, top, wide, high) in zip(order, placed, strict=True):
            box = Box(left=float(left), top=float(top), width=float(wide), height=float(high))
            _merge(merged, box.scaled(width, height).within(width, height), float(best[anchor]))
        found += [Thing(box=box, certainty=certainty, kind=kind) for box, certainty in merged]
    return tuple(sorted(found, key=lambda thing: -thing.certainty))


def _merge(merged: list[tuple[Box, float]], box: Box, certainty: float) -> None:
    """Add a box, or widen the one that it belongs to.

    The network's boxes of one thing differ much, and the surest may end in the middle of it. All of them
    together hold it.
    """
    for at, (other, surer) in enumerate(merged):
        if _are_one(box, other):
            left, top = min(box.left, other.left), min(box.top, other.top)
            right, bottom = max(box.right, other.right), max(box.bottom, other.bottom)
            whole = Box(left=left, top=top, width=right - left, height=bottom - top)
            merged[at] = (whole, surer)
            return
    merged.append((box, certainty))


def _are_one(box: Box, other: Box) -> bool:
    """Whether two boxes are of one thing: the middle of one lies in the other."""
    return any(
        outer.left <= inner.centre[0] <= outer.right and outer.top <= inner.centre[1] <= outer.bottom
        for inner, outer in ((box, other), (other, box))
    )


def _placed(boxes: Floats, anchors: Floats) -> Floats:
    """Left, top, width, height in shares of the picture."""
    middle = boxes[:, 1::-1] / _CENTRE * anchors[:, 2:] + anchors[:, :2]
    size = np.exp(np.clip(boxes[:, 3:1:-1] / _SIDE, -10, 10)) * anchors[:, 2:]
    return np.concatenate([middle - size / 2, size], axis=1)


def _anchors() -> Floats:
    """The middle, across and down, and the width and height of each anchor, in shares of the picture.

    Source: Liu et al. 2016, *SSD: Single Shot MultiBox Detector*; the finest level has three anchors a cell.
    """
    steps = len(_CELLS) - 1
    scales = [_SMALLEST + (_LARGEST - _SMALLEST) * step / steps for step in range(steps + 1)] + [1.0]
    found = []
    for level, cells in enumerate(_CELLS):
        scale = scales[level]
        shapes = [(scale, aspect) for aspect in (1.0, 2.0, 0.5, 3.0, 1 / 3)]
        shapes.append((math.sqrt(scale * scales[level + 1]), 1.0))
        if level == 0:
            shapes = [(0.1, 1.0), (scale, 2.0), (scale, 0.5)]
        for down in range(cells):
            for across in range(cells):
                place = ((across + 0.5) / cells, (down + 0.5) / cells)
                found += [(*place, size * math.sqrt(wide), size / math.sqrt(wide)) for size, wide in shapes]
    return np.array(found, np.float32)


_ANCHORS = _anchors()
