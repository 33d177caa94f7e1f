"""Writes networks as ONNX, which is Protocol Buffers: a field's number and kind, then its value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Attribute = int | float | str | Sequence[int]
"""Of a node: a number, a word, or whole numbers."""

_OPERATIONS = 13
"""Version of ONNX's operations that the nodes are of."""
_FORMAT = 8
_FLOAT, _WHOLE, _HALF = 1, 7, 10
"""ONNX's numbers for float32, int64 and float16."""
_ONE_FLOAT, _ONE_WHOLE, _ONE_WORD, _MANY_WHOLE = 1, 2, 3, 7
"""ONNX's numbers for the kinds of attributes."""
_MORE = 0x80
"""Set in a byte of a number after which another one follows."""


def node(operation: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Attribute) -> bytes:
    """One operation.

    Args:
        operation: by its ONNX name.
        inputs: names of what it reads; "" for an optional one that is left out.
        outputs: names of what it makes.
        attributes: by their ONNX names.
    """
    made = b"".join(_field(1, name) for name in inputs) + b"".join(_field(2, name) for name in outputs)
    # OpenCV wants a name that no other node has.
    made += _field(3, outputs[0]) + _field(4, operation)
    return made + b"".join(_field(5, _attribute(name, value)) for name, value in attributes.items())


def network(
    nodes: Sequence[bytes],
    constants: Mapping[str, NDArray[np.generic]],
    inputs: Mapping[str, Sequence[int]],
    outputs: Mapping[str, Sequence[int]],
) -> bytes:
    """A whole file.

    Args:
        nodes: as :func:`node` makes them, each after those whose results it reads.
        constants: float32, float16 (computed with as float32) or whole numbers, by their names.
        inputs: shapes of the float32 inputs, by their names.
        outputs: the same of the outputs.
    """
    graph = b"".join(_field(1, one) for one in nodes) + _field(2, "network")
    graph += b"".join(_field(5, _constant(name, values)) for name, values in constants.items())
    graph += b"".join(_field(11, _described(name, shape)) for name, shape in inputs.items())
    graph += b"".join(_field(12, _described(name, shape)) for name, shape in outputs.items())
    return _number(1, _FORMAT) + _field(7, graph) + _field(8, _number(2, _OPERATIONS))


def _attribute(name: str, value: Attribute) -> bytes:
    match value:
        case int():
            return _field(1, name) + _number(3, value) + _number(20, _ONE_WHOLE)
        case float():
            # Field 2 holds a float of four bytes, which is kind 5.
            return (
                _field(1, name) + _varint(2 << 3 | 5) + np.float32(value).tobytes() + _number(20, _ONE_FLOAT)
            )
        case str():
            return _field(1, name) + _field(4, value) + _number(20, _ONE_WORD)
        case _:
            many = b"".join(_number(8, one) for one in value)
            return _field(1, name) + many + _number(20, _MANY_WHOLE)


def _constant(name: str, values: NDArray[np.generic]) -> bytes:
    if np.issubdtype(values.dtype, np.integer):
        kind, dtype = _WHOLE, "<i8"
    else:
        kind, dtype = (_HALF, "<f2") if values.dtype == np.float16 else (_FLOAT, "<f4")
    sides = b"".join(_number(1, side) for side in values.shape)
    return sides + _number(2, kind) + _field(8, name) + _field(9, values.astype(dtype, copy=False).tobytes())


def _described(name: str, shape: Sequence[int]) -> bytes:
    sides = b"".join(_field(1, _number(1, side)) for side in shape)
    return _field(1, name) + _field(2, _field(1, _number(1, _FLOAT) + _field(2, sides)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    """Seven bits a byte; a negative number as if it had 64 bits."""
    value &= 2**64 - 1
    made = bytearray()
    while value >= _MORE:
        made.append(value & (_MORE - 1) | _MORE)
        value >>= 7
    return bytes([*made, value])
