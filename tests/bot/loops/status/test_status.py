"""Status messages: few edits, each to what is true then."""

from __future__ import annotations

import asyncio
import errno
import itertools
import time
from functools import partial

import pytest

from bot.job_progress import JobProgress
from bot.loops import edit_pace
from bot.loops import status as status_module
from bot.ops.shortages import Where
from bot.text import status_texts
from db.errors import CannotWrite
from db.states import State
from tests.bot.fixtures import CHANNEL, hand_in, queued
from tests.bot.loops.status.bench import MESSAGE, edits, with_message
from tests.db.asking import audit_entry
from tests.until import until


async def test_ten_touches_are_one_edit_to_what_is_true_then(queue, job, engine_loop, messenger, start):
    board = await start(interval=60)
    await until(lambda: job.id in board._shown)
    running = await queue.claims.claim()
    for step in range(10):
        engine_loop.progress[running.id] = JobProgress(stage="drawing", fraction=step / 10, take=1)
        board.touch(job.id)
        await asyncio.sleep(0.005)
    board._shown[job.id].next = 0.0  # the interval is over
    await until(lambda: len(edits(messenger)) == 2)
    await asyncio.sleep(0.05)
    assert len(edits(messenger)) == 2
    assert "drawing 90 %" in edits(messenger)[-1]
    assert messenger.edit.call_args.args[:2] == (CHANNEL, MESSAGE)


async def test_edits_keep_their_distance(queue, job, engine_loop, messenger, start):
    times = []

    async def edit(*_):
        times.append(time.monotonic())

    messenger.edit.side_effect = edit
    board = await start(interval=0.1)
    await queue.claims.claim()
    steps = itertools.count()

    def goes_on():
        fraction = next(steps) % 100 / 100
        engine_loop.progress[job.id] = JobProgress(stage="drawing", fraction=fraction, take=1)
        board.touch(job.id)
        return len(times) == 5

    await until(goes_on)
    assert all(later - sooner >= 0.1 for sooner, later in itertools.pairwise(times))


async def test_nothing_is_edited_where_nothing_changed(job, messenger, start):
    board = await start()
    await until(lambda: edits(messenger))
    for _ in range(5):
        board.touch(job.id)
        await asyncio.sleep(0.03)
    assert len(edits(messenger)) == 1


async def test_what_somebody_else_has_just_written_is_not_written_again(queue, job, messenger, start):
    board = await start()
    await until(lambda: edits(messenger))
    board.shown(job.id, said := edits(messenger)[0])
    board.touch(job.id)
    await asyncio.sleep(0.06)
    assert edits(messenger) == [said]


async def test_jobs_far_back_are_edited_rarely(queue, messenger, start, monkeypatch):
    monkeypatch.setattr(status_module, "FAR_BACK", 1)
    monkeypatch.setattr(status_module, "EDITS_PER_TICK", 100)
    near, far = [await with_message(queue, await queued(queue, user), user) for user in (1, 2)]
    board = await start(interval=0.02)
    await until(lambda: len(edits(messenger)) == 2)

    def was_edited(message, times):
        return [call.args[1] for call in messenger.edit.call_args_list].count(message) == times

    for times, paused in enumerate((True, False, True), 2):
        done = audit_entry("flow", guild=near.guild_id)
        await (queue.moderation.pause(done) if paused else queue.moderation.resume(done))
        board.touch(near.id)
        board.touch(far.id)
        await until(partial(was_edited, 1, times))
    assert was_edited(2, 1)


async def test_when_the_queue_moves_all_places_are_looked_at_again(queue, messenger, start):
    first = await with_message(queue, await queued(queue, 1), 1)
    await with_message(queue, await queued(queue, 2), 2)
    board = await start()
    await until(lambda: len(edits(messenger)) == 2)
    board._forecaster.latest = None  # the forecast may be a second old
    await queue.claims.cancel(first.id)
    board.places_changed()
    await until(lambda: any("you are next" in said for said in edits(messenger)[2:]))


async def test_no_more_than_a_few_edits_go_at_once(queue, messenger, start):
    for number in range(1, 13):
        await with_message(queue, await queued(queue, number), number)
    gate = asyncio.Event()

    async def edit(*_):
        await gate.wait()

    messenger.edit.side_effect = edit
    await start()
    await until(lambda: len(edits(messenger)) == status_module.EDITS_AT_ONCE)
    await asyncio.sleep(0.05)
    assert len(edits(messenger)) == status_module.EDITS_AT_ONCE
    gate.set()
    await until(lambda: len(edits(messenger)) == 12)


async def test_a_channel_that_is_full_keeps_no_message_of_another_waiting(queue, messenger, start):
    full, other = 1, 2
    jobs = [
        await with_message(queue, await queued(queue, each, channel_id=full), each) for each in range(1, 7)
    ]
    late = await with_message(queue, await queued(queue, 99, channel_id=other), 99)
    board = await start()
    await until(lambda: len(edits(messenger)) == 7)  # now it knows where each message is
    gate, channels = asyncio.Event(), []

    async def edit(channel, message, *_):
        channels.append(message)
        if message != 99:
            await gate.wait()

    messenger.edit.side_effect = edit
    board._forecaster.latest = None
    await queue.moderation.pause(audit_entry("flow", guild=late.guild_id))
    for job in (*jobs, late):
        board.touch(job.id)
    most = 1 + edit_pace.EDITS_AT_ONCE_IN_CHANNEL
    await until(lambda: 99 in channels and len(channels) == most)
    await asyncio.sleep(0.05)
    assert len(channels) == most, "and no more"
    gate.set()
    await until(lambda: len(channels) == 7)


@pytest.mark.parametrize(("running", "seconds"), [(0, 4.0), (100, 4.0), (200, 8.0), (1000, 40.0)])
def test_the_more_jobs_run_the_less_often_each_message_is_edited(running, seconds):
    """25 edits a second, however many: half of what Discord allows the bot."""
    assert edit_pace.interval_of(running, 4.0) == seconds


async def test_a_message_waits_for_as_long_as_the_running_jobs_demand(
    queue, job, messenger, start, engine_loop, monkeypatch
):
    monkeypatch.setattr(edit_pace, "EDITS_A_SECOND", 0.001)
    engine_loop.progress.update({"another": None})
    board = await start(interval=0.02)
    await until(lambda: edits(messenger))
    await queue.moderation.pause(audit_entry("flow", guild=job.guild_id))
    board.touch(job.id)
    await asyncio.sleep(0.1)
    assert len(edits(messenger)) == 1


async def test_a_queue_that_cannot_be_read_is_asked_again(queue, job, messenger, start, monkeypatch):
    open_statuses, failures = queue.delivery.open_statuses, iter(range(2))

    async def unreadable():
        if next(failures, None) is not None:
            raise CannotWrite("disk full")
        return await open_statuses()

    monkeypatch.setattr(queue.delivery, "open_statuses", unreadable)
    await start()
    await until(lambda: edits(messenger))


async def test_a_clip_on_its_way_is_uploading_and_one_that_may_not_go_through_is_held_back(
    queue, blobs, messenger, start
):
    await with_message(queue, await queued(queue))
    job = await hand_in(queue, blobs, await queue.claims.claim())
    board = await start()
    await until(lambda: edits(messenger))
    assert "uploading" in edits(messenger)[-1]
    for _ in range(2):
        await queue.delivery.begin_posting(job.id)
        await queue.delivery.postpone(job.id, -1)
    assert (await queue.jobs.get(job.id)).state is State.POSTING
    board.touch(job.id)
    await until(lambda: status_texts.WAITING_FOR_CHANNEL in edits(messenger)[-1])


async def test_a_job_that_waits_for_room_on_the_disk_says_so_and_then_its_place(queue, make, engine_loop):
    board, noted = make(), engine_loop.outcomes._shortages
    job = await queued(queue)
    noted.met(Where.ENGINE, OSError(errno.ENOSPC, "full"))
    assert "waiting for room on my disk; it goes on by itself" in await board._content(job)
    noted.passed(Where.ENGINE)
    assert "you are next" in await board._content(job)
