"""When a post is tried again, and where a clip goes that its channel does not take."""

from __future__ import annotations

import asyncio

import pytest

from bot.discord_io.discord_errors import Trouble
from bot.loops import delivery
from bot.loops.clip_post import file_name
from bot.loops.delivery import is_waiting_for_access
from db.states import State
from tests.bot.fixtures import ANN, rendered
from tests.bot.loops.delivery.bench import HOUR, attempt, refusing
from tests.until import until


async def test_later_backs_off_exponentially_up_to_the_limit(make, queue, job, outlet, clock):
    deliverer = make(backoff_last=10.0, give_up_after=HOUR)
    outlet.send.side_effect = refusing(Trouble.LATER)
    waits = []
    for _ in range(7):
        row = await attempt(deliverer, queue, job, clock)
        waits.append(row.retry_at - clock.now)
    assert waits == pytest.approx([1, 2, 4, 8, 10, 10, 10])


@pytest.mark.parametrize("sign", ["a clip that is taken", "a connection"])
async def test_when_discord_is_back_the_pause_ends_early(make, queue, blobs, outlet, clock, sign):
    deliverer = make(backoff_last=60.0)
    outlet.send.side_effect = refusing(Trouble.LATER)
    jobs = [await rendered(queue, blobs, user=user) for user in range(3)]
    for job in jobs:
        for _ in range(6):
            await attempt(deliverer, queue, job, clock)
    outlet.send.side_effect = None
    if sign == "a connection":
        deliverer.discord_is_back()
    else:
        await rendered(queue, blobs, user=9)
    running = asyncio.create_task(deliverer.loop.run())
    await until(lambda: delivered(queue, jobs))
    await deliverer.stop()
    await running


async def delivered(queue, jobs) -> bool:
    return {(await queue.jobs.get(job.id)).state for job in jobs} == {State.DELIVERED}


async def test_a_single_broken_channel_is_not_retried_in_a_hurry(make, queue, job, blobs, outlet, clock):
    deliverer = make(backoff_last=60.0)
    outlet.send.side_effect = refusing(Trouble.LATER)
    for _ in range(6):
        await attempt(deliverer, queue, job, clock)
    for _ in range(4):
        deliverer.discord_is_back()
        await deliverer._hurry()
        await deliverer._start_what_is_due()
        await asyncio.gather(*deliverer._under_way.values())
    assert outlet.send.call_count == 7


async def test_files_left_in_the_outbox_by_an_earlier_run_are_swept(deliverer, tmp_path):
    left = tmp_path / "outbox" / "0123-smaller.mp4"
    left.parent.mkdir()
    left.write_bytes(b"a clip")
    running = asyncio.create_task(deliverer.loop.run())
    await until(lambda: not left.exists())
    await deliverer.stop()
    await running


async def test_later_waits_for_its_channel_and_then_goes_to_the_member(make, queue, job, outlet, clock):
    deliverer = make(backoff_last=60.0, give_up_after=HOUR)
    outlet.send.side_effect = refusing(Trouble.LATER)
    began = clock.now
    await attempt(deliverer, queue, job, clock)
    clock.now = began + HOUR - 1
    assert (await attempt(deliverer, queue, job)).state is State.POSTING
    outlet.send_direct.assert_not_called()
    clock.now = began + HOUR + 1
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.message_id) == (State.DELIVERED, None)
    outlet.send_direct.assert_called_once()


async def test_without_access_it_waits_and_posts_when_permission_is_back(
    deliverer, queue, job, outlet, clock
):
    outlet.send.side_effect = [refusing(Trouble.NO_ACCESS)] * 3 + [77]
    for _ in range(3):
        row = await attempt(deliverer, queue, job, clock)
        assert row.state is State.POSTING
        assert row.retry_at - clock.now == pytest.approx(delivery.NO_ACCESS_BACKOFF)
    assert is_waiting_for_access(row)
    assert (await attempt(deliverer, queue, job, clock)).state is State.DELIVERED
    outlet.send_direct.assert_not_called()


async def test_without_access_for_too_long_the_member_gets_it_directly(deliverer, queue, job, outlet, clock):
    outlet.send.side_effect = refusing(Trouble.NO_ACCESS)
    await attempt(deliverer, queue, job, clock)
    clock.now += 48 * HOUR + 1
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.message_id) == (State.DELIVERED, None)
    member, post = outlet.send_direct.call_args.args
    assert member == ANN
    assert post.file_name == file_name(job.id)


async def test_where_the_channel_is_gone_the_member_gets_it_directly(deliverer, queue, job, outlet):
    outlet.send.side_effect = refusing(Trouble.GONE)
    assert (await attempt(deliverer, queue, job)).state is State.DELIVERED
    outlet.send_direct.assert_called_once()


async def test_a_clip_that_reaches_neither_channel_nor_member_fails(deliverer, queue, job, outlet):
    outlet.send.side_effect = refusing(Trouble.GONE)
    outlet.send_direct.side_effect = refusing(Trouble.NO_ACCESS)
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.error_code) == (State.FAILED, "E_CHANNEL")


async def test_a_direct_message_that_may_go_through_later_is_tried_again(
    deliverer, queue, job, outlet, clock
):
    outlet.send.side_effect = outlet.find_own.side_effect = refusing(Trouble.GONE)
    outlet.send_direct.side_effect = [refusing(Trouble.LATER), 78]
    assert (await attempt(deliverer, queue, job, clock)).state is State.POSTING
    assert (await attempt(deliverer, queue, job, clock)).state is State.DELIVERED


async def test_a_direct_message_is_not_tried_for_ever(deliverer, queue, job, outlet, clock):
    outlet.send.side_effect = outlet.find_own.side_effect = refusing(Trouble.GONE)
    outlet.send_direct.side_effect = refusing(Trouble.LATER)
    await attempt(deliverer, queue, job, clock)
    clock.now += 48 * HOUR + 1
    assert (await attempt(deliverer, queue, job)).state is State.POSTING
    clock.now += 48 * HOUR
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.error_code) == (State.FAILED, "E_CHANNEL")
