"""A queue on an open database."""

from __future__ import annotations

import pytest

from db.sqlite.connection import Database
from tests.policies import queue_on
from tests.ready_database import put_database


@pytest.fixture
async def queue(tmp_path):
    async with await Database.open(put_database(tmp_path / "bot.db")) as database:
        yield queue_on(database)
