"""One connection, one process, whole transactions."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing

import pytest

from db.errors import CannotWrite, DatabaseBusy, DatabaseClosed, DatabaseDamaged, OldSqlite
from db.sqlite import connection
from db.sqlite.connection import Database


def put(key):
    return lambda connection: connection.execute("INSERT INTO meta VALUES (?, '')", (key,))


async def keys(db):
    return [row["key"] for row in await db.read("SELECT key FROM meta ORDER BY key")]


async def test_the_connection_is_durable(db):
    [(journal,)] = await db.read("PRAGMA journal_mode")
    [(synchronous,)] = await db.read("PRAGMA synchronous")
    [(foreign_keys,)] = await db.read("PRAGMA foreign_keys")
    [(busy,)] = await db.read("PRAGMA busy_timeout")
    assert (journal, synchronous, foreign_keys, busy) == ("wal", 2, 1, 5000)


def test_what_is_deleted_is_overwritten_also_by_an_sqlite_that_would_not(tmp_path):
    path = tmp_path / "bot.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        opened.execute("PRAGMA secure_delete = OFF").fetchall()
        connection._prepare(opened, path, [], tmp_path)
        assert opened.execute("PRAGMA secure_delete").fetchone()[0] == 1


async def test_a_second_opener_is_told_that_another_bot_uses_the_folder(db):
    with pytest.raises(DatabaseBusy, match="another bot is using the folder"):
        await Database.open(db.path)


async def test_a_closed_database_can_be_opened_again_and_has_everything(tmp_path):
    async with await Database.open(tmp_path / "bot.db") as first:
        await first.write(put("a"))
    async with await Database.open(tmp_path / "bot.db") as second:
        assert await keys(second) == ["a"]


async def test_closing_twice_is_closing_once_and_leaves_no_log(tmp_path):
    db = await Database.open(tmp_path / "bot.db")
    await db.write(put("a"))
    await db.close()
    await db.close()
    assert not (tmp_path / "bot.db-wal").exists()
    with pytest.raises(DatabaseClosed):
        await db.read("SELECT 1")
    with pytest.raises(DatabaseClosed):
        await db.write(put("b"))


async def test_the_files_are_private(db):
    await db.write(put("a"))
    for path in db.path.parent.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


async def test_what_raises_inside_a_transaction_leaves_nothing(db):
    def half(connection):
        put("a")(connection)
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        await db.write(half)
    await db.write(put("b"))
    assert await keys(db) == ["b"]


@pytest.mark.parametrize("bug", [False, True])
async def test_a_cancelled_write_ends_wholly_and_leaves_no_transaction_open(db, bug):
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection):
        put("a")(connection)
        begun.set()
        go_on.wait(10)
        if bug:
            raise KeyError("after the cancel")
        put("b")(connection)

    task = asyncio.create_task(db.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await db.write(put("c"))
    assert await keys(db) == (["c"] if bug else ["a", "b", "c"])


async def test_a_write_that_waits_for_its_turn_is_carried_out_though_its_caller_is_cancelled(db):
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection):
        begun.set()
        go_on.wait(10)

    first = asyncio.create_task(db.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    second = asyncio.create_task(db.write(put("a")))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    go_on.set()
    await first
    assert await keys(db) == ["a"]


async def test_close_waits_for_a_write_whose_caller_was_cancelled(tmp_path):
    db = await Database.open(tmp_path / "bot.db")
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection):
        begun.set()
        go_on.wait(10)
        put("a")(connection)

    task = asyncio.create_task(db.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    closing = asyncio.create_task(db.close())
    await asyncio.sleep(0)
    go_on.set()
    await closing
    async with await Database.open(tmp_path / "bot.db") as again:
        assert await keys(again) == ["a"]


async def test_concurrent_writes_all_arrive(db):
    await asyncio.gather(*(db.write(put(f"{number:03}")) for number in range(50)))
    assert len(await keys(db)) == 50


async def test_the_time_in_the_database_is_counted(db):
    calls, seconds = db.calls, db.busy_seconds
    await db.write(put("a"))
    await keys(db)
    assert db.calls == calls + 2
    assert db.busy_seconds > seconds


@pytest.mark.parametrize("damage", ["header", "page"])
async def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path, damage):
    path = tmp_path / "bot.db"
    async with await Database.open(path) as db:
        for number in range(500):
            await db.write(put(f"{number} " * 20))
    data = bytearray(path.read_bytes())
    if damage == "header":
        data[:16] = b"not a database.."
    else:
        middle = len(data) // 2 // 4096 * 4096
        data[middle : middle + 64] = b"\xff" * 64
    path.write_bytes(data)
    with pytest.raises(DatabaseDamaged, match="nothing was changed"):
        await Database.open(path)
    assert path.read_bytes() == bytes(data)
    with pytest.raises(DatabaseDamaged):  # the lock was let go of
        await Database.open(path)


async def test_an_old_sqlite_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(OldSqlite, match=r"3\.35"):
        await Database.open(tmp_path / "bot.db")


async def test_a_full_disk_keeps_what_was_acknowledged_and_heals(db):
    [(pages,)] = await db.read("PRAGMA page_count")
    await db.read(f"PRAGMA max_page_count = {pages + 20}")
    acknowledged = []

    async def fill():
        for number in range(1000):
            key = f"{number:04} {'x' * 500}"
            await db.write(put(key))
            acknowledged.append(key)

    with pytest.raises(CannotWrite) as caught:
        await fill()
    assert isinstance(caught.value, OSError)
    assert acknowledged
    assert await keys(db) == acknowledged
    assert [tuple(row) for row in await db.read("PRAGMA integrity_check")] == [("ok",)]
    await db.read("PRAGMA max_page_count = 100000")
    await db.write(put("afterwards"))
    assert "afterwards" in await keys(db)


async def test_a_backup_holds_the_committed_data_and_only_the_newest_are_kept(db, tmp_path):
    folder = tmp_path / "copies"
    made = []
    for number in range(4):
        await db.write(put(f"{number}"))
        made.append(await db.backup(folder, keep=2))
    assert sorted(folder.iterdir()) == made[-2:]
    copy = sqlite3.connect(made[-1])
    assert [key for (key,) in copy.execute("SELECT key FROM meta ORDER BY key")] == ["0", "1", "2", "3"]
    copy.close()


async def test_what_a_process_left_that_died_while_it_copied_is_swept(db, tmp_path):
    left = tmp_path / "bot-20260101T000000.000000Z.partial"
    left.write_bytes(b"half a copy")
    await db.backup(tmp_path, keep=7)
    assert not left.exists()


async def test_a_backup_that_keeps_nothing_is_refused(db, tmp_path):
    with pytest.raises(ValueError, match="at least 1"):
        await db.backup(tmp_path, keep=0)


async def test_what_a_backup_that_was_killed_has_left_is_gone_after_the_next_start(tmp_path):
    backups = tmp_path / "backups"
    backups.mkdir()
    kept = backups / "bot-20260101T000000.000000Z.db"
    for path in (kept, *(kept.with_suffix(end) for end in (".partial", ".partial-journal"))):
        path.touch()
    async with await Database.open(tmp_path / "bot.db"):
        assert list(backups.iterdir()) == [kept]
