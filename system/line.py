"""A process that is started with a private line to its parent, as both halves describe it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import asyncio


@dataclass(frozen=True, kw_only=True)
class Begun:
    """The parent's end.

    Attributes:
        process: it was started.
        reader, writer: the line.
        output: what it prints.
        close_output: stops reading that.
    """

    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    output: asyncio.StreamReader
    close_output: Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Line:
    """The child's end.

    Attributes:
        lines: to read from.
        send: writes all bytes; raises OSError where the parent is gone. For one thread at a time.
    """

    lines: BinaryIO
    send: Callable[[bytes], None]
