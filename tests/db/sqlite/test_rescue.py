"""A damaged database is set aside whole, the newest good backup takes its place, and nothing is deleted."""

from __future__ import annotations

import sqlite3

import pytest

from db.errors import DatabaseBusy, DatabaseDamaged
from db.files import Blobs
from db.sqlite.backup import copies
from db.sqlite.connection import Database
from db.sqlite.integrity import problems
from db.sqlite.lock import taken
from db.sqlite.rescue import flaw, put_in_place
from db.states import JobId
from tests.db.asking import enqueued, rendered
from tests.policies import queue_on
from tests.present import present

NOT_A_DATABASE = b"not a database.." * 100


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bot.db"


async def filled(path, jobs: int) -> list[JobId]:
    """A database with so many jobs, and a backup after each."""
    made = []
    async with await Database.open(path) as db:
        for _ in range(jobs):
            made.append((await enqueued(queue_on(db))).id)
            await db.backup(path.parent / "backups", keep=7)
    return made


async def ids(db) -> list[str]:
    return [row["id"] for row in await db.read("SELECT id FROM job ORDER BY seq")]


async def test_the_newest_good_backup_takes_the_place_of_a_damaged_database(path):
    made = await filled(path, 3)
    backups = sorted((path.parent / "backups").iterdir())
    backups[-1].write_bytes(NOT_A_DATABASE)
    path.write_bytes(NOT_A_DATABASE)
    path.with_name("bot.db-wal").write_bytes(b"a log")
    async with await Database.open(path, mend=True) as db:
        assert await ids(db) == made[:2]
        assert present(db.rescued).backup == backups[-2]
        aside = present(present(db.rescued).aside)
    assert (aside / "bot.db").read_bytes() == NOT_A_DATABASE
    assert (aside / "bot.db-wal").read_bytes() == b"a log"
    assert backups[-1].exists()
    async with await Database.open(path, mend=True) as db:
        assert db.rescued is None


async def test_without_a_good_backup_a_new_database_is_begun_and_the_old_one_kept(path):
    path.write_bytes(NOT_A_DATABASE)
    async with await Database.open(path, mend=True) as db:
        assert await ids(db) == []
        assert present(db.rescued).backup is None
        assert (present(present(db.rescued).aside) / "bot.db").read_bytes() == NOT_A_DATABASE
        assert "no good backup" in str(db.rescued)


async def test_an_empty_file_beside_a_log_is_damaged_and_the_log_is_kept(path):
    await filled(path, 1)
    path.write_bytes(b"")
    log = path.with_name("bot.db-wal")
    log.write_bytes(b"all that there is")
    async with await Database.open(path, mend=True) as db:
        assert len(await ids(db)) == 1
        assert (present(present(db.rescued).aside) / log.name).read_bytes() == b"all that there is"


async def test_a_database_is_only_mended_where_that_is_wanted(path):
    path.write_bytes(NOT_A_DATABASE)
    with pytest.raises(DatabaseDamaged):
        await Database.open(path)
    assert path.read_bytes() == NOT_A_DATABASE
    assert not (path.parent / "damaged").exists()


async def test_what_was_posted_since_the_backup_is_looked_for_before_it_is_posted_again(path):
    async with await Database.open(path) as db:
        queue = queue_on(db)
        await rendered(queue)
        backup = await db.backup(path.parent / "backups", keep=7)
    put_in_place(path, backup)
    async with await Database.open(path) as db:
        queue = queue_on(db)
        [job] = await queue.delivery.to_deliver()
        assert present(await queue.delivery.begin_posting(job.id)).post_attempts == 2


@pytest.mark.parametrize("dies_at", ["link", "rename", "replace"])
async def test_whatever_ends_it_on_the_way_the_next_start_finds_one_or_the_other(path, monkeypatch, dies_at):
    made = await filled(path, 1)
    path.write_bytes(NOT_A_DATABASE)
    path.with_name("bot.db-wal").write_bytes(b"a log")
    with monkeypatch.context() as dying:

        def dies(*_, **__):
            raise SystemExit

        dying.setattr(f"os.{dies_at}", dies)
        with pytest.raises(SystemExit):
            await Database.open(path, mend=True)
    async with await Database.open(path, mend=True) as db:
        assert await ids(db) == made
    kept = [file.read_bytes() for file in (path.parent / "damaged").rglob("bot.db")]
    assert kept
    assert set(kept) == {NOT_A_DATABASE}


async def test_a_backup_of_a_newer_program_is_not_put_back(path):
    await filled(path, 1)
    [backup] = (path.parent / "backups").iterdir()
    copy = sqlite3.connect(backup)
    copy.execute("PRAGMA user_version = 99")
    copy.close()
    assert "version 99" in present(flaw(backup, 5))


async def test_who_holds_the_database_holds_it_alone(path):
    async with await Database.open(path):
        with pytest.raises(DatabaseBusy), taken(path):
            pass
    with taken(path), pytest.raises(DatabaseBusy):
        await Database.open(path)


async def test_a_check_names_what_is_missing_and_what_has_changed(path, tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    gone, changed = blobs.put(b"gone"), blobs.put(b"changed")
    async with await Database.open(path) as db:
        queue = queue_on(db)
        first = await enqueued(queue, inputs={"picture": gone, "like": changed})
        assert list(problems(path, tmp_path / "blobs")) == []
        blobs.delete(gone)
        blobs.path(changed).write_bytes(b"else")
        found = sorted(problems(path, tmp_path / "blobs"))
        assert len(found) == 2
        assert "missing" in found[0] or "missing" in found[1]
        assert all(first.id in line for line in found)
        await queue.claims.cancel(first.id)
        assert list(problems(path, tmp_path / "blobs")) == [], "nobody asks for them any more"


async def test_a_check_finds_a_damaged_database(path, tmp_path):
    await filled(path, 1)
    path.write_bytes(NOT_A_DATABASE)
    [found] = problems(path, tmp_path / "blobs")
    assert "cannot be read" in found


async def backup_of(db, folder, stamp, monkeypatch, *, keep=7):
    """A backup that is made while the clock says this."""
    with monkeypatch.context() as clock:
        clock.setattr("db.sqlite.backup.stamped", lambda name: f"{name}-{stamp}.db")
        return await db.backup(folder, keep=keep)


async def test_a_backup_that_was_made_under_a_wrong_clock_is_not_taken_for_the_newest(path, monkeypatch):
    folder = path.parent / "backups"
    async with await Database.open(path) as db:
        await backup_of(db, folder, "20260301T030000.000000Z", monkeypatch)
        await backup_of(db, folder, "29990101T000000.000000Z", monkeypatch)
        made = await enqueued(queue_on(db))
        newest = await backup_of(db, folder, "20260302T030000.000000Z", monkeypatch)
    path.write_bytes(NOT_A_DATABASE)
    async with await Database.open(path, mend=True) as db:
        assert present(db.rescued).backup == newest
        assert await ids(db) == [made.id]
        assert [made.name for made in copies(folder, "bot")][-1] == "bot-29990101T000000.000000Z.db"


@pytest.mark.parametrize("now", ["20260302T030000.000000Z", "19700101T000000.000000Z"])
async def test_no_backup_deletes_itself_whatever_the_clock_says(path, monkeypatch, now):
    folder = path.parent / "backups"
    async with await Database.open(path) as db:
        for stamp in ("20260228T030000.000000Z", "20260301T030000.000000Z", "29990101T000000.000000Z"):
            await backup_of(db, folder, stamp, monkeypatch)
        made = await backup_of(db, folder, now, monkeypatch, keep=1)
    assert list(folder.iterdir()) == [made]


async def test_copies_made_by_hand_leave_those_of_the_days_before(path, tmp_path, monkeypatch):
    """Somebody who mends something makes several; seven in a row took the copies of a whole week."""
    folder = tmp_path / "copies"
    stamps = [f"202603{day:02}T040000.000000Z" for day in range(1, 11)]
    stamps += [f"20260310T12{minute:02}00.000000Z" for minute in range(5)]
    async with await Database.open(path) as db:
        made = [await backup_of(db, folder, stamp, monkeypatch, keep=3) for stamp in stamps]
    *days, tenth = made[:10]
    assert sorted(folder.glob("*.db")) == [*days[-2:], *made[-3:]]
    assert not tenth.exists()
