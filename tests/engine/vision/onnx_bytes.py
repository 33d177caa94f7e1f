"""A network in a few bytes: ONNX is Protocol Buffers, and one node is soon written."""

from __future__ import annotations


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
