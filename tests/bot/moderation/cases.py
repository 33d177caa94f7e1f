"""Rules of review, requests that are held by them, and the cases that ask moderators."""

from __future__ import annotations

import dataclasses

import discord

from bot.discord_io.post import Post
from db.audit.log import AuditEntry
from db.jobs.job import Hold
from tests.bot.fixtures import queued


async def rule(app, guild, **changes):
    audit_entry = AuditEntry(guild_id=guild.id, actor_id=1, action="review", target="")
    old = await app.queue.reviews.review_rules(guild.id)
    await app.queue.reviews.set_review_rules(dataclasses.replace(old, **changes), audit_entry)


async def held(app, member, channel, **changes):
    values = {
        "hold": Hold(reason="words: grumpf"),
        "recipe": {"prompt": "a `grumpf` @everyone"},
        "channel_id": channel.id,
        **changes,
    }
    return await queued(app.queue, member.id, channel.guild.id, **values)


async def case_in(app, channel):
    """The one card that hangs in the review channel, after the loop has done its work."""
    await app.cases.work()
    [case] = [message for message in channel.messages.values() if message.author.bot]
    return case


async def said_to(asked) -> str:
    message = await asked.shown()
    assert message.ephemeral
    return message.content


async def forged(app, channel, *items):
    """A message of the bot's with buttons of our making: what a replayed or forged click looks like."""
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    sent = await app.messenger.send(channel.id, Post(content="forged", nonce="forged", view=view))
    return channel.messages[sent]


async def clip_actions(app, guild) -> list[tuple[int, str, str]]:
    """Without the setting up of the rules."""
    entries = await app.audit.entries(guild.id)
    return [(one.actor_id, one.action, one.target) for one in entries if one.action != "review"]
