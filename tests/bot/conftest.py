"""An open database with its queue; and the whole bot in this process, connected to the fake of Discord."""

from __future__ import annotations

import functools

import pytest

from bot.assembly import app as assembly
from bot.assembly import seating
from bot.config.paths import DATABASE
from bot.config.settings import Settings
from bot.discord_io import door
from db.files import Blobs
from db.sqlite.connection import Database
from tests.bot.fixtures import HouseEngine, connected_again
from tests.clock import CLOCK
from tests.fake_discord import TOKEN, FakeDiscord, Permission
from tests.policies import queue_on
from tests.ready_database import put_database


@pytest.fixture
async def db(tmp_path):
    async with await Database.open(put_database(tmp_path / "bot.db")) as database:
        yield database


@pytest.fixture
def queue(db):
    return queue_on(db)


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "blobs")


@pytest.fixture
def settings(tmp_path):
    return _settings().model_copy(update={"data_dir": tmp_path / "data"})


@functools.cache
def _settings() -> Settings:
    """Checked once: the sources and the checks take 7 ms."""
    return Settings(
        _env_file=None,
        discord_token=TOKEN,
        moderator_roles=(),
        status_interval=1.0,
        per_member_waiting=3,
        min_free_disk=0,
        reserve_bytes=4096,  # the bytes are random, and take a while
        max_picture_bytes=1_000_000,
        fetch_eyes=False,
    )


@pytest.fixture
def engine(tmp_path):
    return HouseEngine(tmp_path / "spool")


@pytest.fixture
async def app(settings, engine, monkeypatch):
    """The real bot as it is put together, with an engine that does as it is told."""
    monkeypatch.setattr(seating, "EngineHost", lambda **_: engine)
    put_database(settings.data_dir / DATABASE)
    async with assembly.assemble(settings, clock=CLOCK) as made:
        yield made


@pytest.fixture
async def fake():
    """Discord. How soon it is answered is another rule: a busy machine may be late."""
    async with FakeDiscord() as made:
        made.interactions.ack_seconds = 60.0
        made.guild()
        yield made
        assert made.violations == []


@pytest.fixture
def channel(fake):
    return fake.channel()


@pytest.fixture
def ada(fake):
    return fake.member("ada")


@pytest.fixture
def mod(fake):
    return fake.member("mod", permissions=Permission.MANAGE_GUILD)


@pytest.fixture
async def bot(fake, channel, app, monkeypatch):
    """The client, connected to the fake; the loops do not run. A busy machine may answer late."""
    monkeypatch.setattr(door, "ANSWER_SECONDS", 60.0)
    async with connected_again(fake, app) as client:
        yield client
