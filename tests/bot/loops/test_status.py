"""The public message of a job: always true in the end, and edited no more than needed."""

from __future__ import annotations

import asyncio
import errno
import itertools
import time
from unittest.mock import AsyncMock, create_autospec

import pytest

from bot import supervisor
from bot.discord_io.causes import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError
from bot.forecast import Forecaster
from bot.loops import status as status_module
from bot.loops.clip_post import nonce
from bot.loops.previews import JobProgress
from bot.loops.status import StatusBoard
from bot.ops.shortages import Place
from bot.signals import JobSignals
from bot.text import messages
from db.errors import CannotWrite
from db.states import State
from engine.core.recipe import Recipe
from engine.provenance.seal import Sealer
from tests.bot.fixtures import CHANNEL, FakeEngine, engine_loop_with, hand_in, queued, until
from tests.clock import CLOCK
from tests.db.asking import audit_entry
from tests.policies import shortages

MESSAGE = 900


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(status_module, "TICK_SECONDS", 0.005)
    monkeypatch.setattr(status_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(supervisor, "RESTART_FIRST", 0.02)


@pytest.fixture
def messenger():
    made = create_autospec(Messenger, instance=True, spec_set=True)
    made.send.return_value = 901
    return made


@pytest.fixture
def engine_loop(queue, blobs, tmp_path):
    return engine_loop_with(queue, blobs, FakeEngine(tmp_path / "spool"))


@pytest.fixture
def make(queue, messenger, engine_loop):
    def made(interval: float = 0.02) -> StatusBoard:
        return StatusBoard(
            give_up_after=48 * 3600.0,
            clock=CLOCK,
            shortages=shortages(),
            owed=queue.owed,
            delivery=queue.delivery,
            jobs=queue.jobs,
            moderation=queue.moderation,
            signals=JobSignals(),
            messenger=messenger,
            engine_loop=engine_loop,
            forecaster=Forecaster(queue.jobs, clock=CLOCK),
            dress=lambda job, draft: None,
            sealer=Sealer(None),
            may_show=AsyncMock(return_value=True),
            interval=interval,
        )

    return made


@pytest.fixture
async def start(make):
    """Start a board; it ends as if the process died, without a last look."""
    tasks = []

    async def started(interval: float = 0.02) -> StatusBoard:
        board = make(interval)
        tasks.append((board, asyncio.create_task(board.loop.run())))
        await asyncio.sleep(0.03)
        return board

    yield started
    for board, task in tasks:
        for each in [task, *board._tasks]:
            each.cancel()
        await asyncio.gather(task, *board._tasks, return_exceptions=True)


@pytest.fixture
async def job(queue):
    """A waiting job with a status message."""
    return await with_message(queue, await queued(queue))


async def with_message(queue, job, message=MESSAGE):
    await queue.delivery.set_status_message(job.id, CHANNEL, message)
    return await queue.jobs.get(job.id)


def edits(messenger) -> list[str]:
    return [call.args[2] for call in messenger.edit.call_args_list]


def refusing(trouble: Trouble) -> ChannelError:
    return ChannelError(trouble, "the fake said so")


async def is_final(queue, job) -> bool:
    return (await queue.jobs.get(job.id)).status_final


async def test_ten_touches_are_one_edit_to_what_is_true_then(queue, job, engine_loop, messenger, start):
    board = await start(interval=0.3)
    await until(lambda: len(edits(messenger)) == 1)
    running = await queue.claims.claim()
    for step in range(10):
        engine_loop.progress[running.id] = JobProgress(stage="drawing", fraction=step / 10, take=1)
        board.touch(job.id)
        await asyncio.sleep(0.005)
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
    for step in range(60):
        engine_loop.progress[job.id] = JobProgress(stage="drawing", fraction=step / 60, take=1)
        board.touch(job.id)
        await asyncio.sleep(0.01)
    assert 3 <= len(times) <= 8
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


async def test_a_final_status_is_sent_after_a_restart(queue, job, messenger, start):
    await queue.claims.cancel(job.id)  # and the process is killed before the edit
    await start()
    await until(lambda: is_final(queue, job))
    assert edits(messenger) == [messages.over(await queue.jobs.get(job.id), _recipe(job))]


async def test_a_final_status_is_sent_once(queue, job, messenger, start):
    await queue.claims.cancel(job.id)
    board = await start()
    await until(lambda: is_final(queue, job))
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
    messenger.edit.side_effect = refusing(Trouble.NO_ACCESS)
    board = await start()
    began = time.monotonic()
    while time.monotonic() - began < 0.5:
        board.touch(job.id)
        await asyncio.sleep(0.01)
    assert 2 <= messenger.edit.call_count <= 4
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


async def test_jobs_far_back_are_edited_rarely(queue, messenger, start, monkeypatch):
    monkeypatch.setattr(status_module, "FAR_BACK", 1)
    monkeypatch.setattr(status_module, "EDITS_PER_TICK", 100)
    near, far = [await with_message(queue, await queued(queue, user), user) for user in (1, 2)]
    board = await start(interval=0.02)
    await until(lambda: len(edits(messenger)) == 2)
    for paused in (True, False, True):
        done = audit_entry("flow", guild=near.guild_id)
        await (queue.moderation.pause(done) if paused else queue.moderation.resume(done))
        board.touch(near.id)
        board.touch(far.id)
        await asyncio.sleep(0.06)
    by_message = [call.args[1] for call in messenger.edit.call_args_list]
    assert by_message.count(1) == 4
    assert by_message.count(2) == 1


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
    under_way, most = 0, 0

    async def edit(*_):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1

    messenger.edit.side_effect = edit
    await start()
    await until(lambda: len(edits(messenger)) == 12)
    assert most == status_module.EDITS_AT_ONCE


async def test_a_stop_writes_what_is_left_without_waiting_for_the_interval(queue, job, messenger, make):
    board = make(interval=60)
    task = asyncio.create_task(board.loop.run())
    await until(lambda: edits(messenger))
    await queue.claims.cancel(job.id)
    board.touch(job.id)
    await board.stop()
    await asyncio.wait_for(task, 2)
    assert len(edits(messenger)) == 2
    assert await is_final(queue, job)


async def test_a_stop_writes_even_what_changes_while_an_edit_is_under_way(queue, job, messenger, make):
    gate = asyncio.Event()

    async def first_one_is_slow(*_):
        await gate.wait()

    messenger.edit.side_effect = first_one_is_slow
    board = make(interval=60)
    task = asyncio.create_task(board.loop.run())
    await until(lambda: edits(messenger))
    await queue.claims.cancel(job.id)
    board.touch(job.id)
    stopping = asyncio.create_task(board.stop())
    await asyncio.sleep(0.02)
    gate.set()
    await stopping
    await asyncio.wait_for(task, 2)
    assert await is_final(queue, job)


async def test_a_stop_does_not_wait_for_ever(queue, job, messenger, make):
    messenger.edit.side_effect = _never
    board = make()
    task = asyncio.create_task(board.loop.run())
    await until(lambda: messenger.edit.called)
    began = time.monotonic()
    await board.stop(grace=0.05)
    await asyncio.wait_for(task, 2)
    assert time.monotonic() - began < 1
    assert board._tasks == set()


async def test_what_cannot_be_written_at_a_stop_does_not_make_it_spin(
    queue, job, messenger, make, monkeypatch
):
    monkeypatch.setattr(status_module, "RETRY_SECONDS", 60.0)
    board = make(interval=60)
    task = asyncio.create_task(board.loop.run())
    await until(lambda: edits(messenger))
    messenger.edit.side_effect = refusing(Trouble.LATER)
    await queue.claims.cancel(job.id)
    board.touch(job.id)
    await board.stop()
    await asyncio.wait_for(task, 2)
    assert len(edits(messenger)) == 2
    assert not await is_final(queue, job)


async def test_nothing_is_begun_once_a_stop_was_asked_for(queue, job, messenger, make, monkeypatch):
    looking, go_on = asyncio.Event(), asyncio.Event()
    open_statuses = queue.delivery.open_statuses

    async def slowly():
        found = await open_statuses()
        looking.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(queue.delivery, "open_statuses", slowly)
    board = make()
    task = asyncio.create_task(board.loop.run())
    await looking.wait()
    await board.stop()
    go_on.set()
    await asyncio.wait_for(task, 2)
    assert board._tasks == set()
    messenger.edit.assert_not_called()


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
    await until(lambda: messages.WAITING_FOR_CHANNEL in edits(messenger)[-1])


async def _never(*_):
    await asyncio.Event().wait()


def _recipe(job):

    return Recipe.from_json(job.recipe)


async def test_a_job_that_waits_for_room_on_the_disk_says_so_and_then_its_place(queue, make):
    board, noted = make(), shortages()
    board._shortages = noted
    job = await queued(queue)
    noted.met(Place.ENGINE, OSError(errno.ENOSPC, "full"))
    assert "waiting for room on my disk; it goes on by itself" in await board._content(job)
    noted.passed(Place.ENGINE)
    assert "you are next" in await board._content(job)
