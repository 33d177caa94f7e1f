"""The loop around the deliveries: cancelled jobs, slow uploads, stops, bugs."""

from __future__ import annotations

import asyncio
import dataclasses

from bot.loops import delivery
from bot.loops.clip_post import file_name
from bot.loops.delivery import is_waiting_for_access
from db.errors import CannotWrite
from db.sqlite.rows import Rows
from db.states import State
from tests.bot.fixtures import queued, rendered
from tests.bot.loops.delivery.bench import HOUR, attempt
from tests.policies import stumble_limits
from tests.until import until


async def test_a_job_cancelled_while_it_is_rendered_is_never_posted(deliverer, queue, blobs, outlet):
    await queued(queue)
    job = await queue.claims.claim()
    await queue.claims.cancel(job.id)
    clip = blobs.put(b"a clip")
    kept = await queue.claims.hand_in(
        job.id, job.claim, clip_sha256=clip, clip_size=6, receipt="{}", gpu_seconds=1, charged_seconds=1
    )
    assert not kept
    await deliverer._start_what_is_due()
    assert deliverer._under_way == {}
    await attempt(deliverer, queue, job)
    outlet.send.assert_not_called()


async def test_a_job_cancelled_before_its_turn_is_never_posted(deliverer, queue, job, outlet):
    due = await queue.delivery.to_deliver()
    await queue.claims.cancel(job.id)
    await deliverer._deliver(due[0])
    outlet.send.assert_not_called()
    assert (await queue.jobs.get(job.id)).state is State.CANCELLED


async def test_a_slow_upload_does_not_block_others_and_only_a_few_run_at_once(
    deliverer, queue, blobs, outlet
):
    jobs = [await rendered(queue, blobs, channel_id=channel) for channel in range(1, 13)]
    slow, gate, crowd, at_once = jobs[0], asyncio.Event(), asyncio.Event(), []

    async def send(channel, post):
        at_once.append(len(deliverer._under_way))
        if len(at_once) == delivery.AT_ONCE:
            crowd.set()
        await (gate if post.file_name == file_name(slow.id) else crowd).wait()
        return 77

    outlet.send.side_effect = send
    running = asyncio.create_task(deliverer.loop.run())

    async def others_are_there():
        rows = [await queue.jobs.get(job.id) for job in jobs[1:]]
        return all(row.state is State.DELIVERED for row in rows)

    await until(others_are_there)
    assert (await queue.jobs.get(slow.id)).state is State.POSTING
    assert max(at_once) == delivery.AT_ONCE
    gate.set()
    await deliverer.stop()
    await running
    assert (await queue.jobs.get(slow.id)).state is State.DELIVERED


async def test_a_channel_that_is_full_keeps_no_other_waiting(deliverer, queue, blobs, outlet):
    """Discord lets requests of one channel wait; their clips must not take all the places."""
    full, other = 1, 2
    crowd = [await rendered(queue, blobs, channel_id=full) for _ in range(12)]
    late = await rendered(queue, blobs, channel_id=other)
    gate, there = asyncio.Event(), []

    async def send(channel, post):
        there.append(channel)
        if channel == full:
            await gate.wait()
        return 77

    outlet.send.side_effect = send
    running = asyncio.create_task(deliverer.loop.run())
    await until(lambda: other in there and there.count(full) == delivery.AT_ONCE_IN_CHANNEL)
    await asyncio.sleep(0.05)
    assert there.count(full) == delivery.AT_ONCE_IN_CHANNEL, "and no more"
    gate.set()

    async def all_are_there():
        rows = [await queue.jobs.get(job.id) for job in (*crowd, late)]
        return all(row.state is State.DELIVERED for row in rows)

    await until(all_are_there)
    assert not deliverer._channels, "nothing is kept of channels that are done"
    await deliverer.stop()
    await running


async def test_a_signal_shortens_the_wait(make, queue, blobs, outlet, signals, monkeypatch):
    monkeypatch.setattr(delivery, "POLL_SECONDS", 60.0)
    deliverer = make()
    running = asyncio.create_task(deliverer.loop.run())
    await asyncio.sleep(0.05)
    await rendered(queue, blobs)
    signals.rendered()
    await until(lambda: outlet.send.called)
    await deliverer.stop()
    await running


async def test_what_a_stop_interrupts_is_looked_for_at_the_next_start(make, queue, job, outlet):
    deliverer = make()

    async def never_ends(channel, post):
        await asyncio.Event().wait()

    outlet.send.side_effect = never_ends
    running = asyncio.create_task(deliverer.loop.run())
    await until(lambda: outlet.send.called)
    await deliverer.stop(grace=0.05)
    await running
    assert (await queue.jobs.get(job.id)).state is State.POSTING
    assert await queue.delivery.to_deliver() == [], "the interrupted attempt is not begun again by itself"

    recovery = await queue.claims.recover(limits=stumble_limits())
    assert [found.id for found in recovery.posting] == [job.id]
    outlet.find_own.return_value = 81
    row = await attempt(make(), queue, job)
    assert (row.state, row.message_id) == (State.DELIVERED, 81)
    assert outlet.send.call_count == 1


async def test_nothing_is_begun_once_a_stop_was_asked_for(deliverer, queue, job, outlet, monkeypatch):
    looking, go_on = asyncio.Event(), asyncio.Event()
    to_deliver = queue.delivery.to_deliver

    async def slowly():
        found = await to_deliver()
        looking.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(queue.delivery, "to_deliver", slowly)
    running = asyncio.create_task(deliverer.loop.run())
    await looking.wait()
    await deliverer.stop()
    go_on.set()
    await running
    assert deliverer._under_way == {}
    outlet.send.assert_not_called()


async def test_a_full_disk_after_the_post_does_not_post_twice(
    deliverer, queue, job, outlet, clock, monkeypatch
):
    """The row cannot be written for a while: it stays this attempt's, and the next one looks first."""
    monkeypatch.setattr(delivery, "TROUBLE_PAUSE", 0.01)
    failures = iter(range(3))
    real = Rows._changes

    async def full(self, sql, parameters):
        if "retry_at" in sql and next(failures, None) is not None:
            raise CannotWrite("disk full")
        return await real(self, sql, parameters)

    async def not_written(*_):
        raise CannotWrite("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(queue.delivery, "record_posted", not_written)
        patch.setattr(Rows, "_changes", full)
        row = await attempt(deliverer, queue, job, clock)
    assert row.state is State.POSTING
    outlet.find_own.return_value = 77
    row = await attempt(deliverer, queue, job, clock)
    assert (row.state, row.message_id) == (State.DELIVERED, 77)
    assert outlet.send.call_count == 1


async def test_a_bug_on_the_way_is_tried_again_and_given_up_in_time(deliverer, queue, job, outlet, clock):
    outlet.send.side_effect = TypeError("a bug")
    assert (await attempt(deliverer, queue, job, clock)).state is State.POSTING
    clock.now += 48 * HOUR + 1
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.error_code) == (State.FAILED, "E_POST")


async def test_each_change_of_state_is_told(deliverer, queue, job, changed):
    await attempt(deliverer, queue, job)
    assert changed == [job.id, job.id]


async def test_waiting_for_access_is_said_only_where_it_is_so(queue, job):
    assert not is_waiting_for_access(job)
    assert not is_waiting_for_access(dataclasses.replace(job, state=State.POSTING, post_attempts=1))
