"""The book of deeds."""

from __future__ import annotations

import pytest

from db.audit import Audit


@pytest.fixture
async def audit(db):
    book = Audit(db)
    for number in range(4):
        await book.append(100 + number % 2, 9, "ban", f"member {number}", "spam")
    return book


async def test_entries_are_the_guilds_own_newest_first(audit):
    assert [entry.target for entry in await audit.entries(100)] == ["member 2", "member 0"]
    assert [entry.target for entry in await audit.entries(101, limit=1)] == ["member 3"]


async def test_an_untouched_chain_verifies(audit):
    assert await audit.verify() is None


@pytest.mark.parametrize(
    ("deed", "broken"),
    [
        ("UPDATE audit SET actor_id = 8 WHERE seq = 2", 2),
        ("UPDATE audit SET reason = 'none' WHERE seq = 1", 1),
        ("UPDATE audit SET at = at + 1 WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 1) WHERE seq = 4", 4),
    ],
)
async def test_a_change_breaks_the_chain_at_its_place(audit, db, deed, broken):
    await db.write(lambda connection: connection.execute(deed))
    assert await audit.verify() == broken
