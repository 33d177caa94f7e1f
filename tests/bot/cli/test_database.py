"""`framekiln backup`, `restore` and `check`."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from click.testing import CliRunner

from bot.cli.main import main
from db.sqlite.connection import Database
from db.sqlite.lock import taken
from tests.bot.fixtures import queued
from tests.policies import queue_on


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with a database of one job."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(tmp_path / "data"))

    async def fill():
        async with await Database.open(tmp_path / "data" / "framekiln.db") as db:
            await queued(queue_on(db))

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


@pytest.mark.parametrize(
    "name",
    ["framekiln.db", "framekiln.db-wal", "framekiln.db.lock", "blobs/x.db", "backups/x.db", "spool/x.db"],
)
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_backup_never_goes_over_the_database_while_it_is_in_use(data, name, force):
    (data / "blobs").mkdir()
    with taken(data / "framekiln.db"):
        before = (data / "framekiln.db").stat().st_ino
        refused = run("backup", str(data / name), *force)
    assert refused.exit_code == 1
    assert "cannot be written" in refused.output
    assert (data / "framekiln.db").stat().st_ino == before
    assert jobs(data / "framekiln.db") == 1


def test_a_backup_into_the_data_folder_is_one_of_the_daily_ones(data):
    """An erasure reaches those; a copy elsewhere in the folder would keep what was to go."""
    for folder in (data, data / "backups"):
        made = run("backup", str(folder))
        assert made.exit_code == 0, made.output
    assert len(list((data / "backups").iterdir())) == 2
    assert not list(data.glob("framekiln-*"))


def test_backups_in_a_folder_have_their_date_and_do_not_replace_each_other(data, tmp_path):
    (tmp_path / "safe").mkdir()
    for _ in range(2):
        assert run("backup", str(tmp_path / "safe")).exit_code == 0
    copies = list((tmp_path / "safe").iterdir())
    assert [jobs(copy) for copy in copies] == [1, 1]
    assert {copy.stat().st_mode & 0o777 for copy in copies} == {0o600}


def test_a_backup_replaces_a_file_only_by_force(data, tmp_path):
    kept = tmp_path / "copy.db"
    kept.write_text("a year of work")
    refused = run("backup", str(kept))
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert kept.read_text() == "a year of work"
    assert run("backup", str(kept), "--force").exit_code == 0
    assert jobs(kept) == 1


def test_the_database_cannot_be_restored_from_itself(data):
    for file in (data / "framekiln.db", data / "backups" / ".." / "framekiln.db"):
        (data / "backups").mkdir(exist_ok=True)
        refused = run("restore", str(file), "--yes")
        assert refused.exit_code == 1
        assert "is the database itself" in refused.output
    assert not (data / "damaged").exists()


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
