"""A database that cannot be trusted is set aside as it is, and a backup replaces it.

Nothing is deleted until the owner's number of days has passed. Wherever the program is interrupted, the next
start finds the old files or the new one: the backup is copied beside the database, then renamed over it.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.sqlite.backup import copies
from db.states import OPEN, sql_list
from system import sync

ASIDE = "damaged"
"""The folder beside the database for what was set aside."""

_STAMP = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, kw_only=True)
class Rescue:
    """What was done.

    Attributes:
        reason: what SQLite said about the old file; "" if the owner asked for the backup.
        aside: the folder with the old files; None if there were none.
        backup: what replaced them; None if there was no good backup, and a new database was made.
    """

    reason: str
    aside: Path | None
    backup: Path | None

    def __str__(self) -> str:
        now = "a new, empty database was started, because there is no good backup"
        if self.backup is not None:
            now = f"{self.backup.name} took its place"
        return f"the old database is in {self.aside}, untouched; {now}" if self.aside else now


def rescue(path: Path, backups: Path, *, reason: str, version: int) -> Rescue:
    """Set a damaged database aside and replace it with the newest good backup. The caller holds the lock.

    Args:
        path: the database.
        backups: where copies of it are.
        reason: what is wrong with it.
        version: the newest that this program knows.
    """
    good = (copy for copy in copies(backups, path.stem) if flaw(copy, version) is None)
    return put_in_place(path, next(good, None), reason=reason)


def flaw(path: Path, version: int) -> str | None:
    """Why a copy cannot replace the database, or None if it can.

    Args:
        path: a file that no process writes.
        version: the newest that this program knows.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            problems = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            [(found,)] = connection.execute("PRAGMA user_version")
    except sqlite3.DatabaseError as error:
        return str(error)
    if problems != ["ok"]:
        return str(problems[0])
    if found > version:
        return f"it has version {found}, this program knows up to {version}"
    return None if found else "it has no queue"


def put_in_place(path: Path, backup: Path | None, *, reason: str = "") -> Rescue:
    """Let a backup, or none, take the place of the database. The caller holds the lock.

    Since a backup was made, some of its jobs may have been posted: each is looked for before it is posted.
    """
    new = arriving(path)
    new.unlink(missing_ok=True)
    if backup is not None:
        shutil.copyfile(backup, new)
        new.chmod(0o600)
        _look_before_posting(new)
        sync(new)
    aside = _set_aside(path)
    if backup is not None:
        new.replace(path)
    else:
        path.unlink(missing_ok=True)  # it has another name by now
    sync(path.parent)
    return Rescue(reason=reason, aside=aside, backup=backup)


def drop_set_aside(path: Path, *, before: float) -> int:
    """Delete what was set aside before this time, Unix seconds; return how many databases that was."""
    gone = 0
    for folder in (path.parent / ASIDE).glob("*/"):
        try:
            at = dt.datetime.strptime(folder.name, _STAMP).replace(tzinfo=dt.UTC)
        except ValueError:
            continue  # not by us
        if at.timestamp() < before:
            shutil.rmtree(folder)
            gone += 1
    return gone


def arriving(path: Path) -> Path:
    """The temporary name of the file that will replace a database."""
    return path.with_name(path.name + ".arriving")


def _set_aside(path: Path) -> Path | None:
    """Give the old files a second home. The database itself keeps its name until another takes it."""
    if not path.exists():
        return None
    stamp = dt.datetime.now(dt.UTC).strftime(_STAMP)
    aside = path.parent / ASIDE / stamp
    aside.mkdir(parents=True, mode=0o700)
    os.link(path, aside / path.name)
    for ending in ("-wal", "-shm"):
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.rename(aside / beside.name)
    sync(aside)
    sync(aside.parent)
    return aside


def _look_before_posting(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        connection.execute(
            f"UPDATE job SET post_attempts = max(post_attempts, 1) WHERE state IN ({sql_list(OPEN)})"
        )
        connection.commit()
