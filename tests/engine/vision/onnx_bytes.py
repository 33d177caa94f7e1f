"""A network in a few bytes: ONNX is Protocol Buffers, and one node is soon written."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _tensor(name: str, shape: tuple[int, ...]) -> bytes:
    sides = b"".join(_bytes(1, _number(1, side)) for side in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, sides)))


def relu(shape: tuple[int, ...], *, letters: str | bytes | None = None) -> bytes:
    """``out = max(in, 0)`` for a tensor of this shape, with or without letters in the metadata."""
    node = _bytes(1, "in") + _bytes(2, "out") + _bytes(3, "relu") + _bytes(4, "Relu")
    graph = (
        _bytes(1, node)
        + _bytes(2, "tiny")
        + _bytes(11, _tensor("in", shape))
        + _bytes(12, _tensor("out", shape))
    )
    model = _number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13))
    if letters is not None:
        model += _bytes(14, _bytes(1, "character") + _bytes(2, letters))
    return model


def white_is_a_face() -> bytes:
    """A network like the one for faces: a white cell of 4 by 4 pixels is the centre of a face of 32 by 32.

    Its outputs are heat, the logarithms of the size in cells, the place in the cell, and five points.
    """
    channels = (1, 2, 2, 10)
    heat = [1 / (3 * 16 * 255)] * (3 * 16)
    weights = heat + [0.0] * (3 * 16 * (sum(channels) - 1))
    bias = [0.0, *[2.0794415] * 2, *[0.0] * 2, *[0.5] * 10]  # e to the power of the second is 8
    total = sum(channels)
    nodes = (
        _node("Conv", ["in", "weights", "bias"], ["all"], kernel_shape=(4, 4), strides=(4, 4)),
        _node("Split", ["all"], ["a", "b", "c", "d"], axis=1, split=channels),
    )
    graph = (
        b"".join(_bytes(1, node) for node in nodes)
        + _bytes(2, "tiny")
        + _bytes(5, _floats("weights", (total, 3, 4, 4), weights))
        + _bytes(5, _floats("bias", (total,), bias))
        + _bytes(11, _tensor("in", (1, 3, 64, 64)))
        + b"".join(
            _bytes(12, _tensor(name, (1, count, 16, 16)))
            for name, count in zip("abcd", channels, strict=True)
        )
    )
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 11))


def _node(
    kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: int | tuple[int, ...]
) -> bytes:
    node = b"".join(_bytes(1, name) for name in inputs) + b"".join(_bytes(2, name) for name in outputs)
    node += _bytes(3, kind.lower()) + _bytes(4, kind)
    for name, value in attributes.items():
        if isinstance(value, int):
            node += _bytes(5, _bytes(1, name) + _number(3, value) + _number(20, 2))
        else:
            many = b"".join(_number(8, one) for one in value)
            node += _bytes(5, _bytes(1, name) + many + _number(20, 7))
    return node


def _floats(name: str, shape: tuple[int, ...], values: Sequence[float]) -> bytes:
    sides = b"".join(_number(1, side) for side in shape)
    return sides + _number(2, 1) + _bytes(8, name) + _bytes(9, struct.pack(f"<{len(values)}f", *values))
