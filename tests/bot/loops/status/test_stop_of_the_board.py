"""What a stop still writes."""

from __future__ import annotations

import asyncio

from bot.discord_io.discord_errors import Trouble
from bot.loops import status as status_module
from tests.bot.loops.status.bench import edits, is_final, refusing
from tests.until import PATIENCE, until


async def test_a_stop_writes_what_is_left_without_waiting_for_the_interval(queue, job, messenger, make):
    board = make(interval=60)
    task = asyncio.create_task(board.loop.run())
    await until(lambda: edits(messenger))
    await queue.claims.cancel(job.id)
    board.touch(job.id)
    await board.stop()
    await asyncio.wait_for(task, PATIENCE)
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
    await asyncio.wait_for(task, PATIENCE)
    assert await is_final(queue, job)


async def test_a_stop_does_not_wait_for_ever(queue, job, messenger, make):
    messenger.edit.side_effect = _never
    board = make()
    task = asyncio.create_task(board.loop.run())
    await until(lambda: messenger.edit.called)
    async with asyncio.timeout(PATIENCE):
        await board.stop(grace=0.05)
        await task
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
    await asyncio.wait_for(task, PATIENCE)
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
    await asyncio.wait_for(task, PATIENCE)
    assert board._tasks == set()
    messenger.edit.assert_not_called()


async def _never(*_):
    await asyncio.Event().wait()
