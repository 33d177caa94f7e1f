"""One program for one database, whatever a cleaner deletes."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import stat

import pytest

from db.errors import DatabaseBusy
from db.sqlite.connection import Database
from db.sqlite.lock import take, taken


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "framekiln.db"


async def test_a_second_bot_cannot_start_though_the_lock_file_was_deleted(path):
    async with await Database.open(path):
        path.with_name("framekiln.db.lock").unlink()
        with pytest.raises(DatabaseBusy, match="another bot is using the folder"):
            await Database.open(path)
    async with await Database.open(path):
        pass


def test_the_folder_is_free_again_after_each_end(path):
    for _ in range(2):
        with taken(path), pytest.raises(DatabaseBusy):
            take(path)


def test_a_refused_program_lets_go_of_what_it_had(path):
    with taken(path):
        path.with_name("framekiln.db.lock").unlink()
        for _ in range(2):
            with pytest.raises(DatabaseBusy):
                take(path)
    with taken(path):
        pass


async def test_sqlites_own_locks_hold_as_before(path):
    async with await Database.open(path) as database:
        await database.write(lambda connection: connection.execute("CREATE TABLE t (x)"))
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            sqlite3.connect(path, timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
        other.close()


def test_a_file_system_that_locks_no_folder_leaves_the_lock_file(path, monkeypatch, caplog):
    real = fcntl.flock

    def flock(descriptor, how):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with taken(path), pytest.raises(DatabaseBusy):
        take(path)
    assert "cannot be locked" in caplog.text


def test_another_error_of_the_folder_is_not_hidden(path, monkeypatch):
    real = fcntl.flock

    def flock(descriptor, how):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="Input/output"):
        take(path)
    monkeypatch.undo()
    with taken(path):
        pass
