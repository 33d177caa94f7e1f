"""Who is erased is gone from every copy of the database too, and no copy is ever half of one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest

from db.privacy.backup_erasure import ABANDONED, WORK, Copies
from db.privacy.erase import Eraser
from db.privacy.personal import Personal
from db.privacy.pseudonyms import Pseudonyms
from db.sqlite.connection import Database
from db.sqlite.rescue import flaw, put_in_place
from tests import ROOT
from tests.clock import CLOCK
from tests.db.asking import enqueued, written
from tests.db.plain_words import Words
from tests.policies import queue_on
from tests.present import present

ANN, BEN = 111_222_333_444_555_666, 211_222_333_444_555_666
SECRET, OTHER = "a heron over the canal", "a harbour in the rain"
PICTURE = "d" * 64
KNOWN = (SECRET.encode(), PICTURE.encode(), str(ANN).encode(), struct.pack(">q", ANN))
"""What may stand in a file of somebody: SQLite holds whole numbers with their highest byte first."""

FIRST = ROOT / "tests" / "db" / "sqlite" / "historic" / "0001.sql"


class House:
    """A database with two members, its copies, and what erases."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bot.db"
        self.backups = folder / "backups"
        self.eraser = Eraser(pseudonyms=Pseudonyms(folder), redactor=Words())
        self.copies = Copies(self.path, self.backups, eraser=self.eraser)

    async def fill(self, *, backups: int = 1) -> list[Path]:
        """Let both ask, and copy the database."""
        async with await Database.open(self.path) as db:
            queue = queue_on(db)
            for number in range(20):
                words = SECRET * (1 + number * 37 % 300)  # some longer than a page
                await enqueued(queue, ANN, guild=number, recipe=words, inputs={"picture": PICTURE})
            await enqueued(queue, BEN, recipe=OTHER)
            await written(db, 1, ANN, "cancel", str(ANN), SECRET)
            return [await db.backup(self.backups, keep=7) for _ in range(backups)]

    async def erase(self, user: int = ANN) -> None:
        async with await Database.open(self.path) as db:
            await Personal(db, clock=CLOCK, eraser=self.eraser).erase(user)

    def renew(self) -> dict[str, str | None]:
        self.copies.sweep()
        return {path.name: self.copies.renew(path) for path in self.copies.behind()}


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def held(folder: Path) -> set[str]:
    """The names of the files that know Ann."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name for path in files if any(text in path.read_bytes() for text in KNOWN)}


def words_in(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {row[0] for row in connection.execute("SELECT recipe FROM job")}


async def test_an_erase_reaches_every_older_backup_and_leaves_the_others_in_them(house, tmp_path):
    made = await house.fill(backups=3)
    assert house.copies.behind() == [], "nobody was erased yet"
    await house.erase()
    assert held(tmp_path) == {path.name for path in made}
    assert house.renew() == {path.name: None for path in reversed(made)}
    assert held(tmp_path) == set()
    assert house.renew() == {}
    for path in made:
        assert words_in(path) == {"{}", OTHER}
        assert flaw(path, 99) is None
        assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(house.backups.iterdir()) == made


async def test_a_backup_of_an_older_version_is_brought_along_and_erased(house):
    house.backups.mkdir()
    with closing(sqlite3.connect(house.backups / "bot-20260101.db")) as connection:
        connection.executescript(FIRST.read_text())
        connection.execute("UPDATE job SET user_id = ?, recipe = ?", (ANN, SECRET))
        connection.commit()
    await house.fill(backups=0)
    await house.erase()
    assert house.renew() == {"bot-20260101.db": None}
    assert held(house.backups) == set()
    assert words_in(house.backups / "bot-20260101.db") == {"{}"}


async def test_what_cannot_be_read_or_is_newer_is_named_and_left(house):
    [good, damaged, newer] = await house.fill(backups=3)
    damaged.write_bytes(b"not a database.." * 100 + SECRET.encode())
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("PRAGMA user_version = 999")
    await house.erase()
    before = damaged.read_bytes(), newer.read_bytes()
    told = house.renew()
    assert told.pop(good.name) is None
    assert "not a database" in told[damaged.name]
    assert "999" in told[newer.name]
    assert (damaged.read_bytes(), newer.read_bytes()) == before


async def test_a_database_that_was_set_aside_is_erased_with_what_its_log_holds(house, tmp_path):
    [backup] = await house.fill()
    with closing(sqlite3.connect(house.path)) as left:  # and its log, as a bot that is killed leaves it
        left.execute("UPDATE job SET recipe = 'late words' WHERE user_id = ?", (BEN,))
        left.commit()
        shutil.copytree(tmp_path, tmp_path / "then", ignore=shutil.ignore_patterns("then"))
    for ending in ("", "-wal"):
        (tmp_path / "then" / f"bot.db{ending}").replace(tmp_path / f"bot.db{ending}")
    shutil.rmtree(tmp_path / "then")
    aside = present(put_in_place(house.path, backup).aside)
    assert (aside / "bot.db-wal").stat().st_size
    await house.erase()
    assert house.renew() == {backup.name: None, "bot.db": None}
    assert held(tmp_path) == set()
    assert words_in(aside / "bot.db") == {"{}", "late words"}
    assert [path.name for path in aside.iterdir()] == ["bot.db"]


async def test_a_restore_that_was_cut_off_does_not_lead_to_the_database_in_use(house, tmp_path):
    await house.fill(backups=0)
    aside = tmp_path / "damaged" / "then"
    aside.mkdir(parents=True)
    os.link(house.path, aside / "bot.db")
    await house.erase()
    house.eraser.pseudonyms.add(BEN, 1.0)  # whose erase is not done yet
    assert house.copies.behind() == []


@pytest.mark.parametrize(
    "dies_at",
    [
        "shutil.copyfile",
        "db.privacy.backup_erasure.migrate",
        "db.sqlite.backup.sync",
        "pathlib.Path.replace",
    ],
)
async def test_a_kill_in_the_middle_leaves_the_old_copy_and_nothing_of_the_new(house, dies_at, monkeypatch):
    [made] = await house.fill()
    await house.erase()
    old = made.read_bytes()

    def dies(*_, **__):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(shutil, "rmtree", lambda *_, **__: None)  # who is killed clears nothing away
        dying.setattr(dies_at, dies)
        with pytest.raises(SystemExit):
            house.renew()
    assert made.read_bytes() == old
    assert house.renew() == {made.name: None}
    assert held(house.backups) == set()
    assert not (house.backups / WORK).exists()


async def test_half_a_backup_of_a_process_that_is_gone_is_deleted(house):
    [made] = await house.fill()
    await house.erase()
    old, young = made.with_name("bot-1.partial"), made.with_name("bot-2.partial")
    shutil.copyfile(made, old)
    shutil.copyfile(made, young)
    long_ago = young.stat().st_mtime - ABANDONED - 1
    os.utime(old, (long_ago, long_ago))
    house.renew()
    assert (old.exists(), young.exists()) == (False, True)


async def test_a_backup_that_has_had_its_days_meanwhile_does_not_come_back(house, monkeypatch):
    [made] = await house.fill()
    await house.erase()
    real = house.eraser.erase_again

    def rotated(*args):
        made.unlink()
        return real(*args)

    monkeypatch.setattr(house.eraser, "erase_again", rotated)
    assert house.renew() == {made.name: None}
    assert not made.exists()
