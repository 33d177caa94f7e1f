"""Erases members from the copies of the database: daily backups, and databases that were set aside.

Each copy says itself how much of the list of the erased has been done in it, so there is nothing to
remember: whatever is behind is made anew, at any time and as often as it takes. The work is done on a copy of
the copy, over a connection of its own. The new file takes the old name when it is whole and on the disk.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from db.privacy.erase import Eraser
from db.sqlite.backup import write_copy
from db.sqlite.migrate import migrate, shipped_migrations
from db.sqlite.rescue import ASIDE, arriving, flaw
from system import sync

WORK = "erasing"
"""The folder beside a copy for what is being made anew; nothing in it is needed after a crash."""

LOG = "-wal"
ABANDONED = 3600.0
"""Seconds after which no process is still writing a backup."""


class Copies:
    """Every copy of one database that the bot knows of. Its methods block, and may run in any thread."""

    def __init__(
        self, database: Path, backups: Path, *, eraser: Eraser, clock: Callable[[], float] = time.time
    ) -> None:
        """Make one.

        Args:
            database: the one that is in use; what was set aside lies beside it.
            backups: the folder of the daily copies.
            eraser: knows who was erased.
            clock: Unix seconds.
        """
        self._database = database
        self._backups = backups
        self._eraser = eraser
        self._clock = clock

    def sweep(self) -> None:
        """Delete what a process that was killed in the middle has left of a copy."""
        for folder in self._folders():
            shutil.rmtree(folder / WORK, ignore_errors=True)
            for half in folder.glob("*.partial"):
                if self._clock() - half.stat().st_mtime > ABANDONED:
                    half.unlink(missing_ok=True)
        arriving(self._database).unlink(missing_ok=True)

    def behind(self) -> list[Path]:
        """The copies that may still hold a member who was erased, the newest first."""
        erased = len(self._eraser.pseudonyms.erased())
        return [path for path in self._all() if self._done_in(path) < erased] if erased else []

    def renew(self, path: Path) -> str | None:
        """Replace a copy with a new one: of today's version, without the erased members.

        Memory does not grow with the file. A kill leaves the old file or the new one.

        Returns:
            Why that cannot be done; the file is then as it was. None where it was done.

        Raises:
            OSError, sqlite3.Error: the disk is full or failing; the file is as it was.
        """
        work = path.parent / WORK
        work.mkdir(mode=0o700)
        try:
            return self._renew(path, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _folders(self) -> list[Path]:
        return [self._backups, *sorted((self._database.parent / ASIDE).glob("*/"), reverse=True)]

    def _all(self) -> Iterator[Path]:
        for folder in self._folders():
            for path in sorted(folder.glob("*.db"), reverse=True):
                # A restore that was cut off in the middle has given the one file both names.
                if not (self._database.exists() and path.samefile(self._database)):
                    yield path

    def _done_in(self, path: Path) -> int:
        try:
            with closing(_opened(path)) as connection:
                return self._eraser.applied(connection)
        except sqlite3.Error:  # of an older version, or none of ours: making it anew will tell
            return 0

    def _renew(self, path: Path, work: Path) -> str | None:
        old, new = work / "old.db", work / "new.db"
        log = path.with_name(path.name + LOG)
        try:
            shutil.copyfile(path, old)
            if log.exists():
                shutil.copyfile(log, old.with_name(old.name + LOG))
                _fold(old)
        except FileNotFoundError:  # its days were over just now
            return None
        except sqlite3.DatabaseError as error:
            return str(error)
        steps = shipped_migrations()
        if (wrong := flaw(old, len(steps))) is not None:
            return wrong
        if log.exists():
            _fold(path)  # it is sound, and what stands in its log would be read into the new file
        with closing(sqlite3.connect(old, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
            connection.execute("PRAGMA synchronous = OFF")  # only what comes of it is kept
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(connection, steps, backup=lambda: None)
            connection.execute("BEGIN")
            self._eraser.erase_again(connection, self._clock())
            connection.execute("COMMIT")
            write_copy(connection, new)  # no page of it has ever held anything else
        if path.exists():
            new.replace(path)
            sync(path.parent)
        return None


def _opened(path: Path) -> sqlite3.Connection:
    """A connection that only reads, and makes no files beside it."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)


def _fold(path: Path) -> None:
    """Fold a database's log into it, as safely as SQLite does."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
