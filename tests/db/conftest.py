"""An open database and a queue on it."""

from __future__ import annotations

import pytest

from db.queue import EnqueueLimits, Queue
from db.sqlite.connection import Database


@pytest.fixture
async def db(tmp_path):
    async with await Database.open(tmp_path / "bot.db") as database:
        yield database


@pytest.fixture
def queue(db):
    """A queue whose limits are far away; the tests of the limits give their own."""
    far = EnqueueLimits(
        per_member_waiting=1000, per_member_hour=1000, per_guild_waiting=1000, total_waiting=1000
    )
    return Queue(db, limits=far)
