"""A fake Discord with a channel and a member, and the bot as a process of its own that is connected to it."""

from __future__ import annotations

import pytest

from tests.end_to_end.whole_bot import ENV, commands_known
from tests.fake_discord.process import BotProcess
from tests.fake_discord.server import FakeDiscord


@pytest.fixture
async def discord():
    async with FakeDiscord() as fake:
        fake.guild()
        yield fake
        assert fake.violations == []


@pytest.fixture
def channel(discord):
    return discord.channel()


@pytest.fixture
def ada(discord):
    return discord.member("ada")


@pytest.fixture
async def bot(discord, tmp_path):
    async with BotProcess(discord, tmp_path / "data", env=ENV) as process:
        await process.wait_ready()
        await commands_known(discord)
        yield process
