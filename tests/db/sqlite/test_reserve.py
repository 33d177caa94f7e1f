"""Room that is set aside, so that the state can be written on a full disk. The disk here is really full."""

from __future__ import annotations

import ctypes
import os
import sqlite3
from contextlib import closing, suppress

import pytest

from db.errors import CannotWrite
from db.sqlite.connection import Database
from db.sqlite.reserve import Reserve

SIZE = 256 * 1024
MNT_DETACH = 2


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB; skipped where mounting is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"size=3m") != 0:
        pytest.skip(f"mounting is not allowed here: {os.strerror(ctypes.get_errno())}")
    yield folder
    assert libc.umount2(os.fsencode(folder), MNT_DETACH) == 0


def fill(folder):
    """Leave not a byte."""
    with (folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def put(key):
    return lambda connection: connection.execute("INSERT INTO meta VALUES (?, hex(randomblob(8000)))", (key,))


async def test_the_state_can_be_written_on_a_full_disk_and_requests_cannot(small_disk):
    async with await Database.open(small_disk / "bot.db", reserve=SIZE) as db:
        fill(small_disk)
        with suppress(CannotWrite):
            for number in range(100):
                await db.write(put(f"request {number}"), reserved=False)
        with pytest.raises(CannotWrite, match="full"):
            await db.write(put("request 100"), reserved=False)
        assert db.reserve.held
        for number in range(5):
            await db.write(put(f"state {number}"))
        assert not db.reserve.held
        (small_disk / "filler").unlink()
        assert db.reserve.hold()
    with closing(sqlite3.connect(small_disk / "bot.db")) as after:
        found = after.execute("SELECT count(*) FROM meta WHERE key LIKE 'state %'").fetchone()
        assert found == (5,)
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_database_is_closed_on_a_full_disk_and_nothing_of_it_is_lost(small_disk, caplog):
    async with await Database.open(small_disk / "bot.db") as db:
        for number in range(20):
            await db.write(put(f"state {number}"))
        fill(small_disk)
    assert "is closed with its log beside it: database or disk is full" in caplog.text
    (small_disk / "filler").unlink()
    async with await Database.open(small_disk / "bot.db") as db:
        [(found,)] = await db.read("SELECT count(*) FROM meta WHERE key LIKE 'state %'")
    assert found == 20


def test_the_room_is_really_taken_and_given_back(tmp_path):
    reserve = Reserve(tmp_path, SIZE)
    assert not reserve.held
    assert reserve.hold()
    [file] = tmp_path.iterdir()
    assert file.stat().st_blocks * 512 >= SIZE
    assert file.stat().st_mode & 0o777 == 0o600
    assert reserve.release()
    assert not reserve.release(), "there is nothing more to give"


def test_no_room_is_set_aside_where_that_would_fill_the_disk(tmp_path, monkeypatch):
    class Full:
        free = SIZE

    monkeypatch.setattr("db.sqlite.reserve.shutil.disk_usage", lambda _: Full)
    assert not Reserve(tmp_path, SIZE).hold()
    assert list(tmp_path.iterdir()) == []


def test_an_owner_can_do_without(tmp_path):
    reserve = Reserve(tmp_path, 0)
    assert reserve.held
    assert reserve.hold()
    assert not reserve.release()
    assert list(tmp_path.iterdir()) == []
