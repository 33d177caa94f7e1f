"""Whether a file is still the one that it was, without reading it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Print = tuple[int, int, int]
"""Size, time and inode of a file."""


def print_of(path: Path) -> Print:
    """Of one file.

    Raises:
        OSError: it is not there.
    """
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def prints_of(paths: Iterable[Path]) -> frozenset[tuple[Path, Print]]:
    """Of files, and of all files in folders; what is not there, or is gone by now, has none."""
    prints = set()
    for path in paths:
        for file in path.rglob("*") if path.is_dir() else (path,):
            try:
                if file.is_file():
                    prints.add((file, print_of(file)))
            except OSError:
                continue
    return frozenset(prints)
