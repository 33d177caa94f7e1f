"""What members attach, before it is fetched, and the file that it becomes."""

from __future__ import annotations

import os
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


def is_empty(data: bytes | BinaryIO) -> bool:
    """Whether there is nothing in a file, given as its bytes or open."""
    return not data if isinstance(data, bytes) else os.fstat(data.fileno()).st_size == 0
