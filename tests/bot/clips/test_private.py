"""Clips that only their member sees, until they post them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from bot.text import community_texts, messages, private_texts
from db.moderation.reviews import OnPictures, ReviewRules
from db.states import State
from tests.bot.clips.choosing import draw, in_state, labels, reread
from tests.bot.fixtures import picture
from tests.clock import CLOCK
from tests.db.asking import audit_entry
from tests.fake_discord import EVERYONE, LostAnswer, Permission, Status, Upload
from tests.present import present
from tests.until import until


@pytest.fixture
async def asked(fake, channel, ada, bot, app):
    """A private request of Ada's: its interaction and its job."""
    said = await fake.slash(ada, channel, "animate", image=Upload("cat.png", picture()), private=True)
    await fake.wait_for(lambda: said.message is not None and not said.message.loading)
    [job] = await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)
    return said, job


@asynccontextmanager
async def at_work(app):
    """The loops that bring clips and messages to members."""
    loops = [app.deliverer.loop, app.board.loop, app.answers.loop]
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def direct_to(fake, member):
    channel = fake.world.direct.get(member.user.id)
    return [] if channel is None else list(channel.messages.values())


def in_public(fake, channel):
    return [each for each in fake.messages(channel) if not each.ephemeral]


async def test_a_private_clip_comes_into_the_private_answer_and_is_posted_once_when_asked(
    fake, channel, ada, app, asked, clip
):
    said, job = asked
    eve = fake.member("eve")
    assert said.message.ephemeral
    assert private_texts.COMES_HERE in said.message.content
    async with at_work(app):
        await draw(app, clip, job=job.id)
        done = await until(lambda: in_state(app, job, State.DELIVERED))
        assert done.token is None
        assert [each.filename for each in said.message.attachments] == [f"framekiln-{job.id}.mp4"]
        assert labels(said.message)[0] == "Post it"
        assert in_public(fake, channel) == []

        forged = await fake.click(eve, said.message, f"fk:recipe:{job.id}", forged=True)
        assert (await forged.shown()).content == messages.NOT_FOUND
        forged = await fake.click(eve, said.message, f"fk:post:{job.id}", forged=True)
        assert (await forged.shown()).content == messages.NOT_FOUND
        assert await app.queue.jobs.page_of(channel.guild.id, None, after=None, limit=10) == []
        assert await app.queue.jobs.ended(channel.guild.id, 0.0) == []

        french = "UPDATE job SET language = 'fr' WHERE id = ?"
        await app.database.write(lambda connection: connection.execute(french, (job.id,)))
        first = await fake.click(ada, said.message, "Post it")
        assert (await first.shown()).content == private_texts.POSTED
        await fake.wait_for(lambda: in_public(fake, channel))
        again = await fake.click(ada, said.message, "Post it")
        assert (await again.shown()).content == private_texts.POSTED_BEFORE
    [posted] = in_public(fake, channel)
    copy = present(await app.queue.jobs.posted_as(channel.guild.id, posted.id))
    assert copy.language == "fr"
    assert posted.now.pings == {str(ada.user.id)}
    assert "Post it" not in labels(posted)


async def test_a_private_clip_can_be_asked_for_where_the_bot_may_not_post(fake, channel, ada, bot, app):
    fake.world.permit(channel, EVERYONE & ~Permission.ATTACH_FILES)
    said = await fake.slash(ada, channel, "text2video", prompt="a red boat", private=True)
    assert private_texts.COMES_HERE in (await said.shown()).content
    refused = await fake.slash(ada, channel, "text2video", prompt="a red boat")
    assert (await refused.shown()).content == community_texts.may_not_post(["attach_files"])


async def test_a_private_clip_is_not_promised_where_the_bot_may_not_post(
    fake, channel, ada, app, asked, clip
):
    said, job = asked
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
        fake.world.permit(channel, EVERYONE & ~Permission.ATTACH_FILES)
        refused = await fake.click(ada, said.message, "Post it")
        assert (await refused.shown()).content == private_texts.may_not_post_in(channel.id, ["attach_files"])
        fake.world.permit(channel, EVERYONE)
        taken = await fake.click(ada, said.message, "Post it")
        assert (await taken.shown()).content == private_texts.POSTED
        await fake.wait_for(lambda: in_public(fake, channel))


async def test_a_post_that_waits_for_another_try_is_listed_as_such_and_can_be_cancelled(
    fake, channel, ada, app, asked, clip
):
    said, job = asked
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
        fake.fail("POST", rf"/channels/{channel.id}/messages$", Status(403, 50013), times=9)
        await (await fake.click(ada, said.message, "Post it")).shown()

        async def waits():
            found = await app.queue.jobs.in_states(channel.guild.id, State.POSTING)
            return [each for each in found if each.retry_at is not None]

        [post] = await until(waits)
        again = await fake.click(ada, said.message, "Post it")
        assert (await again.shown()).content == private_texts.WAITS_TO_BE_POSTED
        listed = await (await fake.slash(ada, channel, "jobs")).shown()
        assert f"`{post.id[:6]}` waiting to be posted" in listed.content
        await (await fake.click(ada, listed, f"fk:cancel:{post.id}")).shown()
        await until(lambda: in_state(app, post, State.CANCELLED))


async def test_posting_a_private_clip_passes_the_servers_review(fake, channel, ada, app, asked, clip):
    said, job = asked
    async with at_work(app):
        await draw(app, clip, nudity=0.99, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
        rules = ReviewRules(pictures=OnPictures.HOLD)
        await app.queue.reviews.set_review_rules(rules, audit_entry("review", guild=channel.guild.id))
        await (await fake.click(ada, said.message, "Post it")).shown()

        async def held():
            return await app.queue.jobs.in_states(channel.guild.id, State.HELD)

        [waits] = await until(held)
    assert waits.parent == job.id
    assert in_public(fake, channel) == []


async def test_an_answer_that_can_be_changed_no_more_becomes_a_direct_message(
    fake, channel, ada, app, asked, clip
):
    said, job = asked
    CLOCK.now = CLOCK() + 16 * 60
    fake.interactions.token_seconds = 0.0
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
    assert said.message.attachments == ()
    [direct] = direct_to(fake, ada)
    assert [each.filename for each in direct.attachments] == [f"framekiln-{job.id}.mp4"]
    assert labels(direct) == ["Post it"]
    assert in_public(fake, channel) == []


@pytest.mark.parametrize("where", ["in the channel", "in a direct message"])
async def test_a_banned_member_posts_no_clip_that_was_made_before(
    fake, channel, ada, app, asked, clip, where
):
    said, job = asked
    if where == "in a direct message":
        CLOCK.now = CLOCK() + 16 * 60
        fake.interactions.token_seconds = 0.0
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
        await app.queue.moderation.ban(channel.guild.id, ada.user.id, by=1, reason="spam")
        shown = direct_to(fake, ada)[0] if where == "in a direct message" else said.message
        fake.interactions.token_seconds = 900.0
        refused = await fake.click(ada, shown, "Post it")
        assert (await refused.shown()).content == messages.BANNED
    assert in_public(fake, channel) == []
    assert len(await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)) == 1


async def test_a_lost_answer_to_the_upload_shows_the_clip_once(fake, channel, app, asked, clip):
    said, job = asked
    fake.fail("PATCH", r"/webhooks/.*@original$", LostAnswer())
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
    assert len(said.message.attachments) == 1


async def test_what_became_of_a_private_request_is_never_said_in_the_channel(fake, channel, ada, app, asked):
    _, job = asked
    claimed = await app.queue.claims.claim()
    await app.queue.claims.fail(job.id, claimed.claim, code="E_BROKEN")
    async with at_work(app):
        await fake.wait_for(lambda: direct_to(fake, ada))
    assert in_public(fake, channel) == []


async def test_what_is_made_from_a_private_clip_is_private(fake, channel, ada, app, asked, clip):
    said, job = asked
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
        again = await fake.click(ada, said.message, "Reroll")
        await again.shown()
    assert again.message.ephemeral
    newest = (await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id))[0]
    assert newest.private
    assert newest.id != job.id
    assert (await reread(app, newest)).token is not None
