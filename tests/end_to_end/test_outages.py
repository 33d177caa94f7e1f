"""Discord goes away, or shuts the bot out, while a clip is being made: the clip waits, and arrives once."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from tests.end_to_end.whole_bot import CLIP_SECONDS, QUICK, UNHURRIED, a_bot, cat, clips, one_clip, says
from tests.fake_discord.faults import Status
from tests.fake_discord.people import EVERYONE, Permission


@pytest.fixture
async def bot(discord, tmp_path):
    """A bot that tries again soon."""
    async with a_bot(discord, tmp_path / "data", {"FRAMEKILN_POST_BACKOFF_LAST": "1"}) as process:
        yield process


@pytest.fixture
def rows(tmp_path):
    """Read the database of the bot that runs: state, error code and the times that posting was begun."""

    def read() -> list[tuple[str, str | None, int]]:
        database = sqlite3.connect(f"file:{tmp_path}/data/framekiln.db?mode=ro", uri=True)
        try:
            return database.execute("SELECT state, error_code, post_attempts FROM job").fetchall()
        finally:
            database.close()

    return read


async def is_drawn(discord, channel):
    await discord.wait_for(lambda: says(discord, channel, "🎨"), CLIP_SECONDS)


@pytest.mark.slow
@pytest.mark.parametrize("refused", [False, True])
async def test_an_outage_while_a_clip_is_made_delays_it_and_doubles_nothing(
    discord, channel, ada, bot, rows, refused
):
    await discord.slash(ada, channel, "animate", image=cat(), **UNHURRIED)
    await is_drawn(discord, channel)
    await discord.down(refused=refused)
    await discord.wait_for(lambda: rows()[0][0] == "posting", CLIP_SECONDS)
    await asyncio.sleep(2)
    assert clips(discord, channel) == []
    await discord.up()
    await one_clip(discord, channel)
    await discord.wait_for(lambda: says(discord, channel, "✅"), 40)
    assert len(clips(discord, channel)) == 1
    assert rows()[0][0] == "delivered"


@pytest.mark.slow
async def test_a_clip_waits_until_the_bot_may_post_again(discord, channel, ada, bot, rows):
    await discord.slash(ada, channel, "animate", image=cat(), **UNHURRIED)
    await is_drawn(discord, channel)
    discord.world.permit(channel, EVERYONE & ~Permission.SEND_MESSAGES & ~Permission.ATTACH_FILES)
    await discord.wait_for(lambda: rows()[0][2] > 1, CLIP_SECONDS)
    assert rows()[0][0] == "posting"
    discord.world.permit(channel, EVERYONE)
    await one_clip(discord, channel)
    assert len(clips(discord, channel)) == 1


@pytest.mark.slow
async def test_a_clip_whose_channel_and_member_are_out_of_reach_fails_and_the_next_one_is_made(
    discord, channel, ada, bot, rows
):
    other = discord.channel(name="other")
    closed = Status(403, 50007, "Cannot send messages to this user")
    discord.fail("POST", r"/users/@me/channels$", closed, times=100)
    await discord.slash(ada, channel, "animate", image=cat(), **UNHURRIED)
    await is_drawn(discord, channel)
    del discord.world.channels[channel.id]
    await discord.wait_for(lambda: rows()[0][0] == "failed", CLIP_SECONDS)
    assert rows()[0][1] == "E_CHANNEL"
    await discord.slash(ada, other, "text2video", prompt="rain", **QUICK)
    await one_clip(discord, other)


@pytest.mark.slow
async def test_a_session_that_discord_has_forgotten_is_started_again(discord, channel, ada, bot):
    await discord.slash(ada, channel, "animate", image=cat(), **UNHURRIED)
    await is_drawn(discord, channel)
    await discord.cut_gateway(resumable=False)
    await one_clip(discord, channel)
    await discord.wait_for(lambda: discord.gateway.identifies == 2)
    await discord.connected(10)
    asked = await discord.slash(ada, channel, "jobs")
    await asked.answered()
    assert asked.ephemeral
