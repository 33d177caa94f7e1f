"""Small TFLite files: FlatBuffers, written from the root down, so that each points at what follows."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.vision.tflite_file import Operation

Fields = Mapping[int, Any]
"""A table: a pair of one of struct's letters and a number, a table, a list of tables, an array, or a text."""

_OPTIONS = {
    Operation.ADD: 11,
    Operation.CONCATENATION: 10,
    Operation.CONV: 1,
    Operation.DEPTHWISE_CONV: 2,
    Operation.FULLY_CONNECTED: 8,
    Operation.MAX_POOL: 5,
    Operation.RESIZE_BILINEAR: 15,
    Operation.MEAN: 27,
}
"""The schema's numbers for the kinds of options."""


@dataclass
class File:
    """A network that is put together step by step."""

    tensors: list[Fields] = field(default_factory=list)
    buffers: list[Fields] = field(default_factory=lambda: [{}])
    steps: list[Fields] = field(default_factory=list)

    def tensor(self, name: str, shape: Sequence[int]) -> int:
        """Add one that is computed; its number."""
        self.tensors.append({0: np.array(shape, "<i4"), 3: name})
        return len(self.tensors) - 1

    def constant(self, values: NDArray[np.generic]) -> int:
        """Add one with values; its number."""
        kind = {"float32": 0, "float16": 1, "int32": 2}[str(values.dtype)]
        self.buffers.append({0: np.frombuffer(values.tobytes(), np.uint8)})
        buffer = len(self.buffers) - 1
        self.tensors.append(
            {0: np.array(values.shape, "<i4"), 1: ("b", kind), 2: ("I", buffer), 3: f"constant {buffer}"}
        )
        return len(self.tensors) - 1

    def step(self, operation: int, inputs: Sequence[int], output: int, options: Fields | None = None) -> int:
        """Add a step; the number of what it makes."""
        one: dict[int, Any] = {0: ("I", operation), 1: np.array(inputs, "<i4"), 2: np.array([output], "<i4")}
        if options is not None:
            one |= {3: ("B", _OPTIONS[Operation(operation)]), 4: options}
        self.steps.append(one)
        return output

    def written(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """The file."""
        codes = [{0: ("b", code), 3: ("i", code)} for code in range(128)]
        graph = {
            0: self.tensors,
            1: np.array(inputs, "<i4"),
            2: np.array(outputs, "<i4"),
            3: self.steps,
        }
        data = bytearray(b"\0\0\0\0TFL3")
        struct.pack_into("<I", data, 0, _put(data, {0: ("I", 3), 1: codes, 2: [graph], 4: self.buffers}))
        return bytes(data)


def _put(data: bytearray, what: Any) -> int:
    """Append something and all that it points at; where it is."""
    if isinstance(what, Mapping):
        return _put_table(data, what)
    if isinstance(what, str):
        what = np.frombuffer(what.encode(), np.uint8)
    _pad(data, 16, 4)
    at = len(data)
    data += struct.pack("<I", len(what))
    if isinstance(what, np.ndarray):
        data += what.tobytes() + b"\0"
        return at
    data += bytes(4 * len(what))
    for n, one in enumerate(what):
        place = at + 4 + 4 * n
        struct.pack_into("<I", data, place, _put(data, one) - place)
    return at


def _put_table(data: bytearray, fields: Fields) -> int:
    count = max(fields, default=-1) + 1
    size, places = 4, [0] * count
    for number, value in sorted(fields.items()):
        length = struct.calcsize(value[0]) if isinstance(value, tuple) else 4
        size += -size % length
        places[number] = size
        size += length
    _pad(data, 4, 2 * count % 4)  # its list of fields ends where the table begins
    data += struct.pack(f"<HH{count}H", 4 + 2 * count, size, *places)
    at = len(data)
    data += struct.pack("<i", 4 + 2 * count) + bytes(size - 4)
    for number, value in fields.items():
        place = at + places[number]
        if isinstance(value, tuple):
            struct.pack_into(f"<{value[0]}", data, place, value[1])
        else:
            struct.pack_into("<I", data, place, _put(data, value) - place)
    return at


def _pad(data: bytearray, to: int, before: int) -> None:
    """Make what comes after so many bytes begin at a multiple."""
    data += bytes(-(len(data) + before) % to)
