"""A fake Discord with a channel and a member, and the bot as a process of its own that is connected to it."""

from __future__ import annotations

import pytest

from tests.end_to_end.whole_bot import a_bot, a_discord


@pytest.fixture
async def discord():
    async with a_discord() as fake:
        yield fake


@pytest.fixture
def channel(discord):
    return discord.channel()


@pytest.fixture
def ada(discord):
    return discord.member("ada")


@pytest.fixture
async def bot(discord, tmp_path):
    async with a_bot(discord, tmp_path / "data") as process:
        yield process
