"""Who is banned and what is closed, as it is held in memory: always what the tables say."""

from __future__ import annotations

import pytest

from db.moderation.standing import Standing
from db.sqlite.connection import Database
from tests.db.asking import audit_entry
from tests.policies import queue_on

GUILD, ANN = 100, 1


@pytest.fixture
async def db(tmp_path):
    async with await Database.open(tmp_path / "bot.db") as database:
        yield database


def standing_on(db):
    return Standing(db, pseudonym_of=lambda user: -1000 - user)


async def test_a_ban_outlives_an_erase(db):
    await db.write(
        lambda connection: connection.execute(
            "INSERT INTO ban (guild_id, user_id, by_user, reason, at) VALUES (100, -1001, 9, '', 0)"
        )
    )
    standing = standing_on(db)
    assert await standing.banned(GUILD, ANN)
    assert not await standing.banned(GUILD, ANN + 1)
    assert not await standing.banned(GUILD + 1, ANN)


async def test_it_follows_every_change_whoever_makes_it(db):
    standing, queue = standing_on(db), queue_on(db)
    assert not await standing.banned(GUILD, ANN)
    await queue.moderation.ban(GUILD, ANN, by=9, reason="spam")
    assert await standing.banned(GUILD, ANN)
    assert not await standing.banned(GUILD + 1, ANN)
    await db.write(lambda connection: connection.execute("UPDATE ban SET user_id = -5"))
    assert not await standing.banned(GUILD, ANN)
    await db.write(lambda connection: connection.execute("DELETE FROM ban"))
    assert not await standing.banned(GUILD, -5)
    await queue.moderation.drain(audit_entry("drain", guild=GUILD))
    assert await standing.closed(GUILD)
    await queue.moderation.resume(audit_entry("resume", guild=GUILD))
    assert not await standing.closed(GUILD)


async def test_a_change_that_is_rolled_back_changes_nothing(db):
    standing = standing_on(db)
    await standing.refresh()

    def fails(connection):
        connection.execute(
            "INSERT INTO ban (guild_id, user_id, by_user, reason, at) VALUES (100, 1, 9, '', 0)"
        )
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await db.write(fails)
    assert not await standing.banned(GUILD, ANN)


async def test_while_nothing_changes_an_answer_costs_no_read(db):
    standing = standing_on(db)
    await standing.refresh()
    before = db.calls
    for _ in range(100):
        await standing.banned(GUILD, ANN)
    assert db.calls == before
