"""Whole flows in one process, against simcord's model of Discord: a second opinion beside our own fake."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager

import discord
import pytest
import simcord

from bot import running
from bot.client import Framekiln
from bot.intake.download import Downloader
from bot.text import messages, status_texts
from db.states import State
from tests.bot.fixtures import picture
from tests.until import until


@pytest.fixture
def simcord_bot(app):
    return Framekiln(app, guild_id=None)


@pytest.fixture
def world(app, simcord_bot, simcord_env, monkeypatch):
    """A guild with a channel, a member and a moderator."""

    async def fetch(self, attachment):
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the intake closes it
        file.write(picture())
        file.seek(0)
        return file

    monkeypatch.setattr(Downloader, "fetch", fetch)  # simcord's files are not on the network
    app.messenger.attach(simcord_bot)
    guild = simcord_env.create_guild()
    role = guild.create_role("mods", permissions=discord.Permissions(manage_guild=True))
    ada = guild.add_member(simcord_env.create_user("ada"))
    mod = guild.add_member(simcord_env.create_user("mod"), roles=[role])
    return guild, guild.create_text_channel("clips"), ada, mod


@asynccontextmanager
async def loops(app):
    """The bot's loops, for as long as the block lasts."""
    async with running.supervisor_of(app).running():
        yield
        await running._finish(app)


async def ended(app, count=1):
    async def there():
        return (await app.queue.jobs.counts())[State.DELIVERED] == count

    await until(there)


def clips(channel):
    return [message for message in channel.history() if message.attachments]


def labels(message):
    return [item.label for row in message.components for item in row.children]


@pytest.mark.parametrize(
    ("command", "options"),
    [("animate", {"image": ("cat.png", picture()), "prompt": "a cat"}), ("text2video", {"prompt": "a cat"})],
)
async def test_a_request_becomes_a_status_message_and_then_a_clip_with_buttons(
    app, world, engine, command, options
):
    _, channel, ada, _ = world
    asked = await ada.slash(channel, command, **options)
    assert not asked.ephemeral
    assert "you are next" in asked.response.content
    assert "a cat" in asked.response.content
    async with loops(app):
        await ended(app)
    (clip,) = clips(channel)
    assert ada.mention in clip.content
    assert "AI-generated" in clip.content
    assert labels(clip) == ["Reroll", "Remix", None, "Delete", "More…"]
    assert clip.attachments[0].filename.startswith("framekiln-")
    assert clip.jump_url in asked.response.content
    assert [call[1].prompt for call in engine.renders] == ["a cat"]


async def test_a_moderator_pauses_and_resumes(app, world):
    _, channel, ada, mod = world
    assert (await mod.slash(channel, "queue pause", reason="dinner")).ephemeral
    asked = await ada.slash(channel, "text2video", prompt="rain")
    assert status_texts.QUEUE_PAUSED in asked.response.content
    async with loops(app):
        await asyncio.sleep(0.1)
        assert clips(channel) == []
        assert (await mod.slash(channel, "queue resume")).ephemeral
        await ended(app)
    assert len(clips(channel)) == 1
    stats = await mod.slash(channel, "queue stats")
    assert stats.ephemeral
    assert "1 delivered" in stats.response.content
    assert [file.filename for file in stats.response.attachments] == ["stats.png"]


async def test_a_member_without_the_permission_neither_sees_nor_runs_the_queue(app, world):
    guild, channel, ada, mod = world
    with pytest.raises(simcord.SetupError):
        await ada.slash(channel, "queue pause")  # hidden from members by default
    asked = await mod.slash(channel, "text2video", prompt="rain")
    refused = await ada.click(asked.response, label="Cancel")
    assert refused.ephemeral
    assert refused.response.content == messages.NOT_YOURS
    assert not await app.queue.moderation.paused(guild.id)
    await app.queue.moderation.ban(guild.id, ada.id, by=mod.id, reason="spam")
    banned = await ada.slash(channel, "text2video", prompt="rain")
    assert banned.ephemeral
    assert banned.response.content == messages.BANNED
    assert (await app.queue.jobs.counts())[State.QUEUED] == 1


async def test_a_clip_is_rerolled_and_deleted_by_its_buttons(app, world):
    _, channel, ada, _ = world
    await ada.slash(channel, "text2video", prompt="rain", seed=5)
    async with loops(app):
        await ended(app)
        more = await ada.click(clips(channel)[0], label="More…")
        assert more.ephemeral
        card = await ada.click(more.response, label="Recipe")
        assert card.ephemeral
        assert "seed `5`" in card.response.content
        await ada.click(clips(channel)[0], label="Reroll")
        await ended(app, 2)
        assert len(clips(channel)) == 2
        await ada.click(clips(channel)[0], label="Delete")
        await until(lambda: len(clips(channel)) == 1)
