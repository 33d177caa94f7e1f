"""What members attach, before it is fetched, and the file that it becomes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class Attachment(Protocol):
    """The part of :class:`discord.Attachment` that is used. Its name and declared type are not."""

    @property
    def url(self) -> str:
        """Where the bytes are."""
        ...

    @property
    def size(self) -> int:
        """How many there are, as Discord says."""
        ...


@dataclass(frozen=True)
class Uploaded:
    """A file that has arrived already; an attachment that need not be fetched.

    Attributes:
        file: open, at its beginning. Whoever takes it in closes it.
        size: bytes.
        url: nowhere.
    """

    file: BinaryIO
    size: int
    url: str = ""


@dataclass(frozen=True)
class Remembered:
    """An attachment that was written down; Discord keeps what its address leads to for about a day.

    Attributes:
        url: where the bytes are.
        size: how many there are.
        spoiler: it was sent as one.
    """

    url: str
    size: int
    spoiler: bool = False


def is_empty(data: bytes | BinaryIO) -> bool:
    """Whether there is nothing in a file, given as its bytes or open."""
    return not data if isinstance(data, bytes) else os.fstat(data.fileno()).st_size == 0
