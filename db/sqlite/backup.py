"""Backups: whole copies of the committed data, under names that sort by time.

A name that lies in the future was given under a wrong clock and says nothing of when: such a copy counts as
the oldest.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

from system import sync


def write_backup(connection: sqlite3.Connection, folder: Path, *, name: str, keep: int | None) -> Path:
    """Copy the database into ``folder``, and delete old copies of that name.

    The ``keep`` newest stay, and so does the last one of each of the ``keep`` newest days: somebody who makes
    several while mending something does not lose those from before. A copy stands under its final name only
    when it is whole and on the disk.

    Args:
        connection: outside a transaction.
        folder: made if it is not there.
        name: how the copies' names begin.
        keep: at least 1; None: delete no copy.
    """
    if keep is not None and keep < 1:
        raise ValueError("a backup that deletes itself is none: keep at least 1")
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / stamped(name)
    clear_unfinished(folder, name)
    write_copy(connection, final)
    if keep is not None:
        ordered = [final, *(copy for copy in copies(folder, name) if copy != final)]
        last_of: dict[str, Path] = {}
        for copy in ordered:
            last_of.setdefault(_day(copy, name), copy)
        kept = {*ordered[:keep], *list(last_of.values())[:keep]}
        for old in ordered:
            if old not in kept:
                old.unlink()
    return final


def _day(copy: Path, name: str) -> str:
    """The day, UTC, on which a copy was made, as its name has it."""
    return copy.name.removeprefix(f"{name}-").partition("T")[0]


def copies(folder: Path, name: str) -> list[Path]:
    """The backups in a folder, the newest first."""
    now = stamped(name)
    return sorted(folder.glob(f"{name}-*.db"), key=lambda copy: (copy.name <= now, copy.name), reverse=True)


def stamped(name: str) -> str:
    """The name of a copy that is made now."""
    return f"{name}-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S.%fZ}.db"


def clear_unfinished(folder: Path, name: str) -> None:
    """Delete what a process that died in the middle of a backup has left, SQLite's journal of it too."""
    for left in folder.glob(f"{name}-*.partial*"):
        left.unlink(missing_ok=True)


def write_copy(connection: sqlite3.Connection, path: Path) -> None:
    """Copy the database to a file, which appears whole or not at all.

    Args:
        connection: outside a transaction; one that may only read will do.
        path: its folder must exist; a file of that name is replaced.
    """
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)  # VACUUM wants it so
    try:
        copy_into(connection, partial)
        partial.chmod(0o600)
        sync(partial)
        partial.replace(path)
        sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def copy_into(connection: sqlite3.Connection, path: Path) -> None:
    """Write a whole, compact copy of the committed data.

    Args:
        connection: outside a transaction; one that may only read will do.
        path: not there yet, or an empty file.
    """
    connection.execute("VACUUM INTO ?", (str(path),))
