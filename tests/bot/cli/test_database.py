"""`framekiln backup`, `restore` and `check`."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from click.testing import CliRunner

from bot.cli.main import main
from db.queue import Queue
from db.sqlite.connection import Database
from db.sqlite.lock import taken
from tests.bot.fixtures import queued


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with a database of one job."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(tmp_path / "data"))

    async def fill():
        async with await Database.open(tmp_path / "data" / "framekiln.db") as db:
            await queued(Queue(db))

    asyncio.run(fill())
    return tmp_path / "data"


def run(*words: str, answer: str = ""):
    return CliRunner().invoke(main, words, input=answer)


def jobs(path) -> int:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT count(*) FROM job").fetchone()[0]
    finally:
        connection.close()


def test_a_backup_is_made_while_the_bot_holds_the_database(data, tmp_path):
    with taken(data / "framekiln.db"):
        made = run("backup")
        named = run("backup", "copy.db")
    assert (made.exit_code, named.exit_code) == (0, 0), made.output + named.output
    [daily] = (data / "backups").iterdir()
    assert str(daily) in made.output
    assert (jobs(daily), jobs(tmp_path / "copy.db")) == (1, 1)


def test_a_restore_sets_the_database_of_today_aside(data):
    run("backup")
    with sqlite3.connect(data / "framekiln.db") as today:
        today.execute("DELETE FROM job")
    today.close()
    assert run("restore", answer="n\n").exit_code == 1
    assert jobs(data / "framekiln.db") == 0
    done = run("restore", answer="y\n")
    assert done.exit_code == 0, done.output
    assert jobs(data / "framekiln.db") == 1
    [aside] = (data / "damaged").iterdir()
    assert str(aside) in done.output
    assert jobs(aside / "framekiln.db") == 0
    assert "set aside" in run("doctor").output


def test_nothing_is_restored_while_the_bot_runs(data):
    run("backup")
    with taken(data / "framekiln.db"):
        refused = run("restore", "--yes")
    assert refused.exit_code == 1
    assert "another bot is using" in refused.output


def test_what_is_no_backup_is_refused(data, tmp_path):
    wrong = tmp_path / "wrong.db"
    wrong.write_bytes(b"not a database.." * 100)
    refused = run("restore", str(wrong), "--yes")
    assert refused.exit_code == 1
    assert "cannot be used" in refused.output
    assert "no good backup" in run("restore", "--yes").output
    assert jobs(data / "framekiln.db") == 1


def test_a_check_says_that_all_is_well_or_what_is_not(data):
    assert run("check").exit_code == 0
    (data / "framekiln.db").write_bytes(b"not a database.." * 100)
    wrong = run("check")
    assert wrong.exit_code == 1
    assert "cannot be read" in wrong.output


@pytest.mark.parametrize("command", ["backup", "check"])
def test_a_missing_database_is_reported(tmp_path, monkeypatch, command):
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(tmp_path))
    assert "there is no database" in run(command).output
