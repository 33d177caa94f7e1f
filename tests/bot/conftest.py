"""An open database, its queue, and a folder of blobs."""

from __future__ import annotations

import pytest

from db.connection import Database
from db.files import Blobs
from db.queue import Queue


@pytest.fixture
async def db(tmp_path):
    async with await Database.open(tmp_path / "bot.db") as database:
        yield database


@pytest.fixture
def queue(db):
    return Queue(db)


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "blobs")
