"""One program for one database."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.errors import DatabaseBusy


def take(path: Path) -> tuple[Path, int]:
    """Lock the database for this process; the kernel releases the lock whenever the process ends.

    Returns:
        The absolute path, and a descriptor; closing it releases the lock.

    Raises:
        DatabaseBusy: another program holds it.
    """
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise DatabaseBusy(path) from None
    except BaseException:
        os.close(fd)
        raise
    return path, fd


@contextmanager
def taken(path: Path) -> Iterator[None]:
    """Hold the database for as long as the block lasts.

    Raises:
        DatabaseBusy: another program holds it.
    """
    _, fd = take(path)
    try:
        yield
    finally:
        os.close(fd)
