"""Moderators are told once a day of jobs that no machine could draw, restarts included."""

from __future__ import annotations

import pytest

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import ChannelError
from bot.moderation.machine_failures import DAY
from bot.running import machine_failures
from db.codes import BotCode
from db.moderation.reviews import ReviewRules
from tests.bot.fixtures import queued
from tests.clock import CLOCK
from tests.db.asking import audit_entry


@pytest.fixture
async def review(fake, channel, app, bot):
    """A channel of the server's moderators."""
    made = fake.channel(name="review")
    rules = ReviewRules(channel_id=made.id)
    await app.queue.reviews.set_review_rules(rules, audit_entry("review", guild=channel.guild.id))
    return made


async def ended(app, channel, code=BotCode.MACHINES):
    job = await queued(app.queue, guild=channel.guild.id)
    await app.queue.claims.fail(job.id, None, code=code)


async def told(app, fake, review, looks=2):
    """What stands in the channel after a few looks of a bot that has just started."""
    failures = machine_failures(app)
    for _ in range(looks):
        await failures._one_look()
    return [message.content for message in fake.messages(review)]


async def test_moderators_are_told_once_a_day_restarts_included(fake, channel, app, review):
    for _ in range(2):
        await ended(app, channel)
    assert [text[:22] for text in await told(app, fake, review)] == ["⚠️ 2 clips of this ser"]
    await ended(app, channel)
    assert len(await told(app, fake, review)) == 1
    CLOCK.now = CLOCK() + DAY + 1
    assert len(await told(app, fake, review)) == 1, "nothing new has happened"
    await ended(app, channel)
    assert [text[:12] for text in await told(app, fake, review)] == ["⚠️ 2 clips o", "⚠️ One clip "]


async def test_what_is_a_jobs_own_doing_is_not_told(fake, channel, app, review):
    await ended(app, channel, code="E_MEMORY")
    assert await told(app, fake, review) == []


async def test_what_could_not_be_told_is_told_later(fake, channel, app, review, monkeypatch):
    async def later(*_):
        raise ChannelError(Trouble.LATER, "the connection was lost")

    await ended(app, channel)
    with monkeypatch.context() as patch:
        patch.setattr(app.messenger, "send", later)
        assert await told(app, fake, review) == []
    assert len(await told(app, fake, review)) == 1
