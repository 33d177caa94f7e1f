"""Networks in a few bytes."""

from __future__ import annotations

import numpy as np

from engine.vision.onnx_file import network, node


def relu(shape: tuple[int, ...], *, letters: str | bytes | None = None) -> bytes:
    """``out = max(in, 0)`` for a tensor of this shape, with or without letters in the metadata."""
    made = network([node("Relu", ["in"], ["out"])], {}, {"in": shape}, {"out": shape})
    if letters is None:
        return made
    text = letters.encode() if isinstance(letters, str) else letters
    entry = _field(1, b"character") + _field(2, text)
    return made + _field(14, entry)


def white_is_a_face() -> bytes:
    """A network like the one for faces: a white cell of 4 by 4 pixels is the centre of a face of 32 by 32.

    Its outputs are heat, the logarithms of the size in cells, the place in the cell, and five points.
    """
    channels = (1, 2, 2, 10)
    weights = np.zeros((sum(channels), 3, 4, 4), np.float32)
    weights[0] = 1 / (3 * 16 * 255)
    bias = np.array([0.0, *[2.0794415] * 2, *[0.0] * 2, *[0.5] * 10], np.float32)  # e to that power is 8
    sizes = np.array(channels, np.int64)
    nodes = (
        node("Conv", ["in", "weights", "bias"], ["all"], kernel_shape=(4, 4), strides=(4, 4)),
        node("Split", ["all", "sizes"], list("abcd"), axis=1),
    )
    return network(
        nodes,
        {"weights": weights, "bias": bias, "sizes": sizes},
        {"in": (1, 3, 64, 64)},
        {name: (1, count, 16, 16) for name, count in zip("abcd", channels, strict=True)},
    )


def _field(number: int, data: bytes) -> bytes:
    length = len(data)
    size = bytes([length]) if length < 0x80 else bytes([length & 0x7F | 0x80, length >> 7])
    return bytes([number << 3 | 2]) + size + data
