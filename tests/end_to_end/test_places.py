"""A place that takes nothing for a while, and an event that nobody can read: the bot goes on."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from tests.end_to_end.whole_bot import CLIP_SECONDS, QUICK, a_bot, cat, clips, one_clip
from tests.fake_discord.faults import Status

ARCHIVED = Status(400, 50083, "Thread is archived")


@pytest.fixture
async def bot(discord, tmp_path):
    async with a_bot(discord, tmp_path / "data", {"FRAMEKILN_POST_BACKOFF_LAST": "1"}) as process:
        yield process


def row(tmp_path):
    database = sqlite3.connect(f"file:{tmp_path}/data/framekiln.db?mode=ro", uri=True)
    try:
        return database.execute("SELECT state, post_attempts FROM job").fetchone() or ("", 0)
    finally:
        database.close()


@pytest.mark.slow
async def test_a_clip_waits_while_its_thread_is_archived_and_is_posted_once(
    discord, channel, ada, bot, tmp_path
):
    await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    post = discord.fail("POST", rf"/channels/{channel.id}/messages$", ARCHIVED, times=10_000)
    edit = discord.fail("PATCH", rf"/channels/{channel.id}/messages/", ARCHIVED, times=10_000)
    await discord.wait_for(lambda: row(tmp_path)[1] >= 3, CLIP_SECONDS)
    assert row(tmp_path)[0] == "posting"
    assert clips(discord, channel) == []
    post.times = edit.times = 0
    await one_clip(discord, channel)
    await asyncio.sleep(1)
    assert len(clips(discord, channel)) == 1
    assert row(tmp_path)[0] == "delivered"


@pytest.mark.slow
async def test_an_event_that_cannot_be_read_does_not_end_the_bot(discord, channel, ada, bot):
    discord.gateway.dispatch("CHANNEL_CREATE", {"id": "5", "type": 2, "guild_id": str(channel.guild.id)})
    asked = await discord.slash(ada, channel, "jobs")
    await asked.answered()
    assert bot.returncode is None
    await discord.wait_for(lambda: "could not be read: CHANNEL_CREATE" in bot.output)
    assert discord.gateway.identifies == 1
