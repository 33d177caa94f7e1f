"""Reads TensorFlow Lite's files, which are FlatBuffers: tables that point at their fields.

Only what the eyes need: one graph of float numbers. Source: TensorFlow's ``schema.fbs``; a field's number
is its place in its table.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

_KINDS = {0: "<f4", 1: "<f2", 2: "<i4", 4: "<i8"}
"""numpy's names for the kinds of numbers in a tensor, by the file's."""


class BadFile(ValueError):
    """It is no such file, or one with what is not known here."""


class Operation(IntEnum):
    """What a step does, by the file's number for it."""

    ADD = 0
    CONCATENATION = 2
    CONV = 3
    DEPTHWISE_CONV = 4
    DEQUANTIZE = 6
    FULLY_CONNECTED = 9
    LOGISTIC = 14
    MAX_POOL = 17
    RESHAPE = 22
    RESIZE_BILINEAR = 23
    PAD = 34
    MEAN = 40
    PRELU = 54


class _Table:
    """A table of a FlatBuffer."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def number(self, field: int, kind: str, default: int = 0) -> int:
        """A number; ``kind`` is one of :mod:`struct`'s letters."""
        at = self._place(field)
        return int(struct.unpack_from(f"<{kind}", self._data, at)[0]) if at else default

    def table(self, field: int) -> _Table:
        """A table in a field; an empty one if there is none."""
        return _Table(self._data, self._pointed(field))

    def tables(self, field: int) -> list[_Table]:
        """The tables of a list."""
        at, count = self._list(field)
        return [_Table(self._data, _pointed_from(self._data, at + 4 * n)) for n in range(count)]

    def numbers(self, field: int, kind: str) -> NDArray[np.generic]:
        """The numbers of a list; ``kind`` is numpy's name of their type."""
        at, count = self._list(field)
        return np.frombuffer(self._data, kind, count, at)

    def text(self, field: int) -> str:
        """A text."""
        return self.numbers(field, "u1").tobytes().decode()

    def _place(self, field: int) -> int:
        """Where a field is in the file; 0: it is left out."""
        if not self._at:
            return 0
        fields = self._at - struct.unpack_from("<i", self._data, self._at)[0]
        entry = 4 + 2 * field
        if entry >= struct.unpack_from("<H", self._data, fields)[0]:
            return 0
        offset = struct.unpack_from("<H", self._data, fields + entry)[0]
        return self._at + offset if offset else 0

    def _pointed(self, field: int) -> int:
        at = self._place(field)
        return _pointed_from(self._data, at) if at else 0

    def _list(self, field: int) -> tuple[int, int]:
        at = self._pointed(field)
        return (at + 4, struct.unpack_from("<I", self._data, at)[0]) if at else (0, 0)


def _pointed_from(data: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<I", data, at)[0])


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """An array that steps read and make.

    Attributes:
        name: as the file has it.
        shape: its sides; of a picture: how many, rows, columns, channels.
        values: of a constant; None: it is computed.
    """

    name: str
    shape: tuple[int, ...]
    values: NDArray[np.generic] | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One operation.

    Attributes:
        inputs, outputs: numbers of tensors; -1 for an input that is left out.
        options: how it is done.
    """

    operation: Operation
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: _Table


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A network.

    Attributes:
        tensors: by their numbers.
        steps: each after those whose results it reads.
        inputs: numbers of the tensors that are given.
    """

    tensors: tuple[Tensor, ...]
    steps: tuple[Step, ...]
    inputs: tuple[int, ...]


def read_graph(data: bytes) -> Graph:
    """Read a file.

    Raises:
        BadFile: see there.
    """
    try:
        model = _Table(data, _pointed_from(data, 0))
        # Numbers above 127 are in a field of their own, which older files lack.
        codes = [max(code.number(0, "b"), code.number(3, "i")) for code in model.tables(1)]
        buffers = model.tables(4)
        graph = model.tables(2)[0]
        return Graph(
            tensors=tuple(_tensor(one, buffers) for one in graph.tables(0)),
            steps=tuple(_step(one, codes) for one in graph.tables(3)),
            inputs=_whole(graph, 1),
        )
    except (struct.error, IndexError, ValueError) as error:
        raise BadFile("it is no TFLite network that is known here") from error


def _tensor(table: _Table, buffers: list[_Table]) -> Tensor:
    shape, values = _whole(table, 0), buffers[table.number(2, "I")].numbers(0, "u1")
    if not values.size:
        return Tensor(name=table.text(3), shape=shape, values=None)
    kind = _KINDS.get(table.number(1, "b"))
    if kind is None:
        raise BadFile("numbers of an unknown kind")
    return Tensor(
        name=table.text(3), shape=shape, values=np.frombuffer(values.tobytes(), kind).reshape(shape)
    )


def _step(table: _Table, codes: list[int]) -> Step:
    return Step(
        operation=Operation(codes[table.number(0, "I")]),
        inputs=_whole(table, 1),
        outputs=_whole(table, 2),
        options=table.table(4),
    )


def _whole(table: _Table, field: int) -> tuple[int, ...]:
    return tuple(int(one) for one in table.numbers(field, "<i4"))
