"""Which requests wait for a moderator, and what happens to them meanwhile."""

from __future__ import annotations

import dataclasses
import logging
import time

import pytest

from bot.text import review_texts
from db.moderation.reviews import OnPictures, OnWords, ReviewRules
from db.states import State
from tests.bot.fixtures import hand_in, queued
from tests.bot.moderation.cases import case_in, held, rule, said_to
from tests.fake_discord import EVERYONE, Permission
from tests.until import until

DAY = 86_400.0


OLD_HAND = time.time() - 400 * DAY


async def test_a_newcomers_job_is_held_and_an_old_hands_is_not(fake, channel, ada, mod, app, bot):
    await (await fake.slash(mod, channel, "queue review", new_members=7, words="hold")).shown()
    old = fake.member("old")
    old.joined_at = OLD_HAND
    asked = await (await fake.slash(ada, channel, "text2video", prompt="a red boat")).shown()
    assert "waiting for a moderator to review it" in asked.content
    await (await fake.slash(old, channel, "text2video", prompt="a red boat")).shown()
    [job] = await app.queue.jobs.in_states(channel.guild.id, State.HELD)
    assert (job.user_id, "joined 0 days ago" in job.held_reason) == (ada.id, True)
    assert [other.user_id for other in await app.queue.jobs.waiting()] == [old.id]


async def test_without_a_review_channel_a_job_stays_held_in_the_list_and_the_log_says_so(
    fake, channel, mods_channel, ada, mod, app, bot, caplog
):
    job = await held(app, ada, channel)
    with caplog.at_level(logging.WARNING):
        await app.cases.work()
        assert f"cannot ask moderators about job {job.id}" in caplog.text
    assert job.id[:6] in await said_to(await fake.slash(mod, channel, "queue show"))
    fake.world.permit(mods_channel, EVERYONE & ~Permission.SEND_MESSAGES)
    await rule(app, channel.guild, channel_id=mods_channel.id)
    await app.cases.work()
    assert (await app.queue.jobs.get(job.id)).state is State.HELD
    fake.world.permit(mods_channel, EVERYONE)
    await rule(app, channel.guild, channel_id=mods_channel.id)
    assert "grumpf" in (await case_in(app, mods_channel)).content


async def test_a_channel_where_moderators_cannot_be_asked_is_no_review_channel(
    fake, channel, mods_channel, mod, app, bot
):
    lacks = EVERYONE & ~Permission.SEND_MESSAGES & ~Permission.ATTACH_FILES
    shut = fake.channel(name="shut", bot_permissions=lacks)
    said = await said_to(await fake.slash(mod, channel, "queue review", channel=shut, words="hold"))
    assert said == review_texts.cannot_ask(shut.id, ["send_messages", "attach_files"])
    assert await app.queue.reviews.review_rules(channel.guild.id) == ReviewRules()
    said = await said_to(await fake.slash(mod, channel, "queue review", channel=mods_channel))
    assert "⚠️" not in said
    fake.world.permit(mods_channel, EVERYONE & ~Permission.ATTACH_FILES)

    async def tells():
        page = await said_to(await fake.slash(mod, channel, "queue review"))
        return "⚠️" in page and "*Attach Files*" in page

    await until(tells)


async def test_what_is_released_without_a_card_is_not_held_again(fake, channel, ada, mod, app, bot):
    """A server without a review channel decides with `/queue release`."""
    await rule(app, channel.guild, pictures=OnPictures.HOLD)
    await queued(app.queue, ada.id, channel.guild.id, channel_id=channel.id, adult=True)
    job = await hand_in(app.queue, app.blobs, await app.queue.claims.claim())
    screen = app.deliverer._screen
    assert not await screen(job)
    await (await fake.slash(mod, channel, "queue release", job=job.id)).shown()
    assert await screen(await app.queue.jobs.get(job.id))


@pytest.mark.parametrize(
    ("rules", "adult", "looked_at", "restricted", "shown"),
    [
        (ReviewRules(), True, False, False, True),
        (ReviewRules(words=OnWords.HOLD), False, False, False, True),
        (ReviewRules(words=OnWords.HOLD), True, False, False, False),
        (ReviewRules(pictures=OnPictures.SPOILER), False, False, False, False),
        (ReviewRules(pictures=OnPictures.HOLD), False, True, False, True),
        (ReviewRules(pictures=OnPictures.HOLD), True, False, True, True),
    ],
)
async def test_a_job_under_review_shows_no_first_look(
    fake, channel, ada, app, bot, rules, adult, looked_at, restricted, shown
):
    where = fake.channel(name="adults", nsfw=restricted)
    await until(lambda: bot.get_channel(where.id))
    await rule(app, channel.guild, **dataclasses.asdict(rules))
    job = await queued(app.queue, ada.id, channel.guild.id, channel_id=where.id, adult=adult)
    assert await app.board._may_show(dataclasses.replace(job, looked_at=looked_at)) is shown
