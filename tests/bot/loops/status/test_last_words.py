"""The last status of a job arrives once, wherever it can."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from bot.discord_io.discord_errors import Trouble
from bot.loops import status as status_module
from bot.loops.clip_post import nonce
from bot.text import status_texts
from engine.core.recipe import Recipe
from tests.bot.fixtures import CHANNEL, hand_in, queued
from tests.bot.loops.status.bench import MESSAGE, edits, is_final, refusing
from tests.clock import CLOCK
from tests.until import until


async def test_a_final_status_is_sent_after_a_restart(queue, job, messenger, start):
    await queue.claims.cancel(job.id)  # and the process is killed before the edit
    await start()
    await until(lambda: is_final(queue, job))
    assert edits(messenger) == [status_texts.over(await queue.jobs.get(job.id), _recipe(job))]


async def test_a_final_status_is_sent_once(queue, job, messenger, start):
    await queue.claims.cancel(job.id)
    board = await start()
    await until(lambda: is_final(queue, job))
    await until(lambda: board._shown == {})
    for _ in range(3):
        board.touch(job.id)
        await asyncio.sleep(0.02)
    assert len(edits(messenger)) == 1
    assert board._shown == {}


async def test_a_final_status_that_did_not_arrive_is_sent_again(queue, job, messenger, start):
    messenger.edit.side_effect = [refusing(Trouble.LATER), refusing(Trouble.LATER), None]
    await queue.claims.cancel(job.id)
    await start()
    await until(lambda: is_final(queue, job))
    assert len(edits(messenger)) == 3


@pytest.mark.parametrize("ended", [False, True])
async def test_a_message_that_is_too_old_is_replaced(queue, job, messenger, start, ended):
    messenger.edit.side_effect = refusing(Trouble.TOO_OLD)
    if ended:
        await queue.claims.cancel(job.id)
    await start(interval=60)
    await until(lambda: messenger.delete.called)
    assert messenger.delete.call_args.args == (CHANNEL, MESSAGE)
    row = await queue.jobs.get(job.id)
    assert (row.status_channel_id, row.status_message_id) == (CHANNEL, 901)
    if ended:
        await until(lambda: is_final(queue, job))
    await asyncio.sleep(0.03)
    assert (messenger.edit.call_count, messenger.send.call_count) == (1, 1)


async def test_a_message_that_is_gone_is_given_up(queue, job, messenger, start):
    board = await start()
    await until(lambda: messenger.edit.call_count == 1)
    messenger.edit.reset_mock()
    messenger.edit.side_effect = refusing(Trouble.GONE)
    board.shown(job.id, "what somebody else has written")
    board.touch(job.id)
    await until(lambda: is_final(queue, job))
    await queue.claims.cancel(job.id)
    board.touch(job.id)
    await asyncio.sleep(0.03)
    assert messenger.edit.call_count == 1


async def test_an_answer_that_died_before_it_was_a_message_is_replaced(queue, job, messenger, start):
    messenger.edit.side_effect = refusing(Trouble.GONE)
    await start()

    async def new() -> bool:
        return (await queue.jobs.get(job.id)).status_message_id == messenger.send.return_value

    await until(new)
    assert not (await queue.jobs.get(job.id)).status_final


async def test_a_job_whose_channel_is_gone_gets_no_message(queue, job, messenger, start):
    messenger.edit.side_effect = messenger.send.side_effect = refusing(Trouble.GONE)
    await start()
    await until(lambda: is_final(queue, job))
    assert messenger.send.call_count == 1


async def owes(queue, job) -> bool:
    return [one.id for one, _ in await queue.owed.due()] == [job.id]


async def test_last_words_that_discord_does_not_take_are_told_elsewhere(queue, job, messenger, start):
    messenger.edit.side_effect = refusing(Trouble.REFUSED)
    await queue.claims.cancel(job.id)
    await start()
    await until(lambda: is_final(queue, job))
    assert await owes(queue, job)


@pytest.mark.parametrize("trouble", [Trouble.NO_ACCESS, Trouble.LATER])
async def test_last_words_are_tried_again_until_the_place_takes_them(
    queue, job, messenger, start, trouble, monkeypatch
):
    """A thread is opened again: its message must not say for ever that the job is next."""
    monkeypatch.setattr(status_module, "FAR_BACK_SECONDS", 0.02)
    monkeypatch.setattr(status_module, "RETRY_SECONDS", 0.02)
    messenger.edit.side_effect = [refusing(trouble)] * 3 + [None]
    await queue.claims.cancel(job.id)
    await start()
    await until(lambda: is_final(queue, job))
    assert messenger.edit.call_count == 4
    assert await owes(queue, job) == (trouble is Trouble.NO_ACCESS), "which a member could wait for in vain"


async def test_an_end_that_is_told_elsewhere_is_told_once(queue, job, messenger, start, monkeypatch):
    monkeypatch.setattr(status_module, "FAR_BACK_SECONDS", 0.02)
    messenger.edit.side_effect = refusing(Trouble.NO_ACCESS)
    await queue.claims.cancel(job.id)
    await start()
    await until(lambda: owes(queue, job))
    await queue.owed.said(job.id)
    tried = messenger.edit.call_count
    await until(lambda: messenger.edit.call_count > tried + 3)
    assert await queue.owed.due() == []


async def test_after_days_a_message_out_of_reach_is_left_as_it_is(queue, job, messenger, start, monkeypatch):
    messenger.edit.side_effect = refusing(Trouble.LATER)
    await queue.claims.cancel(job.id)
    CLOCK.now = (await queue.jobs.get(job.id)).ended_at + 48 * 3600 + 1
    await start()
    await until(lambda: is_final(queue, job))
    assert await owes(queue, job)


async def test_without_access_it_is_tried_again_slowly(queue, job, messenger, start, monkeypatch):
    monkeypatch.setattr(status_module, "FAR_BACK_SECONDS", 0.2)
    times = []

    async def edit(*_):
        times.append(time.monotonic())
        raise refusing(Trouble.NO_ACCESS)

    messenger.edit.side_effect = edit
    board = await start()

    def was_tried_again():
        board.touch(job.id)
        return len(times) == 3

    await until(was_tried_again)
    assert all(later - sooner >= 0.2 for sooner, later in itertools.pairwise(times))
    assert not await is_final(queue, job)


async def test_a_job_without_a_message_gets_one(queue, messenger, start):
    job = await queued(queue)
    await start()
    await until(lambda: messenger.send.called)
    channel, post = messenger.send.call_args.args
    assert channel == CHANNEL
    assert post.nonce == nonce(job.id, "status 0")
    assert post.ping is None
    assert "you are next" in post.content

    async def known():
        return (await queue.jobs.get(job.id)).status_message_id == 901

    await until(known)


async def test_while_an_answer_is_expected_the_board_sends_none(queue, messenger, start):
    board = await start()
    job = await queued(queue)
    board.expect(job.id)
    board.touch(job.id)
    await asyncio.sleep(0.05)
    messenger.send.assert_not_called()
    board.answered(job.id)
    await until(lambda: messenger.send.called)


async def test_a_delivered_job_without_a_message_gets_none(queue, blobs, messenger, start):
    await queued(queue)
    job = await hand_in(queue, blobs, await queue.claims.claim())
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 77)
    await start()
    await until(lambda: is_final(queue, job))
    assert messenger.method_calls == []


def _recipe(job):

    return Recipe.from_json(job.recipe)
