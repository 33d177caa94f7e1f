"""The buttons under a first look: keep it, stop, or draw another; and who may press them."""

from __future__ import annotations

import asyncio

import pytest

from bot import supervisor
from bot.clips.remakes import Keep, Redraw
from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import ChannelError, Post, SmallFile
from bot.loops import status as status_module
from bot.requests.cancelling import Stop
from bot.text import messages, status_texts
from db.states import State
from engine.core.events import Draft, Progress
from engine.core.recipe import Recipe, Stage
from tests.bot.fixtures import queued, until_cancelled
from tests.fake_discord import Status
from tests.until import until


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(status_module, "TICK_SECONDS", 0.005)
    monkeypatch.setattr(status_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(supervisor, "RESTART_FIRST", 0.02)


@pytest.fixture
def drawing(engine, tmp_path):
    """An act of the engine: one draft, then on until it is told to stop."""
    path = tmp_path / "draft.mp4"
    path.write_bytes(b"a small clip")

    async def act(on_event, cancel):
        on_event(Progress(stage=Stage.DRAWING, fraction=0.4))
        on_event(Draft(path=path, take=1))
        await until_cancelled(on_event, cancel)

    engine.acts = [act]


@pytest.fixture
async def asked(fake, channel, ada, app, bot, drawing):
    """Ada's job, whose status message shows a first look; and that message."""
    loops = [asyncio.create_task(each.loop.run()) for each in (app.engines.loops[0], app.board)]
    told = await fake.slash(ada, channel, "text2video", prompt="rain")
    message = await told.shown()
    await until(lambda: message.attachments)
    (running,) = await app.queue.jobs.running()
    yield running, message
    await app.engines.loops[0].stop(0)
    await app.board.stop()
    await asyncio.gather(*loops)


def on(message) -> list[str]:
    return [button["label"] for row in message.components for button in row["components"]]


async def test_keep_takes_the_buttons_away_and_nothing_else(fake, ada, app, asked):
    job, message = asked
    assert [file.filename for file in message.attachments] == [status_module.DRAFT_NAME]
    assert on(message) == ["Keep", "Reroll", "Stop"]
    answer = await fake.click(ada, message, "Keep")
    await until(lambda: on(message) == ["Cancel"])
    assert answer.followups == []
    assert message.attachments[0].data.startswith(b"a small clip")
    assert (await app.queue.jobs.get(job.id)).state is State.RUNNING


async def test_stop_cancels_the_job_and_its_first_look_goes(fake, ada, app, asked):
    job, message = asked
    answer = await fake.click(ada, message, "Stop")
    assert (await answer.shown()).content == messages.STOPPING
    await until(lambda: messages.CANCELLED in message.content and not message.attachments)
    assert (await app.queue.jobs.get(job.id)).state is State.CANCELLED
    assert on(message) == []


async def test_reroll_stops_the_job_and_asks_for_it_once_more_with_a_new_seed(fake, ada, app, asked):
    job, message = asked
    reroll = Redraw.id_for(job.id)
    answers = [await fake.click(ada, message, reroll) for _ in range(20)]
    shown = [await answer.shown() for answer in answers]
    await until(lambda: state_is(app, job, State.CANCELLED))
    public = [each for each in shown if not each.ephemeral]
    assert len(public) == 1
    assert {each.content for each in shown if each.ephemeral} <= {
        messages.ASKED_AGAIN,
        messages.ONE_AT_A_TIME,
        messages.STOPPING,
        messages.ALREADY_OVER,
    }
    new = [found for found in await app.queue.jobs.jobs_of(ada.id, job.guild_id, 99) if found.id != job.id]
    assert len(new) == 1
    old_recipe, new_recipe = Recipe.from_json(job.recipe), Recipe.from_json(new[0].recipe)
    assert new_recipe.seed != old_recipe.seed
    assert new_recipe.prompt == old_recipe.prompt
    assert new[0].parent == job.id


async def test_a_reroll_of_before_a_crash_is_not_asked_for_twice(fake, channel, ada, app, asked):
    """The process died after the new job was written down and before the old one was told to stop."""
    job, message = asked
    await queued(app.queue, ada.id, channel.guild.id, key=f"redraw {job.id}")
    answer = await fake.click(ada, message, "Reroll")
    await until(lambda: answer.followups)
    assert answer.followups[0].content == messages.ASKED_AGAIN
    assert len(await app.queue.jobs.jobs_of(ada.id, job.guild_id, 99)) == 2
    assert (await app.queue.jobs.get(job.id)).state is State.RUNNING


async def state_is(app, job, state):
    return (await app.queue.jobs.get(job.id)).state is state


async def test_a_reroll_that_is_refused_leaves_the_job_alone(fake, channel, ada, app, asked):
    job, message = asked
    for _ in range(app.settings.per_member_waiting):
        await queued(app.queue, ada.id, channel.guild.id)
    answer = await fake.click(ada, message, Redraw.id_for(job.id))
    assert (await answer.shown()).ephemeral
    row = await app.queue.jobs.get(job.id)
    assert (row.state, row.cancel_requested) == (State.RUNNING, False)


@pytest.mark.parametrize("action", [Keep, Redraw, Stop])
async def test_only_its_member_and_moderators_answer_a_first_look(fake, mod, app, asked, action):
    job, message = asked
    eve = fake.member("eve")
    answer = await fake.click(eve, message, action.id_for(job.id))
    told = messages.ITS_MEMBERS_ALONE if action is Redraw else messages.NOT_YOURS
    assert (await answer.shown()).content == told
    assert (await app.queue.jobs.get(job.id)).state is State.RUNNING
    assert on(message) == ["Keep", "Reroll", "Stop"]


async def test_no_moderator_takes_a_members_job_over_by_a_reroll(fake, channel, mod, app, asked):
    job, message = asked
    answer = await fake.click(mod, message, "Reroll")
    assert (await answer.shown()).content == messages.ITS_MEMBERS_ALONE
    row = await app.queue.jobs.get(job.id)
    assert (row.state, row.cancel_requested) == (State.RUNNING, False)
    assert await app.queue.jobs.jobs_of(mod.id, channel.guild.id) == []


async def test_a_first_look_that_is_too_large_for_discord_costs_the_job_nothing(
    fake, channel, ada, app, bot, drawing
):
    channel.guild.upload_limit = len(b"a small clip") - 1
    loops = [asyncio.create_task(each.loop.run()) for each in (app.engines.loops[0], app.board)]
    told = await fake.slash(ada, channel, "text2video", prompt="rain")
    message = await told.shown()
    await until(lambda: app.engines.loops[0].drafts and "drawing 40 %" in message.content)
    assert status_texts.FIRST_LOOK not in message.content
    assert (message.attachments, on(message)) == ((), ["Cancel"])
    assert await app.queue.jobs.running()
    await app.engines.loops[0].stop(0)
    await app.board.stop()
    await asyncio.gather(*loops)


async def test_edits_take_files_replace_them_and_leave_them(fake, channel, app, bot):
    sent = await app.messenger.send(channel.id, Post(content="status", nonce="n"))
    message = channel.messages[sent]
    two = (SmallFile(name="one.mp4", data=b"1"), SmallFile(name="two.mp4", data=b"2"))
    for given, there in [(two, ["one.mp4", "two.mp4"]), (None, ["one.mp4", "two.mp4"]), ((), [])]:
        await app.messenger.edit(channel.id, sent, "status", None, given)
        assert [file.filename for file in message.attachments] == there
    fake.fail("PATCH", rf"/messages/{sent}$", Status(413, 40005))
    with pytest.raises(ChannelError) as caught:
        await app.messenger.edit(channel.id, sent, "status", None, two)
    assert caught.value.trouble is Trouble.TOO_LARGE
