"""A network of three layers, written by hand as ONNX has it: a picture's share of red is its "score".

The protocol-buffer fields are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import struct

FLOAT = 1  # TensorProto.DataType
AN_INT, INTS = 2, 7  # AttributeProto.AttributeType


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _tensor(name: str, shape: tuple[int, ...], kind: int, data: bytes) -> bytes:
    return b"".join(_field(1, side) for side in shape) + _field(2, kind) + _field(8, name) + _field(9, data)


def _node(kind: str, inputs: list[str], output: str, attributes: bytes = b"") -> bytes:
    named = b"".join(_field(1, name) for name in inputs)
    return named + _field(2, output) + _field(3, output) + _field(4, kind) + attributes


def _attribute(name: str, kind: int, *values: int) -> bytes:
    value = _field(3, values[0]) if kind == AN_INT else b"".join(_field(8, one) for one in values)
    return _field(5, _field(1, name) + value + _field(20, kind))


def _value(name: str, shape: tuple[int | str, ...]) -> bytes:
    sides = (_field(1, _field(1 if isinstance(side, int) else 2, side)) for side in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, FLOAT) + _field(2, b"".join(sides))))


def redness(gain: float = 0.05) -> bytes:
    """A network [N, 224, 224, 3] → [N, 2]: the second is near 1 for a red picture, near 0 for any other.

    Args:
        gain: how much one step of 255 counts.
    """
    # BGR, less the mean: red counts for it, blue and green against it.
    weights = [(-g, g) for g in (-gain, -gain, 2 * gain)]
    flat = [each for pair in weights for each in pair]
    mean = _node(
        "ReduceMean", ["input"], "mean", _attribute("axes", INTS, 1, 2) + _attribute("keepdims", AN_INT, 0)
    )
    graph = (
        _field(1, mean)
        + _field(1, _node("MatMul", ["mean", "weights"], "logits"))
        + _field(1, _node("Softmax", ["logits"], "outputs", _attribute("axis", AN_INT, 1)))
        + _field(2, "redness")
        + _field(5, _tensor("weights", (3, 2), FLOAT, struct.pack("<6f", *flat)))
        + _field(11, _value("input", ("n", 224, 224, 3)))
        + _field(12, _value("outputs", ("n", 2)))
    )
    opset = _field(1, "") + _field(2, 13)
    return _field(1, 7) + _field(7, graph) + _field(8, opset)
