"""A file that holds room on the disk, so that the state can still be written when everything else is full.

It is filled with random bytes: zeros would take no room on a file system that compresses.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from system import sync

log = logging.getLogger(__name__)

NAME = "reserve"
_CHUNK = 1 << 20  # bytes


class Reserve:
    """The file. Its methods wait for the disk: call them in a thread.

    Args:
        folder: where it lies; on the same file system as the database.
        size: bytes; 0 for none.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._path = folder / NAME
        self._size = size

    @property
    def held(self) -> bool:
        """Whether the room is set aside."""
        return self._size == 0 or self._length() >= self._size

    def hold(self) -> bool:
        """Set the room aside, where the disk has twice as much to spare; whether it is set aside now."""
        if self.held:
            return True
        if shutil.disk_usage(self._path.parent).free < 2 * self._size:
            return False
        try:
            with self._path.open("wb") as file:
                self._path.chmod(0o600)
                for start in range(0, self._size, _CHUNK):
                    file.write(os.urandom(min(_CHUNK, self._size - start)))
                file.flush()
                os.fsync(file.fileno())
            sync(self._path.parent)
        except OSError as error:
            log.warning("could not set room aside on the disk: %s", error)
            self._path.unlink(missing_ok=True)
            return False
        return True

    def release(self) -> bool:
        """Give the room back; whether there was any."""
        try:
            length = self._length()
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("could not use the room that was set aside: %s", error)
            return False
        if length:
            log.warning("the disk is full: used the %d bytes that were set aside for the state", length)
        return length > 0

    def _length(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0
