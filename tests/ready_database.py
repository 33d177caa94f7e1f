"""Databases that have had every migration: most tests want one, and the migrations take 15 ms each time."""

from __future__ import annotations

import functools
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from db.sqlite.migrate import migrate, shipped_migrations


def put_database(path: Path) -> Path:
    """Leave an empty database of the newest version at ``path``; its folder is made if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(_migrated())
    return path


@functools.cache
def _migrated() -> bytes:
    """Such a database, made once in a process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection, shipped_migrations(), backup=lambda: None)
        return path.read_bytes()
