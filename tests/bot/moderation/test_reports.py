"""A reported clip: a case, a card, and one click that takes it down."""

from __future__ import annotations

from functools import partial

import pytest

from bot.buttons import rows
from bot.discord_io.post import Post
from bot.loops.clip_post import file_name
from bot.moderation.decisions import REASON_FIELD, Report, TakeDown
from bot.text import messages, moderation_texts, review_texts
from db.audit.log import AuditEntry
from db.jobs.ending import CancelOutcome
from db.moderation.reviews import ReviewRules
from db.states import State
from tests.bot.fixtures import hand_in, is_answered, picture, queued
from tests.bot.moderation.cases import case_in, forged, said_to
from tests.fake_discord import Permission, Status
from tests.until import until


@pytest.fixture
async def mods_channel(fake, channel, app):
    """The review channel, and the rule that says so."""
    made = fake.channel(name="review")
    audit_entry = AuditEntry(guild_id=channel.guild.id, actor_id=1, action="review", target="")
    await app.queue.reviews.set_review_rules(ReviewRules(channel_id=made.id), audit_entry)
    return made


async def delivered(app, member, channel, data=b"a clip", **changes):
    await queued(app.queue, member.id, channel.guild.id, channel_id=channel.id, **changes)
    job = await hand_in(app.queue, app.blobs, await app.queue.claims.claim(), data)
    post = Post(content="clip", nonce=job.id[:16], view=rows.for_clip(job))
    message = await app.messenger.send(channel.id, post)
    await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, message)
    return await app.queue.jobs.get(job.id), channel.messages[message]


async def reported(fake, member, message, reason="it shows me"):
    form = await fake.click(member, message, "Report")
    await form.answered()
    return await said_to(await fake.submit_modal(member, form, {REASON_FIELD: reason}))


async def clip_actions(app, guild):
    entries = await app.audit.entries(guild.id)
    return [(one.actor_id, one.action, one.target, one.reason) for one in entries if one.action != "review"]


async def test_one_click_takes_a_clip_its_files_its_source_and_its_children_down_in_seconds(
    fake, channel, mods_channel, ada, mod, app, bot
):
    eve = fake.member("eve")
    source = app.blobs.put(picture())
    clip, message = await delivered(app, ada, channel, inputs={"picture": source})
    child, child_message = await delivered(
        app, eve, channel, b"a reroll", inputs={"picture": source}, parent=clip.id
    )
    other, other_message = await delivered(app, eve, channel, b"another")
    assert await reported(fake, eve, message) == review_texts.REPORTED
    assert await reported(fake, eve, message, "again") == review_texts.REPORTED_ALREADY
    case = await case_in(app, mods_channel)
    assert "1 member" in case.content
    assert "it shows me" in case.content
    clicks = [await fake.click(mod, case, "Take down") for _ in range(10)]
    for click in clicks:
        await until(partial(is_answered, click))
    said = [click.message.content for click in clicks]
    assert said.count(review_texts.TAKEN_DOWN) == 1
    assert set(said) <= {review_texts.TAKEN_DOWN, review_texts.ALREADY_DECIDED, messages.ONE_AT_A_TIME}
    assert (message.deleted, child_message.deleted, other_message.deleted) == (True, True, False)
    assert not any(app.blobs.exists(one) for one in (source, clip.clip_sha256, child.clip_sha256))
    assert app.blobs.exists(other.clip_sha256)
    assert await clip_actions(app, channel.guild) == [(mod.id, "take down", clip.id, "it shows me")]
    refused = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert await said_to(refused) == messages.BANNED
    await app.cases.work()
    assert case.content.startswith("🗑️ Taken down by")


@pytest.mark.parametrize("whose", ["the moderator's", "the owner's", "an administrator's"])
async def test_a_takedown_blocks_neither_its_moderator_nor_the_owner_nor_an_administrator(
    fake, channel, mods_channel, mod, app, bot, whose
):
    owner = fake.member("owner")
    admin = fake.member("admin", channel.guild, permissions=Permission.ADMINISTRATOR)
    bot.get_guild(channel.guild.id).owner_id = owner.user.id
    member = {"the moderator's": mod, "the owner's": owner}.get(whose, admin)
    _, message = await delivered(app, member, channel)
    await reported(fake, fake.member("eve"), message)
    click = await fake.click(mod, await case_in(app, mods_channel), "Take down")
    await until(partial(is_answered, click))
    assert click.message.content == review_texts.TAKEN_DOWN_ONLY
    assert message.deleted
    assert await app.queue.moderation.banned(channel.guild.id, member.id) is None


@pytest.mark.parametrize("why", ["the owner decides", "they have left", "Discord does not say"])
async def test_a_takedown_blocks_an_administrator_where(fake, channel, mods_channel, mod, app, bot, why):
    admin = fake.member("admin", channel.guild, permissions=Permission.ADMINISTRATOR)
    _, message = await delivered(app, admin, channel)
    await reported(fake, fake.member("eve"), message)
    case = await case_in(app, mods_channel)
    if why == "the owner decides":
        bot.get_guild(channel.guild.id).owner_id = mod.user.id
    elif why == "they have left":
        del channel.guild.members[admin.id]
    else:
        fake.fail("GET", rf"/members/{admin.id}$", Status(403, 50001))
    click = await fake.click(mod, case, "Take down")
    await until(partial(is_answered, click))
    assert click.message.content == review_texts.TAKEN_DOWN
    assert await app.queue.moderation.banned(channel.guild.id, admin.id) is not None


async def test_a_message_that_discord_does_not_delete_now_is_deleted_later(
    fake, channel, mods_channel, ada, mod, app, bot
):
    _, message = await delivered(app, ada, channel)
    await reported(fake, fake.member("eve"), message)
    case = await case_in(app, mods_channel)
    fake.fail("DELETE", rf"/messages/{message.id}$", Status(403, 50013))
    click = await fake.click(mod, case, "Take down")
    await until(lambda: click.message is not None and not click.message.loading)
    assert not message.deleted
    await app.cases.work()
    assert message.deleted
    assert await app.queue.cases.taking_down() == []


async def test_a_dismissed_clip_stays_and_a_new_report_asks_again(
    fake, channel, mods_channel, ada, mod, app, bot
):
    job, message = await delivered(app, ada, channel)
    await reported(fake, fake.member("eve"), message)
    case = await case_in(app, mods_channel)
    assert await said_to(await fake.click(mod, case, "Dismiss")) == review_texts.DISMISSED
    assert await said_to(await fake.click(mod, case, "Dismiss")) == review_texts.ALREADY_DECIDED
    await app.cases.work()
    assert "it shows me" not in case.content
    assert not message.deleted
    await reported(fake, fake.member("fay"), message)
    await app.cases.work()
    cases = [one for one in mods_channel.messages.values() if one.author.bot]
    assert len(cases) == 2
    old = await forged(app, channel, TakeDown(1, job.id))
    stale = await fake.click(mod, old, "Take down")
    await until(lambda: stale.message is not None and not stale.message.loading)
    assert stale.message.content == review_texts.ALREADY_DECIDED
    assert not message.deleted


async def test_members_and_other_servers_take_nothing_down(fake, channel, mods_channel, ada, app, bot):
    job, message = await delivered(app, ada, channel)
    elsewhere = fake.guild("Elsewhere")
    boss = fake.member("boss", elsewhere, permissions=Permission.ADMINISTRATOR)
    take_down = TakeDown(1, job.id)
    there = await forged(app, fake.channel(elsewhere), take_down, Report(job.id))
    assert await said_to(await fake.click(boss, there, "Report")) == messages.NOT_FOUND
    await reported(fake, fake.member("eve"), message)
    case = await case_in(app, mods_channel)
    assert await said_to(await fake.click(ada, case, "Take down")) == messages.NOT_A_MODERATOR
    assert await said_to(await fake.click(boss, there, "Take down")) == messages.NOT_FOUND
    assert not message.deleted
    assert (await app.queue.jobs.get(job.id)).state is State.DELIVERED
    assert await clip_actions(app, channel.guild) == []


@pytest.mark.parametrize("after", ["an erase", "the days of prompts"])
async def test_a_report_outlives_the_words_of_its_clip_and_the_card_still_takes_the_message_down(
    fake, channel, mods_channel, ada, mod, app, bot, after
):
    job, message = await delivered(app, ada, channel, recipe={"prompt": "a red heron"})
    await reported(fake, fake.member("eve"), message)
    case = await case_in(app, mods_channel)
    assert "a red heron" in case.content
    personal = app.rights._personal
    if after == "an erase":
        await personal.erase(ada.id)
    else:
        await personal.forget_words(days=-1)
    await app.cases.work()
    assert "a red heron" not in case.content
    assert str(message.id) in case.content
    assert (str(review_texts.ERASED_SINCE) in case.content) is (after == "an erase")
    assert ("it shows me" in case.content) is (after != "an erase")
    assert await reported(fake, fake.member("fay"), message) == review_texts.REPORTED
    click = await fake.click(mod, case, "Take down")
    await until(partial(is_answered, click))
    await app.cases.work()
    assert message.deleted
    assert case.content.startswith("🗑️ Taken down by")
    assert await app.queue.cases.reasons(job.id) == ["", ""]
    assert ((await app.queue.jobs.get(job.id)).message_id is None) is (after == "an erase")


async def test_after_a_dismissal_nothing_leads_to_the_message_of_an_erased_member(
    fake, channel, mods_channel, ada, mod, app, bot
):
    job, message = await delivered(app, ada, channel)
    await reported(fake, fake.member("eve"), message)
    await app.rights._personal.erase(ada.id)
    assert (await app.queue.jobs.get(job.id)).message_id == message.id
    case = await case_in(app, mods_channel)
    assert await said_to(await fake.click(mod, case, "Dismiss")) == review_texts.DISMISSED
    assert (await app.queue.jobs.get(job.id)).message_id is None
    assert not message.deleted
    assert await reported(fake, fake.member("fay"), message) == review_texts.REPORTED_TOO_LATE


async def test_a_clip_whose_words_are_forgotten_is_reported_like_any_other(
    fake, channel, mods_channel, ada, mod, app, bot
):
    job, message = await delivered(app, ada, channel)
    await app.rights._personal.forget_words(days=-1)
    assert await reported(fake, fake.member("eve"), message) == review_texts.REPORTED
    case = await case_in(app, mods_channel)
    assert "it shows me" in case.content
    await app.cases.work()
    assert await said_to(await fake.click(mod, case, "Dismiss")) == review_texts.DISMISSED
    assert await app.queue.cases.reasons(job.id) == [""]


async def test_reports_are_listed_where_no_channel_was_chosen_until_they_are_decided(
    fake, channel, ada, mod, app, bot
):
    job, message = await delivered(app, ada, channel)
    assert await reported(fake, fake.member("eve"), message) == review_texts.REPORTED_WITHOUT_CHANNEL
    await app.cases.work()
    shown = await said_to(await fake.slash(mod, channel, "queue show"))
    assert str(moderation_texts.REPORTS_NEED_A_CHANNEL) in shown
    assert f"`{job.id[:6]}` reported by 1 member" in shown
    assert str(message.id) in shown
    review = fake.channel(name="review")
    await said_to(await fake.slash(mod, channel, "queue review", channel=review))
    case = await case_in(app, review)
    shown = await said_to(await fake.slash(mod, channel, "queue show"))
    assert "reported by 1 member" in shown
    assert str(moderation_texts.REPORTS_NEED_A_CHANNEL) not in shown
    await said_to(await fake.click(mod, case, "Dismiss"))
    assert "reported by" not in await said_to(await fake.slash(mod, channel, "queue show"))


async def posted_unknown(app, member, channel):
    """A clip whose post has arrived while its answer was lost: it waits for another try."""
    await queued(app.queue, member.id, channel.guild.id, channel_id=channel.id)
    job = await hand_in(app.queue, app.blobs, await app.queue.claims.claim(), b"a clip")
    await app.queue.delivery.begin_posting(job.id)
    path = app.blobs.path(job.clip_sha256)
    post = Post(content="clip", nonce=job.id[:16], file=path, file_name=file_name(job.id))
    message = await app.messenger.send(channel.id, post)
    return job, channel.messages[message]


async def test_a_clip_that_is_cancelled_after_its_post_may_have_arrived_is_looked_for_and_deleted(
    fake, channel, ada, app, bot
):
    job, message = await posted_unknown(app, ada, channel)
    await app.queue.delivery.postpone(job.id, 60)
    assert await app.queue.claims.cancel(job.id) is CancelOutcome.DONE
    await app.cases.work()
    assert message.deleted
    assert await app.queue.cases.taking_down() == []


async def test_a_clip_that_is_taken_down_while_its_post_is_under_way_does_not_stay(
    fake, channel, ada, app, bot
):
    """The answer to that post is lost."""
    job, message = await posted_unknown(app, ada, channel)
    await app.queue.cases.report(job.id, 5, "odd", most=9)
    down = await app.queue.cases.take_down(
        job.id, 1, AuditEntry(guild_id=channel.guild.id, actor_id=1, action="take down", target=job.id)
    )
    for one in down.jobs:
        await app.cases.delete_message(one)  # as it is at the click: nobody knows of a message yet
    await app.queue.delivery.postpone(job.id, 0)
    await app.deliverer._deliver(await app.queue.jobs.get(job.id))
    await app.cases.work()
    assert message.deleted
    assert await app.queue.cases.taking_down() == []
