"""Requests from outside the servers that have added the bot: direct messages, group DMs, other servers."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from bot.config.choices import DirectMessages
from bot.text import messages, outside_texts, privacy_texts, private_texts
from db.states import DIRECT, STRANGERS, State
from tests.bot.clips.choosing import draw, in_state, labels
from tests.bot.clips.test_private import at_work, direct_to
from tests.bot.fixtures import picture
from tests.clock import CLOCK
from tests.fake_discord import Permission, Upload
from tests.fake_discord.limits import walk_components
from tests.until import until

ADULT_WORD = "porn"


@pytest.fixture
def who():
    return DirectMessages.ANYONE


@pytest.fixture
def settings(settings, who):
    return settings.model_copy(update={"direct_messages": who})


@pytest.fixture
def trudy(fake):
    """Somebody who shares no server with the bot and has installed it for themselves."""
    return fake.installs(fake.member("trudy", fake.guild("Without the bot", has_bot=False)))


async def animate(fake, member, channel, **options):
    return await fake.slash(member, channel, "animate", image=Upload("cat.png", picture()), **options)


async def asked(fake, app, member, channel, **options):
    """A request that is taken: its interaction and its job."""
    said = await animate(fake, member, channel, **options)
    await said.shown()
    jobs = await app.queue.jobs.jobs_of(member.id, DIRECT)
    assert jobs, said.messages[0].content
    return said, jobs[0]


async def refused(fake, member, channel, **options) -> str:
    said = await fake.slash(member, channel, "text2video", **({"prompt": "rain"} | options))
    return (await said.shown()).content


def clips_in(fake, channel):
    return [each for each in fake.messages(channel) if each.attachments]


@pytest.mark.parametrize("who", [DirectMessages.OFF])
async def test_unless_the_owner_lets_members_nobody_asks_outside_of_servers(
    fake, channel, ada, trudy, bot, app
):
    for member, where in ((ada, fake.direct_channel(ada.user)), (trudy, fake.group_channel())):
        assert not fake.offers(member, where, "text2video")
        assert await refused(fake, member, where) == messages.ONLY_IN_SERVERS
    assert await app.queue.jobs.counts() == dict.fromkeys(State, 0)


@pytest.mark.parametrize("who", [DirectMessages.SERVERS])
async def test_members_of_a_server_may_ask_and_strangers_read_why_they_may_not(
    fake, channel, ada, trudy, bot, app
):
    direct = fake.direct_channel(trudy.user)
    assert await refused(fake, trudy, direct) == outside_texts.ONLY_FOR_MEMBERS
    listed = await fake.autocomplete(trudy, direct, "text2video", "quality", "", prompt="rain")
    assert (await listed.answered()).data["choices"] == []
    _, job = await asked(fake, app, ada, fake.direct_channel(ada.user))
    assert job.guild_id == DIRECT


async def test_discord_offers_in_direct_messages_only_what_works_there(fake, ada, trudy, bot):
    everywhere = {"animate", "text2video", "restyle", "replay", "jobs", "mydata", "help", "Animate this"}
    for member, where in ((ada, fake.direct_channel(ada.user)), (trudy, fake.group_channel())):
        names = {each["name"] for known in fake.world.commands.values() for each in known}
        found = {name for name in names if fake.offers(member, where, name)}
        assert everywhere | {"Animate avatar"} == found


async def test_in_the_bots_direct_messages_a_clip_is_posted_as_in_any_channel(fake, ada, bot, app, clip):
    direct = fake.direct_channel(ada.user)
    said, job = await asked(fake, app, ada, direct)
    assert (job.guild_id, job.channel_id, job.answer_only) == (DIRECT, direct.id, False)
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
        link = f"https://discord.com/channels/@me/{direct.id}/"
        await fake.wait_for(lambda: link in said.message.content)
    [posted] = clips_in(fake, direct)
    assert "Report" not in labels(posted)
    assert not {"⭐", "Star"} & {*labels(posted)}
    again = await fake.click(ada, posted, "Reroll")
    await again.shown()
    assert len(await app.queue.jobs.jobs_of(ada.id, DIRECT)) == 2
    gone = await fake.click(ada, posted, "Delete")
    await gone.shown()
    assert posted.deleted


@pytest.fixture(params=["a group DM", "a server that has not added the bot"])
def elsewhere(request, fake, trudy):
    return fake.group_channel() if request.param == "a group DM" else fake.channel(trudy.guild, "theirs")


async def test_where_the_bot_is_not_the_clip_becomes_the_answer(
    fake, channel, trudy, bot, app, clip, elsewhere
):
    said, job = await asked(fake, app, trudy, elsewhere)
    assert (job.guild_id, job.answer_only, job.status_message_id) == (STRANGERS, True, None)
    assert outside_texts.COMES_HERE in said.message.content
    assert not said.message.ephemeral
    async with at_work(app):
        await draw(app, clip, job=job.id)
        done = await until(lambda: in_state(app, job, State.DELIVERED))
        await until(lambda: _is_final(app, job))
    assert done.token is None
    assert fake.messages(elsewhere) == [said.message]
    assert [each.filename for each in said.message.attachments] == [f"framekiln-{job.id}.mp4"]
    assert "Cancel" not in labels(said.message)
    gone = await fake.click(trudy, said.message, "Delete")
    await gone.answered()
    await fake.wait_for(lambda: said.message.deleted)


async def _is_final(app, job):
    return (await app.queue.jobs.get(job.id)).status_final


async def test_an_answer_elsewhere_tells_how_the_job_stands_also_after_a_restart(
    fake, channel, trudy, bot, app
):
    said, job = await asked(fake, app, trudy, fake.group_channel())
    before = said.message.content
    assert [each.id for each in await app.queue.delivery.open_statuses()] == [job.id]
    app.board._shown.clear()  # as a new process begins: it knows rows only
    async with at_work(app):
        await fake.wait_for(lambda: said.message.content != before)
        assert outside_texts.COMES_HERE in said.message.content
        click = await fake.click(trudy, said.message, "Cancel")
        await click.shown()
        await fake.wait_for(lambda: messages.CANCELLED in said.message.content)
    assert labels(said.message) == []


async def test_an_answer_says_nothing_of_its_own_while_its_clip_is_on_its_way(fake, trudy, bot, app, clip):
    said, job = await asked(fake, app, trudy, fake.group_channel())
    before = said.message.edits
    await draw(app, clip, job=job.id)
    await app.board._bring_up_to_date(job.id)
    assert said.message.edits == before


async def test_after_15_minutes_the_clip_goes_to_its_member_directly(fake, channel, trudy, bot, app, clip):
    said, job = await asked(fake, app, trudy, fake.group_channel())
    CLOCK.now = CLOCK() + 16 * 60
    fake.interactions.token_seconds = 0.0
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
    assert said.message.attachments == ()
    [direct] = direct_to(fake, trudy)
    assert [each.filename for each in direct.attachments] == [f"framekiln-{job.id}.mp4"]
    assert "Reroll" in labels(direct)


async def test_a_clip_that_can_be_brought_nowhere_is_kept_and_jobs_has_it(
    fake, channel, trudy, bot, app, clip
):
    group = fake.group_channel()
    _, job = await asked(fake, app, trudy, group)
    fake.world.installed.discard(trudy.id)  # nothing is left by which they could be written to
    CLOCK.now = CLOCK() + 16 * 60
    fake.interactions.token_seconds = 0.0
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.FAILED))
    fake.interactions.token_seconds = 900.0
    mine = await (await fake.slash(trudy, group, "jobs")).shown()
    got = await (await fake.click(trudy, mine, f"Get {job.id[:6]}")).shown()
    assert got.ephemeral
    assert [each.filename for each in got.attachments] == [f"framekiln-{job.id}.mp4"]
    eve = fake.installs(fake.member("eve", trudy.guild))
    theirs = await fake.click(eve, mine, f"fk:get:{job.id}", forged=True)
    assert (await theirs.shown()).content in {messages.ITS_MEMBERS_ALONE, messages.NOT_FOUND}


async def test_a_private_clip_elsewhere_is_seen_by_its_member_only(fake, trudy, bot, app, clip):
    group = fake.group_channel()
    said, job = await asked(fake, app, trudy, group, private=True)
    assert said.message.ephemeral
    assert private_texts.COMES_HERE in said.message.content
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
    assert said.message.attachments
    assert "Post it" not in labels(said.message)
    assert fake.messages(group) == []


async def test_what_a_moderator_would_have_to_review_is_refused_where_there_is_none(
    fake, ada, bot, app, clip
):
    direct = fake.direct_channel(ada.user)
    told = await refused(fake, ada, direct, prompt=f"a {ADULT_WORD} dancer")
    assert told == outside_texts.words_refused([ADULT_WORD])
    said, job = await asked(fake, app, ada, direct)
    async with at_work(app):
        await draw(app, clip, nudity=0.99, job=job.id)
        await until(lambda: in_state(app, job, State.REFUSED))
        await fake.wait_for(lambda: outside_texts.CLIP_NOT_SHOWN in said.message.content)
    assert clips_in(fake, direct) == []
    assert await app.queue.cases.due() == []


async def test_a_stranger_has_a_quota_of_their_own_and_no_drafts(fake, channel, trudy, bot, app):
    group = fake.group_channel()
    assert await refused(fake, trudy, group, takes=2) == outside_texts.NO_TAKES_HERE
    await asked(fake, app, trudy, group)
    assert "You already have 1 waiting" in await refused(fake, trudy, group)


async def test_a_flood_of_strangers_leaves_the_door_open_to_members(fake, channel, ada, trudy, bot, app):
    limits = app.door._limits
    app.door._of_guild[STRANGERS] = limits.per_guild + limits.in_line
    assert await refused(fake, trudy, fake.group_channel()) == outside_texts.BUSY
    await asked(fake, app, ada, fake.direct_channel(ada.user))
    await (await animate(fake, ada, channel)).shown()
    assert len(await app.queue.jobs.jobs_of(ada.id, channel.guild.id)) == 1


async def test_who_drew_in_a_server_is_a_member_outside_of_it_for_as_long_as_they_are_there(
    fake, channel, ada, bot, app, clip
):
    said = await animate(fake, ada, channel)
    await said.shown()
    [job] = await app.queue.jobs.jobs_of(ada.id, channel.guild.id)
    await draw(app, clip, job=job.id)
    fake.installs(ada)
    group = fake.group_channel()
    _, outside = await asked(fake, app, ada, group)
    assert outside.guild_id == DIRECT
    del ada.guild.members[ada.id]
    app.door._whereabouts._members._known.clear()  # a minute later
    _, later = await asked(fake, app, ada, group)
    assert later.guild_id == STRANGERS


async def test_a_ban_in_a_server_holds_outside_of_it(fake, channel, ada, bot, app):
    await app.queue.moderation.ban(channel.guild.id, ada.id, by=9, reason="spam")
    assert await refused(fake, ada, fake.direct_channel(ada.user)) == outside_texts.BANNED


async def test_a_moderator_bans_somebody_who_is_in_no_server_by_their_id(fake, channel, mod, trudy, bot):
    said = await fake.slash(mod, channel, "queue ban", member=trudy.user, reason="spam")
    assert "can no longer use me here" in (await said.shown()).content
    assert await refused(fake, trudy, fake.group_channel()) == outside_texts.BANNED


async def test_the_help_shows_outside_of_servers_what_works_there(fake, ada, trudy, bot, app):
    group = fake.group_channel()
    page = await (await fake.slash(trudy, group, "help")).shown()
    found = {one["custom_id"] for one in walk_components(page.components) if "custom_id" in one}
    assert found == {"fk:help:picture", "fk:help:words", "fk:help:data"}
    words = await fake.click(trudy, page, "fk:help:words")
    await words.answered()
    tried = await fake.click(trudy, page, "fk:try:words", forged=True)
    await tried.shown()
    [job] = await app.queue.jobs.jobs_of(trudy.id, DIRECT)
    assert (job.guild_id, job.answer_only) == (STRANGERS, True)


async def test_an_admin_of_a_server_that_has_not_added_the_bot_moderates_nothing(fake, trudy, bot, app):
    theirs = fake.channel(trudy.guild, "theirs")
    said, job = await asked(fake, app, trudy, theirs)
    boss = fake.member("boss", trudy.guild, permissions=Permission.ADMINISTRATOR)
    click = await fake.click(boss, said.message, "Cancel")
    assert (await click.shown()).content == messages.NOT_YOURS
    assert (await app.queue.jobs.get(job.id)).state is State.QUEUED


async def test_another_member_of_a_group_acts_in_their_own_name(fake, trudy, bot, app, clip):
    group = fake.group_channel()
    said, job = await asked(fake, app, trudy, group)
    async with at_work(app):
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
    eve = fake.member("eve", trudy.guild)
    await (await fake.click(eve, said.message, "Reroll")).shown()
    [theirs] = await app.queue.jobs.jobs_of(eve.id, DIRECT)
    assert (theirs.guild_id, theirs.parent) == (STRANGERS, job.id)
    sign = fake.world.bot_answers(fake.group_channel(), "elsewhere")
    elsewhere = await fake.click(eve, sign, f"fk:recipe:{job.id}", forged=True)
    assert (await elsewhere.shown()).content == messages.NOT_FOUND


async def test_an_erasure_takes_what_was_asked_for_outside_of_servers(fake, ada, trudy, bot, app):
    for member, where in ((ada, fake.direct_channel(ada.user)), (trudy, fake.group_channel())):
        _, job = await asked(fake, app, member, where)
        question = await (await fake.slash(member, where, "mydata erase")).shown()
        await (await fake.click(member, question, privacy_texts.ERASE)).answered()
        erasing = asyncio.create_task(app.erasing.loop.run())
        try:
            await until(partial(_is_forgotten, app, job))
        finally:
            erasing.cancel()
            await asyncio.gather(erasing, return_exceptions=True)


async def _is_forgotten(app, job):
    row = await app.queue.jobs.get(job.id)
    return row is None or (row.user_id < 0 and row.token is None and row.forgotten_at is not None)
