"""One program for one database.

Two locks say so. The one on the lock file is known to every release. A lock file can be deleted, by a cleaner
or by somebody who takes it for a leftover, and the next program would make another; so the folder itself is
locked too, which nobody can replace without moving the database. Neither touches the locks that SQLite holds
on the database: those are of another kind (fcntl), on another file.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import system
from db.errors import DatabaseBusy

log = logging.getLogger(__name__)

_NO_FOLDER_LOCKS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems answer that cannot lock a folder; network ones, mostly."""


class Locks:
    """The locks on a database. The kernel releases them whenever the process ends."""

    def __init__(self, *descriptors: int) -> None:
        self._descriptors = descriptors

    def close(self) -> None:
        """Release the locks."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = ()


def take(path: Path) -> tuple[Path, Locks]:
    """Lock the database for this process.

    Returns:
        The absolute path, and what holds the lock.

    Raises:
        DatabaseBusy: another program holds it.
    """
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = _locked(path, os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600))
    try:
        opened = system.hold_folder(path.parent)
        folder = None if opened is None else _locked(path, opened)
    except DatabaseBusy:
        os.close(file)
        raise
    except OSError as error:
        if error.errno not in _NO_FOLDER_LOCKS:
            os.close(file)
            raise
        log.warning(
            "%s cannot be locked (%s): do not delete the lock file in it", path.parent, error.strerror
        )
        return path, Locks(file)
    return path, Locks(file) if folder is None else Locks(file, folder)


def _locked(path: Path, descriptor: int) -> int:
    try:
        system.lock(descriptor)
    except BlockingIOError:
        os.close(descriptor)
        raise DatabaseBusy(path) from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def taken(path: Path) -> Iterator[None]:
    """Hold the database for as long as the block lasts.

    Raises:
        DatabaseBusy: another program holds it.
    """
    _, locks = take(path)
    try:
        yield
    finally:
        locks.close()
