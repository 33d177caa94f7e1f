"""What an earlier run left unanswered is answered, once; and members hear what became of their jobs."""

from __future__ import annotations

import asyncio
import errno
import re
import time
from pathlib import Path
from unittest.mock import AsyncMock, call

import pytest

import bot
from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import Answered, ChannelError
from bot.loops import answers as answers_module
from bot.loops.answers import Answers
from bot.ops.shortages import Where
from bot.signals import JobSignals
from bot.text import messages
from db.errors import CannotWrite
from db.jobs.interactions import ANSWERABLE, AskedRow
from engine.core.shortages import Shortage
from tests.bot.fixtures import queued
from tests.clock import CLOCK
from tests.db.asking import audit_entry
from tests.until import until


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(answers_module, "EVERY", 0.02)
    monkeypatch.setattr(answers_module, "FIRST_PAUSE", 0.02)


@pytest.fixture
def run(app):
    """Run the loop for as long as something holds it up."""

    async def run(until_this):
        task = asyncio.create_task(app.answers.loop.run())
        try:
            return await until(until_this)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return run


@pytest.fixture
def dies(app, monkeypatch):
    """The bot is gone after the answer is promised: nothing else happens to the request."""

    async def never(*_args, **_named):
        await asyncio.Event().wait()

    def die():
        monkeypatch.setattr(app.submissions._admitting, "check_limits", never)
        monkeypatch.setattr(app.submissions._screening, "before_drawing", never)

    return die


async def left(app):
    return [row.interaction for row in await app.queue.asked.open()]


async def thinking(fake, ada, channel, dies):
    dies()
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    await until(lambda: asked.message is not None and asked.message.loading)
    return asked


async def test_a_request_is_written_down_before_thinking_is_shown_and_crossed_off_after_the_answer(
    fake, channel, ada, app, bot, monkeypatch
):
    noted = []
    note = app.queue.asked.note

    async def noting(row, **named):
        assert fake.interactions.all[-1].response is None, "nothing was promised yet"
        await note(row, **named)
        noted.append(row.interaction)

    monkeypatch.setattr(app.queue.asked, "note", noting)
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert "rain" in (await asked.shown()).content
    assert noted == [asked.id]
    await until_none_left(app)


async def test_where_it_cannot_be_written_down_nothing_is_promised_and_the_refusal_says_why(
    fake, channel, ada, app, bot, monkeypatch
):
    async def full(*_args, **_named):
        raise CannotWrite("the disk is full", errno.ENOSPC)

    monkeypatch.setattr(app.queue.asked, "note", full)
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    said = await asked.shown()
    assert said.content == messages.not_taken_for_want_of(Shortage.DISK)
    assert "waiting for room on my disk" in said.content
    assert asked.ephemeral
    assert app.shortages.at(Where.INTAKE) is Shortage.DISK


async def until_none_left(app):
    async def none_left():
        return not await left(app)

    await until(none_left)


async def test_a_question_that_a_restart_left_is_answered_once_in_private(
    fake, channel, ada, app, bot, run, dies
):
    asked = await thinking(fake, ada, channel, dies)
    assert await left(app) == [asked.id]
    await run(lambda: asked.followups)
    assert [one.content for one in asked.messages] == [messages.NOT_TAKEN_BEFORE_RESTART]
    assert all(one.ephemeral for one in asked.messages)
    assert asked.message.deleted


async def test_a_question_older_than_a_quarter_of_an_hour_is_given_up(
    fake, channel, ada, app, bot, run, dies, monkeypatch
):
    asked = await thinking(fake, ada, channel, dies)
    monkeypatch.setattr(app.answers, "_clock", lambda: time.time() + ANSWERABLE + 1)
    task = asyncio.create_task(app.answers.loop.run())
    await until_none_left(app)
    task.cancel()
    assert not asked.followups


async def test_a_question_that_has_become_a_job_is_left_to_the_job(fake, channel, ada, app, bot, run, dies):
    """The response to the promise was lost, so the job knows no message: it is found."""
    asked = await thinking(fake, ada, channel, dies)
    job = await queued(app.queue, key=str(asked.id))
    touched: list[str] = []
    app.signals.changed.connect(touched.append)
    await run(lambda: touched)
    row = await app.queue.jobs.get(job.id)
    assert (row.status_channel_id, row.status_message_id) == (channel.id, asked.message.id)
    assert not asked.followups


async def test_a_question_of_this_run_is_not_taken_for_one_that_was_left(fake, channel, ada, app, bot, dies):
    task = asyncio.create_task(app.answers.loop.run())
    await until(lambda: app.answers.loop._first is None)  # it has looked at what was left
    asked = await thinking(fake, ada, channel, dies)
    await asyncio.sleep(0.2)
    task.cancel()
    assert not asked.followups
    assert await left(app) == [asked.id]


@pytest.fixture
def messenger():
    return AsyncMock()


@pytest.fixture
def answers(queue, messenger):
    return Answers(
        asked=queue.asked,
        owed=queue.owed,
        delivery=queue.delivery,
        messenger=messenger,
        signals=JobSignals(),
        clock=CLOCK,
    )


async def ended_badly(queue):
    """A job that fails after its message was deleted."""
    job = await queued(queue)
    await queue.delivery.finish_status(job.id)
    claimed = await queue.claims.claim()
    await queue.claims.fail(job.id, claimed.claim, code="E_BROKEN", error_id="abcd")
    return job


def said(sent):
    (_, post), _ = sent.call_args
    return post.content


async def test_a_member_whose_message_is_gone_hears_in_the_channel_how_the_job_ended(
    queue, answers, messenger
):
    job = await ended_badly(queue)
    for _ in range(3):
        await answers._one_look()
    messenger.send.assert_awaited_once()
    messenger.send_direct.assert_not_called()
    assert f"<@{job.user_id}>" in said(messenger.send)
    assert "Every take came out broken" in said(messenger.send)


@pytest.mark.parametrize("trouble", [Trouble.GONE, Trouble.NO_ACCESS, Trouble.REFUSED])
async def test_where_the_channel_does_not_take_it_they_hear_it_in_a_direct_message(
    queue, answers, messenger, trouble
):
    await ended_badly(queue)
    messenger.send.side_effect = ChannelError(trouble, "no")
    for _ in range(3):
        await answers._one_look()
    messenger.send_direct.assert_awaited_once()
    assert "Every take came out broken" in said(messenger.send_direct)


async def test_what_could_not_be_said_is_said_later(queue, answers, messenger):
    await ended_badly(queue)
    messenger.send.side_effect = [ChannelError(Trouble.LATER, "away"), 78]
    await answers._one_look()
    await asyncio.sleep(0.05)
    await answers._one_look()
    await answers._one_look()
    assert messenger.send.await_count == 2


async def test_a_job_that_moderators_have_brought_back_is_not_spoken_of(queue, answers, messenger):
    job = await ended_badly(queue)
    await queue.moderation.retry(job.id, audit_entry("retry"))
    await answers._one_look()
    messenger.send.assert_not_called()
    assert await queue.owed.due() == []


ROW = AskedRow(interaction=1, application=2, token="x", user_id=3, guild_id=4, channel_id=5)


@pytest.mark.parametrize(("known", "deleted"), [(77, True), (70, False)])
async def test_a_promise_goes_where_the_job_has_another_message_by_now(
    queue, answers, messenger, known, deleted
):
    job = await queued(queue, key="1")
    await queue.delivery.set_status_message(job.id, 5, known)
    await queue.asked.note(ROW, reserved=True)
    await answers._look_back()
    messenger.answer_of.return_value = Answered(channel=5, message=70, thinking=True, private=False)
    await answers._one_look()
    assert messenger.delete.await_args_list == ([call(5, 70)] if deleted else [])
    assert await queue.asked.open() == []
    messenger.answer_late.assert_not_called()


async def test_while_discord_is_away_a_question_is_kept_for_later(queue, answers, messenger):
    await queue.asked.note(ROW, reserved=True)
    await answers._look_back()
    messenger.answer_of.side_effect = [ChannelError(Trouble.LATER, "away"), None]
    await answers._one_look()
    assert [each.interaction for each in await queue.asked.open()] == [1]
    await answers._one_look()
    messenger.answer_late.assert_awaited_once_with(2, "x", messages.NOT_ANSWERED_BEFORE_RESTART)
    assert await queue.asked.open() == []


def test_every_promise_of_an_answer_is_written_down_first():
    """Only ``think`` and ``defer`` show "thinking"; what another way shows would outlive a restart."""
    package = Path(bot.__file__).parent
    promising = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "thinking=True" in path.read_text()
    }
    assert promising == {"discord_io/replies.py"}
    users = {
        path.name
        for path in package.rglob("*.py")
        if re.search(r"= await defer\(interaction\b", path.read_text())
    }
    assert users == {"submission.py"}
