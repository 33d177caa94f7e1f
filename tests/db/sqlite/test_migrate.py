"""Older files are brought along, newer ones refused, and no step is half done."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from db.errors import NewerDatabase
from db.sqlite.connection import Database
from db.sqlite.migrate import Migration, migrate, shipped_migrations
from tests.db.asking import enqueued
from tests.policies import queue_on, stumble_limits
from tests.present import present

HISTORIC = Path(__file__).parent / "historic"

FIRST = Migration(version=1, name="0001_first.sql", sql="CREATE TABLE a (x)")
SECOND = Migration(version=2, name="0002_second.sql", sql="CREATE TABLE b (x); INSERT INTO b VALUES (1)")
BROKEN = Migration(
    version=2, name="0002_broken.sql", sql="CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)"
)


async def version(db):
    [(found,)] = await db.read("PRAGMA user_version")
    return found


def test_the_shipped_steps_are_numbered_without_a_gap():
    steps = shipped_migrations()
    assert [step.version for step in steps] == list(range(1, len(steps) + 1))
    assert steps


def test_steps_with_a_gap_are_refused():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(ValueError, match="without a gap"):
        migrate(connection, [SECOND], backup=lambda: None)
    connection.close()


async def test_a_new_database_gets_all_steps_and_no_backup(tmp_path):
    async with await Database.open(tmp_path / "bot.db", migrations=[FIRST, SECOND]) as db:
        assert await version(db) == 2
    assert not (tmp_path / "backups").exists()


async def test_an_older_database_is_backed_up_and_then_brought_along(tmp_path):
    async with await Database.open(tmp_path / "bot.db", migrations=[FIRST]):
        pass
    async with await Database.open(tmp_path / "bot.db", migrations=[FIRST, SECOND]) as db:
        assert await version(db) == 2
        assert len(await db.read("SELECT * FROM b")) == 1
    [copy] = (tmp_path / "backups").iterdir()
    before = sqlite3.connect(copy)
    assert before.execute("PRAGMA user_version").fetchone() == (1,)
    assert [name for (name,) in before.execute("SELECT name FROM sqlite_master")] == ["a"]
    before.close()


async def test_a_step_that_fails_leaves_the_version_before_it(tmp_path):
    async with await Database.open(tmp_path / "bot.db", migrations=[FIRST]):
        pass
    with pytest.raises(sqlite3.OperationalError, match="nowhere") as caught:
        await Database.open(tmp_path / "bot.db", migrations=[FIRST, BROKEN])
    assert "0002_broken.sql" in caught.value.__notes__[0]
    async with await Database.open(tmp_path / "bot.db", migrations=[FIRST]) as db:
        assert await version(db) == 1
        assert [row["name"] for row in await db.read("SELECT name FROM sqlite_master")] == ["a"]


async def test_a_newer_database_is_refused_and_left_alone(tmp_path):
    async with await Database.open(tmp_path / "bot.db", migrations=[FIRST, SECOND]):
        pass
    with pytest.raises(NewerDatabase) as caught:
        await Database.open(tmp_path / "bot.db", migrations=[FIRST])
    assert (caught.value.found, caught.value.known) == (2, 1)
    assert not (tmp_path / "backups").exists()


@pytest.mark.parametrize("dump", sorted(HISTORIC.glob("*.sql")), ids=lambda path: path.stem)
async def test_every_historic_database_opens_and_works(tmp_path, dump):
    old = sqlite3.connect(tmp_path / "bot.db")
    old.executescript(dump.read_text())
    old.close()
    async with await Database.open(tmp_path / "bot.db") as db:
        assert await version(db) == len(shipped_migrations())
        queue = queue_on(db)
        waiting, running, delivered = await queue.jobs.jobs_of(user=1, guild=100)
        assert (delivered.state, running.state, waiting.state) == ("delivered", "running", "queued")
        assert delivered.inputs == {"picture": "a" * 64}
        recovery = await queue.claims.recover(limits=stumble_limits())
        assert [job.id for job in recovery.requeued] == [running.id]
        assert present(await queue.claims.claim()).id == running.id
        await enqueued(queue, user=9)


def test_a_historic_database_is_kept_for_every_version():
    kept = [int(path.stem) for path in sorted(HISTORIC.glob("*.sql"))]
    assert kept == [step.version for step in shipped_migrations()]
