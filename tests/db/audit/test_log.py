"""The book of deeds."""

from __future__ import annotations

import hashlib
import json

import pytest

from db.audit.aliases import digest_of, is_digest, stands_for
from db.audit.log import Audit
from db.sqlite.connection import Database
from db.sqlite.migrate import shipped_migrations
from tests.db.asking import written


@pytest.fixture
async def audit(db):
    book = Audit(db)
    for number in range(4):
        await written(db, 100 + number % 2, 9, "ban", f"member {number}", "spam")
    return book


async def test_entries_are_the_guilds_own_newest_first(audit):
    assert [entry.target for entry in await audit.entries(100)] == ["member 2", "member 0"]
    assert [entry.target for entry in await audit.entries(101, limit=1)] == ["member 3"]


async def test_an_untouched_chain_verifies(audit):
    verdict = await audit.verify()
    assert verdict.sound
    assert (verdict.entries, verdict.head) == (4, (await audit.entries(101))[0].hash)


async def test_an_empty_book_is_sound(db):
    assert (await Audit(db).verify()).sound


SWAP = """
UPDATE audit SET seq = 99 WHERE seq = 2;
UPDATE audit SET seq = 2 WHERE seq = 3;
UPDATE audit SET seq = 3 WHERE seq = 99;
"""


@pytest.mark.parametrize(
    ("audit_entry", "broken"),
    [
        ("UPDATE audit SET actor_id = 8 WHERE seq = 2", 2),
        ("UPDATE audit SET reason = 'none' WHERE seq = 1", 1),
        ("UPDATE audit SET at = at + 1 WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 1) WHERE seq = 4", 4),
        (SWAP, 2),
    ],
    ids=["actor", "reason", "time", "deleted", "hash", "swapped"],
)
async def test_a_change_breaks_the_chain_at_its_place(audit, db, audit_entry, broken):
    await do(db, audit_entry)
    verdict = await audit.verify()
    assert verdict.broken_at == broken
    assert not verdict.sound


@pytest.mark.parametrize("left", [3, 1, 0])
async def test_a_log_whose_end_was_cut_off_is_found_by_its_head(audit, db, left):
    await db.write(lambda connection: connection.execute("DELETE FROM audit WHERE seq > ?", (left,)))
    verdict = await audit.verify()
    assert (verdict.broken_at, verdict.cut, verdict.entries) == (None, True, left)


async def test_a_chain_that_was_written_anew_is_found_only_by_a_hash_that_was_noted(audit, db):
    """What the log cannot prove by itself, as its module says."""
    noted = (await audit.verify()).head
    await do(db, "DELETE FROM audit; DELETE FROM meta")
    for number in range(4):
        await written(db, 100, 8, "unban", f"member {number}", "forged")
    assert (await audit.verify()).sound
    assert not await audit.knows(noted[:16])


async def test_a_noted_hash_is_found_by_its_first_digits(audit):
    noted = (await audit.entries(100))[0].hash
    assert await audit.knows(noted)
    assert await audit.knows(noted[:12].upper())
    assert not await audit.knows(noted[:11])
    assert not await audit.knows("0" * 64)


async def test_an_older_databases_log_has_a_head_after_the_migration(tmp_path):
    steps = shipped_migrations()
    async with await Database.open(tmp_path / "old.db", migrations=steps[:1]) as db:
        values = (1, 5.0, 100, 9, "ban", "ANN", "spam")
        digest = hashlib.sha256(json.dumps(["0" * 64, *values]).encode()).hexdigest()
        await db.write(
            lambda connection: connection.execute(
                "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*values, digest)
            )
        )
    async with await Database.open(tmp_path / "old.db") as db:
        assert (await Audit(db).verify()).sound
        [entry] = await Audit(db).entries(100)  # from before members and words were hidden
        assert (entry.actor_id, entry.target, entry.reason) == (9, "ANN", "spam")
        await do(db, "DELETE FROM audit")
        assert (await Audit(db).verify()).cut


async def do(db, statements):
    def each(connection):
        for statement in filter(None, map(str.strip, statements.split(";"))):
            connection.execute(statement)

    await db.write(each)


async def test_words_of_the_first_version_stay_verifiable_and_cannot_move_into_the_salt_either(db):
    salt, words = "ab" * 16, "spam and more"
    assert stands_for(hashlib.sha256(f"{salt} {words}".encode()).hexdigest(), salt, words)
    moved = f"{salt} spam", "and more"
    assert not stands_for(hashlib.sha256(f"{salt} {words}".encode()).hexdigest(), *moved)
    assert stands_for(digest_of(salt, words), salt, words)
    assert not stands_for(digest_of(salt, words), *moved)
    assert digest_of(*moved) != digest_of(salt, words)
    assert is_digest(digest_of(salt, words))


async def test_a_log_of_an_older_version_goes_on_in_the_new_one_and_stays_sound(db):
    await written(db, 100, 9, "ban", "somebody", "spam")
    salt = "cd" * 16
    old = hashlib.sha256(f"{salt} spam".encode()).hexdigest()

    def as_before(connection):
        """Write the first entry as the first version did."""
        row = tuple(connection.execute("SELECT * FROM audit").fetchone())[:-2]
        whole = hashlib.sha256(json.dumps(["0" * 64, *row, old]).encode()).hexdigest()
        connection.execute("UPDATE audit SET reason = ?, hash = ?", (old, whole))
        connection.execute("UPDATE audit_reason SET salt = ?", (salt,))
        connection.execute("UPDATE meta SET value = ? WHERE key = 'audit_head'", (f"1 {whole}",))

    await db.write(as_before)
    await written(db, 100, 9, "ban", "another", "more spam")
    book = Audit(db)
    assert (await book.verify()).sound
    assert [entry.reason for entry in await book.entries(100)] == ["more spam", "spam"]
