"""An event that cannot be read costs that event only."""

from __future__ import annotations

import asyncio

import pytest

from bot import reconnect
from bot.client import Framekiln
from bot.discord_io.events import NEEDED
from bot.reconnect import stay_connected
from tests.bot.fixtures import picture
from tests.fake_discord import Upload


def spoil(fake, monkeypatch, event, change):
    """Change the data of each event of this name on its way."""
    real = fake.gateway.dispatch

    def dispatch(name, data):
        return real(name, change(dict(data)) if name == event else data)

    monkeypatch.setattr(fake.gateway, "dispatch", dispatch)


def without(*keys):
    return lambda data: {key: value for key, value in data.items() if key not in keys}


def with_data(change):
    return lambda data: data | {"data": change(dict(data["data"]))}


async def works(fake, ada, channel):
    asked = await fake.slash(ada, channel, "jobs")
    await asked.answered()


UNREADABLE = [
    ("CHANNEL_CREATE", {"id": "5", "type": 2}),
    ("CHANNEL_CREATE", {}),
    ("GUILD_CREATE", {"id": "77", "channels": [{"id": "1"}]}),
    ("GUILD_CREATE", []),
    ("GUILD_UPDATE", {"id": "x"}),
    ("GUILD_DELETE", {}),
    ("THREAD_CREATE", {"id": None}),
    ("GUILD_ROLE_CREATE", None),
    ("INTERACTION_CREATE", {}),
    ("INTERACTION_CREATE", None),
    ("INTERACTION_CREATE", {"id": "1", "token": "t", "type": 99}),
    ("SOMETHING_NEW", {"id": 1}),
]


@pytest.mark.parametrize(("event", "data"), UNREADABLE)
async def test_an_event_that_cannot_be_read_does_not_end_the_connection(
    fake, ada, channel, bot, event, data, caplog
):
    assert fake.gateway.dispatch(event, data)
    await works(fake, ada, channel)
    assert fake.gateway.identifies == 1


async def test_what_the_log_says_of_it(fake, ada, channel, bot, caplog):
    fake.gateway.dispatch("CHANNEL_CREATE", {"id": "5"})
    await works(fake, ada, channel)
    assert "an event of Discord could not be read: CHANNEL_CREATE, error id " in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        without("application_id"),
        without("member", "user"),
        without("channel", "guild_id", "member"),
        without("type"),
        with_data(without("name")),
        with_data(lambda data: data | {"options": [{"type": 11}]}),
        with_data(lambda data: data | {"resolved": {"attachments": {"1": {}}}}),
        with_data(lambda data: data | {"resolved": 5}),
    ],
)
async def test_a_member_whose_request_cannot_be_read_is_told(fake, ada, channel, bot, monkeypatch, change):
    with monkeypatch.context() as meanwhile:
        spoil(fake, meanwhile, "INTERACTION_CREATE", change)
        asked = await fake.slash(ada, channel, "animate", image=Upload("cat.png", picture()))
        await asked.answered()
    assert asked.ephemeral
    assert asked.message.content.startswith("Something broke on my side.")
    await works(fake, ada, channel)
    assert fake.gateway.identifies == 1


async def test_a_list_that_cannot_be_read_stays_empty(fake, ada, channel, bot, monkeypatch):
    with monkeypatch.context() as meanwhile:
        spoil(fake, meanwhile, "INTERACTION_CREATE", without("application_id"))
        asked = await fake.autocomplete(ada, channel, "text2video", "quality", "b", prompt="rain")
        await asked.answered()
    assert asked.choices == []


def test_every_event_is_guarded_but_those_that_begin_a_session(bot_without_connection):
    parsers = bot_without_connection._connection.parsers
    assert {event for event, parse in parsers.items() if not hasattr(parse, "func")} == NEEDED


@pytest.fixture
def bot_without_connection(app):
    return Framekiln(app, guild_id=None)


@pytest.mark.parametrize("error", [KeyError("bitrate"), RecursionError(), MemoryError(), RuntimeError("x")])
async def test_whatever_ends_a_connection_a_new_one_begins(
    fake, ada, channel, app, monkeypatch, error, caplog
):
    monkeypatch.setattr(reconnect, "RECONNECT_FIRST", 0.01)
    real = Framekiln.connect
    met: list[BaseException] = []

    async def connect(self, **options):
        if not met:
            met.append(error)
            raise error
        await real(self, **options)

    monkeypatch.setattr(Framekiln, "connect", connect)
    with fake.point():
        staying = asyncio.create_task(stay_connected(app))
        await fake.connected(10)
        staying.cancel()
        await asyncio.gather(staying, return_exceptions=True)
    assert "an error that nobody expected" in caplog.text
