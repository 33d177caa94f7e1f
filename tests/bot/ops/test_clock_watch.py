"""A clock that is set back postpones nothing for hours."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.ops import clock_watch
from bot.ops.clock_watch import ClockWatch
from bot.serving_policies import for_clock
from db.errors import LimitReached
from tests.bot.fixtures import ANN, BEN, GUILD, queued, rendered
from tests.policies import DEFAULTS, enqueue_limits
from tests.present import present
from tests.until import until

HOURS = 5 * 3600.0
LONGEST = for_clock(DEFAULTS)


@pytest.fixture
def clock(monkeypatch, clock):
    clock.now = time.time()
    monkeypatch.setattr(clock_watch, "EVERY", 0.01)
    return clock


@pytest.fixture
async def watch(queue, clock):
    made = ClockWatch(queue.retention, longest=LONGEST, clock=clock)
    running = asyncio.create_task(made.loop.run())
    await until(lambda: made._last <= clock.now)  # it has looked
    yield running
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_clip_is_not_tried_again_only_hours_later(queue, blobs, clock, watch):
    job = await rendered(queue, blobs)
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.postpone(job.id, 60)
    clock.now -= HOURS
    await until(queue.delivery.to_deliver)


async def test_a_job_of_the_future_is_not_overtaken_by_all_that_come_after_it(queue, clock, watch):
    first = await queued(queue, ANN)
    clock.now -= HOURS
    await until(lambda: is_past(queue, first, clock))
    clock.now += 10
    await queued(queue, BEN)
    assert (await queue.claims.claim()).id == first.id


async def is_past(queue, job, clock) -> bool:
    return (await queue.jobs.get(job.id)).created_at <= clock.now


async def test_an_hour_of_the_future_is_over_after_an_hour(queue, clock, watch):
    one = enqueue_limits(per_member_hour=1)
    job = await queued(queue, ANN)
    clock.now -= HOURS
    await until(lambda: is_past(queue, job, clock))
    with pytest.raises(LimitReached) as caught:
        await queue.entry.check_limits(GUILD, ANN, (), limits=one)
    assert 0 < present(caught.value.retry_after) <= 3600
    clock.now += 3601
    await queue.entry.check_limits(GUILD, ANN, (), limits=one)


async def test_what_happened_before_the_start_is_mended_too(queue, clock):
    job = await queued(queue, ANN)
    clock.now -= HOURS
    running = asyncio.create_task(ClockWatch(queue.retention, longest=LONGEST, clock=clock).loop.run())
    await until(lambda: is_past(queue, job, clock))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_clock_that_is_set_ahead_leaves_everything_as_it_is(queue, blobs, clock, watch):
    job = await rendered(queue, blobs)
    before = await queue.jobs.get(job.id)
    clock.now += HOURS
    await asyncio.sleep(0.05)
    assert await queue.jobs.get(job.id) == before
    assert await queue.delivery.to_deliver()
