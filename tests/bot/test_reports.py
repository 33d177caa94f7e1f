"""A reported clip: a case, a card, and one click that takes it down."""

from __future__ import annotations

import time

import pytest

from bot.buttons import job_buttons
from bot.discord_io.messenger import Post
from bot.moderation.case_board import CardAction, CardButton
from bot.moderation.decisions import REASON_FIELD
from bot.text import messages, review_texts
from db.audit.log import Deed
from db.jobs.states import State
from db.moderation.reviews import ReviewRules
from tests.bot.house import hand_in, picture, queued, until
from tests.bot.test_review import card_in, forged, said_to
from tests.fake_discord import Permission, Status


@pytest.fixture
async def desk_of_mods(fake, channel, parts):
    """The review channel, and the rule that says so."""
    made = fake.channel(name="review")
    deed = Deed(guild_id=channel.guild.id, actor_id=1, action="review", target="")
    await parts.queue.set_review_rules(ReviewRules(channel_id=made.id), deed)
    return made


async def delivered(parts, member, channel, data=b"a clip", **changes):
    await queued(parts.queue, member.id, channel.guild.id, channel_id=channel.id, **changes)
    job = await hand_in(parts.queue, parts.blobs, await parts.queue.claim(), data)
    post = Post(content="clip", nonce=job.id[:16], view=job_buttons.for_clip(job))
    message = await parts.channels.send(channel.id, post)
    await parts.queue.begin_posting(job.id)
    await parts.queue.posted(job.id, message)
    return await parts.queue.get(job.id), channel.messages[message]


async def reported(fake, member, message, reason="it shows me"):
    form = await fake.click(member, message, "Report")
    await form.answered()
    return await said_to(await fake.submit_modal(member, form, {REASON_FIELD: reason}))


async def deeds(parts, guild):
    entries = await parts.audit.entries(guild.id)
    return [(one.actor_id, one.action, one.target, one.reason) for one in entries if one.action != "review"]


async def test_one_click_takes_a_clip_its_files_its_source_and_its_children_down_in_seconds(
    fake, channel, desk_of_mods, ada, mod, parts, bot
):
    eve = fake.member("eve")
    source = parts.blobs.put(picture())
    clip, message = await delivered(parts, ada, channel, inputs={"picture": source})
    child, child_message = await delivered(
        parts, eve, channel, b"a reroll", inputs={"picture": source}, parent=clip.id
    )
    other, other_message = await delivered(parts, eve, channel, b"another")
    assert await reported(fake, eve, message) == review_texts.REPORTED
    assert await reported(fake, eve, message, "again") == review_texts.REPORTED_ALREADY
    card = await card_in(parts, desk_of_mods)
    assert "1 member" in card.content
    assert "it shows me" in card.content
    began = time.monotonic()
    clicks = [await fake.click(mod, card, "Take down") for _ in range(10)]
    for click in clicks:
        await until(lambda click=click: click.message is not None and not click.message.loading, 10)
    assert time.monotonic() - began < 5
    said = [click.message.content for click in clicks]
    assert said.count(review_texts.TAKEN_DOWN) == 1
    assert said.count(review_texts.ALREADY_DECIDED) == 9
    assert (message.deleted, child_message.deleted, other_message.deleted) == (True, True, False)
    assert not any(parts.blobs.exists(one) for one in (source, clip.clip_sha256, child.clip_sha256))
    assert parts.blobs.exists(other.clip_sha256)
    assert await deeds(parts, channel.guild) == [(mod.id, "take down", clip.id, "it shows me")]
    refused = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert await said_to(refused) == messages.BANNED
    await parts.cards.work()
    assert card.content.startswith("🗑️ Taken down by")


async def test_a_message_that_discord_does_not_delete_now_is_deleted_later(
    fake, channel, desk_of_mods, ada, mod, parts, bot
):
    _, message = await delivered(parts, ada, channel)
    await reported(fake, fake.member("eve"), message)
    card = await card_in(parts, desk_of_mods)
    fake.fail("DELETE", rf"/messages/{message.id}$", Status(403, 50013))
    click = await fake.click(mod, card, "Take down")
    await until(lambda: click.message is not None and not click.message.loading, 10)
    assert not message.deleted
    await parts.cards.work()
    assert message.deleted
    assert await parts.queue.taking_down() == []


async def test_a_dismissed_clip_stays_and_a_new_report_asks_again(
    fake, channel, desk_of_mods, ada, mod, parts, bot
):
    job, message = await delivered(parts, ada, channel)
    await reported(fake, fake.member("eve"), message)
    card = await card_in(parts, desk_of_mods)
    assert await said_to(await fake.click(mod, card, "Dismiss")) == review_texts.DISMISSED
    assert await said_to(await fake.click(mod, card, "Dismiss")) == review_texts.ALREADY_DECIDED
    await parts.cards.work()
    assert "it shows me" not in card.content
    assert not message.deleted
    await reported(fake, fake.member("fay"), message)
    await parts.cards.work()
    cards = [one for one in desk_of_mods.messages.values() if one.author.bot]
    assert len(cards) == 2
    old = await forged(parts, channel, CardButton(CardAction.TAKE_DOWN, 1, job.id))
    stale = await fake.click(mod, old, "Take down")
    await until(lambda: stale.message is not None and not stale.message.loading, 10)
    assert stale.message.content == review_texts.ALREADY_DECIDED
    assert not message.deleted


async def test_members_and_other_servers_take_nothing_down(fake, channel, desk_of_mods, ada, parts, bot):
    job, message = await delivered(parts, ada, channel)
    elsewhere = fake.guild("Elsewhere")
    boss = fake.member("boss", elsewhere, permissions=Permission.ADMINISTRATOR)
    take_down = CardButton(CardAction.TAKE_DOWN, 1, job.id)
    there = await forged(
        parts, fake.channel(elsewhere), take_down, job_buttons.JobButton(job_buttons.Action.REPORT, job.id)
    )
    assert await said_to(await fake.click(boss, there, "Report")) == messages.NOT_FOUND
    await reported(fake, fake.member("eve"), message)
    card = await card_in(parts, desk_of_mods)
    assert await said_to(await fake.click(ada, card, "Take down")) == messages.NOT_A_MODERATOR
    assert await said_to(await fake.click(boss, there, "Take down")) == messages.NOT_FOUND
    assert not message.deleted
    assert (await parts.queue.get(job.id)).state is State.DELIVERED
    assert await deeds(parts, channel.guild) == []
