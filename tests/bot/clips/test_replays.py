"""A ``custom_id`` is public: whoever replays one gets what one click gets, and nothing of another server."""

from __future__ import annotations

import asyncio

import pytest

from bot.buttons import rows
from bot.clips.clip_actions import Extend, Loop
from bot.clips.deleting import Delete
from bot.clips.remakes import Lighter, Redraw, Reroll
from bot.discord_io.post import Post
from bot.requests.cancelling import Cancel, Stop
from bot.text import messages
from db.states import State
from tests.bot.fixtures import connected, count_of, hand_in, queued
from tests.fake_discord import Permission
from tests.until import until

TIMES = 100
HERE = {"prompt": "a red boat"}


async def at(app, member, channel, state: State):
    """A job of the member's in this state."""
    job = await queued(app.queue, member.id, channel.guild.id, channel_id=channel.id, recipe=HERE)
    if state in {State.RUNNING, State.DELIVERED, State.FAILED}:
        job = await app.queue.claims.claim()
    if state is State.DELIVERED:
        await hand_in(app.queue, app.blobs, job)
        await app.queue.delivery.begin_posting(job.id)
        await app.queue.delivery.record_posted(job.id, 1)
    if state is State.FAILED:
        await app.queue.claims.fail(job.id, job.claim, code="E_MEMORY", error_id="1")
    return await app.queue.jobs.get(job.id)


async def replayed(fake, app, channel, member, action, job, times):
    """Click the same button many times at once, on a message that has it; wait for every answer."""
    post = Post(content="any message", nonce=action.action, view=rows.row(job, action))
    message = channel.messages[await app.messenger.send(channel.id, post)]
    asked = [await fake.click(member, message, action.id_for(job.id)) for _ in range(times)]
    await asyncio.gather(*(each.answered(60) for each in asked))
    return asked


@pytest.mark.parametrize("action", [Cancel, Stop, Delete])
async def test_what_can_be_done_once_is_done_once_by_a_hundred_clicks(
    fake, channel, ada, mod, bot, app, action
):
    job = await at(app, ada, channel, action.states[0])
    asked = await replayed(fake, app, channel, mod, action, job, TIMES)
    await until(lambda: all(one.message or one.followups for one in asked))
    await until(lambda: as_often(app, channel.guild.id, 1))
    assert await count_of(app) == 1


async def test_a_hundred_rerolls_of_a_first_look_ask_once_and_are_no_moderators_doing(
    fake, channel, ada, bot, app
):
    job = await at(app, ada, channel, State.RUNNING)
    asked = await replayed(fake, app, channel, ada, Redraw, job, TIMES)
    await until(lambda: all(one.message or one.followups for one in asked))

    async def stops():
        return (await app.queue.jobs.get(job.id)).cancel_requested

    await until(stops)
    assert await count_of(app) == 2
    assert await app.audit.entries(channel.guild.id) == []


async def as_often(app, guild, count):
    return len(await app.audit.entries(guild, TIMES)) == count


@pytest.mark.parametrize("action", [Reroll, Lighter, Extend, Loop])
async def test_what_asks_for_a_clip_never_passes_the_members_limit(fake, channel, ada, bot, app, action):
    job = await at(app, ada, channel, action.states[0])
    asked = await replayed(fake, app, channel, ada, action, job, 20)
    most = app.settings.per_member_waiting
    await until(lambda: sum(map(refused, asked)) >= 20 - most and not app.door._here)
    taken = len(await app.queue.jobs.waiting())
    assert 1 <= taken <= most
    assert sum(map(refused, asked)) == 20 - taken


def refused(asked) -> bool:
    """Whether somebody was told in private, whether before or after the public answer."""
    return bool(asked.followups) or bool(asked.message and asked.message.ephemeral)


async def test_a_moderator_of_another_server_reaches_no_job_by_any_button(fake, channel, ada, bot, app):
    elsewhere = fake.channel(guild=fake.guild("Elsewhere"))
    mallory = fake.member("mallory", guild=elsewhere.guild, permissions=Permission.ADMINISTRATOR)
    jobs = {
        state: await at(app, ada, channel, state) for state in {kind.states[0] for kind in rows.job_buttons()}
    }
    before = {state: await app.queue.jobs.get(job.id) for state, job in jobs.items()}
    for action in rows.job_buttons():
        job = jobs[action.states[0]]
        [asked] = await replayed(fake, app, elsewhere, mallory, action, job, 1)
        said = await asked.shown()
        assert (said.content, said.ephemeral) == (messages.NOT_FOUND, True), action
    assert {state: await app.queue.jobs.get(job.id) for state, job in jobs.items()} == before
    assert await count_of(app) == len(jobs)
    assert await app.audit.entries(channel.guild.id) == await app.audit.entries(elsewhere.guild.id) == []


async def test_a_button_of_yesterday_finds_after_a_restart_what_is_true_today(fake, channel, ada, mod, app):
    """What it does depends on the rows as they are, not on when or by which process it was sent."""
    signs = {}
    async with connected(fake, app):
        over = await at(app, ada, channel, State.DELIVERED)
        gone = await at(app, ada, channel, State.QUEUED)
        for action, job in ((Reroll, over), (Cancel, gone)):
            post = Post(content="any message", nonce=action.action, view=rows.row(job, action))
            signs[action] = channel.messages[await app.messenger.send(channel.id, post)]
    await app.queue.claims.cancel(gone.id)
    a_day_earlier = "UPDATE job SET created_at = created_at - 86400, ended_at = ended_at - 86400"
    await app.database.write(lambda connection: connection.execute(a_day_earlier))
    before = await app.queue.jobs.get(gone.id)
    async with connected(fake, app):
        for _ in range(10):
            asked = await fake.click(mod, signs[Cancel], Cancel.id_for(gone.id))
            assert (await asked.shown()).content == messages.ALREADY_OVER
        again = await fake.click(ada, signs[Reroll], Reroll.id_for(over.id))
        assert HERE["prompt"] in (await again.shown()).content
    assert await app.queue.jobs.get(gone.id) == before
    assert await app.audit.entries(channel.guild.id) == []
    assert await count_of(app) == 3
