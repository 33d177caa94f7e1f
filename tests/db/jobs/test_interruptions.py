"""Engine and bot may end while a job runs: what is held against it, and when it is set aside."""

from __future__ import annotations

import pytest

from db.jobs.claims import Requeue
from db.states import State
from tests.clock import CLOCK
from tests.db.asking import audit_entry, enqueued, hand_in, running
from tests.policies import stumble_limits

LIMITS = stumble_limits()


@pytest.fixture(autouse=True)
def clock():
    CLOCK.now = 1_800_000_000.0


def a_second_passes():
    CLOCK.now = CLOCK() + 1


async def ends(queue, job, cause):
    """The job runs, and something ends."""
    a_second_passes()
    claimed = await queue.claims.claim()
    assert claimed.id == job.id
    return await queue.claims.requeue(claimed.id, claimed.claim, cause=cause, limits=LIMITS)


async def drawn(queue, user=2):
    """Another job comes and is drawn at once."""
    a_second_passes()
    other = await queue.claims.claim()
    assert other.user_id == user
    assert await hand_in(queue, other)


async def test_a_job_that_crashes_the_engine_goes_last_and_is_set_aside_when_others_were_drawn(queue):
    job = await enqueued(queue)
    await enqueued(queue, user=2)
    assert await ends(queue, job, Requeue.CRASH) is State.QUEUED
    assert await ends(queue, job, Requeue.CRASH) is State.QUEUED
    await drawn(queue)
    assert await ends(queue, job, Requeue.CRASH) is State.QUARANTINED
    row = await queue.jobs.get(job.id)
    assert (row.crashes, row.stumbles, row.ended_at) == (3, 3, CLOCK.now)


async def test_an_engine_that_crashes_in_every_job_sets_none_aside(queue):
    jobs = [await enqueued(queue, user=user) for user in range(7)]
    for _ in range(50):
        a_second_passes()
        job = await queue.claims.claim()
        assert (
            await queue.claims.requeue(job.id, job.claim, cause=Requeue.CRASH, limits=LIMITS) is State.QUEUED
        )
    rows = [await queue.jobs.get(job.id) for job in jobs]
    assert min(row.crashes for row in rows) > LIMITS.crashes, "each of them had its turn"


async def test_a_job_that_crashes_the_engine_all_alone_is_set_aside_later(queue):
    job = await enqueued(queue)
    for _ in range(LIMITS.restarts - 1):
        assert await ends(queue, job, Requeue.CRASH) is State.QUEUED
    assert await ends(queue, job, Requeue.CRASH) is State.QUARANTINED


async def test_an_engine_killed_from_outside_seven_times_sets_none_of_seven_jobs_aside(queue):
    jobs = [await enqueued(queue, user=user) for user in range(7)]
    for _ in range(7):
        a_second_passes()
        job = await queue.claims.claim()
        await queue.claims.requeue(job.id, job.claim, cause=Requeue.KILLED, limits=LIMITS)
    rows = [await queue.jobs.get(job.id) for job in jobs]
    assert [(row.state, row.crashes, row.restarts) for row in rows] == [(State.QUEUED, 0, 0)] * 7
    assert sorted(row.stumbles for row in rows) == [0, 0, 0, 0, 1, 3, 3]


async def test_from_the_third_end_on_a_job_goes_behind_all_that_wait_but_not_behind_later_ones(queue):
    job = await enqueued(queue)
    waiting = [await enqueued(queue, user=user) for user in (2, 3)]
    for _ in range(LIMITS.goes_last):
        await ends(queue, job, Requeue.KILLED)
    a_second_passes()
    later = await enqueued(queue, user=4)
    order = [found.id for found in await queue.jobs.waiting()]
    assert order == [waiting[0].id, waiting[1].id, job.id, later.id]


async def test_a_job_in_which_the_engine_is_killed_whenever_others_are_drawn_is_set_aside_in_the_end(queue):
    """As where it needs too much memory, and nothing tells that the system ended the engine for it."""
    job = await enqueued(queue)
    state, times = State.QUEUED, 0
    while state is State.QUEUED:
        claimed = await queue.claims.claim()
        if claimed.id == job.id:
            times += 1
            a_second_passes()
            state = await queue.claims.requeue(job.id, claimed.claim, cause=Requeue.KILLED, limits=LIMITS)
            await enqueued(queue, user=2)
        else:
            a_second_passes()
            await hand_in(queue, claimed)
    assert state is State.QUARANTINED
    assert times > LIMITS.restarts


@pytest.mark.parametrize("by_itself", [False, True])
async def test_starts_of_the_bot_are_held_against_no_job_that_was_the_only_one(queue, by_itself):
    await running(queue)
    for _ in range(20):
        a_second_passes()
        recovery = await queue.claims.recover(limits=LIMITS, by_itself=by_itself)
        assert len(recovery.requeued) == 1
        await queue.claims.claim()


@pytest.mark.parametrize(("by_itself", "ends_as"), [(False, State.RUNNING), (True, State.QUARANTINED)])
async def test_only_a_bot_that_ends_of_itself_while_others_are_drawn_sets_a_job_aside(
    queue, by_itself, ends_as
):
    job = await running(queue)
    for _ in range(20):
        a_second_passes()
        await queue.claims.recover(limits=LIMITS, by_itself=by_itself)
        await enqueued(queue, user=2)
        for _ in range(2):
            a_second_passes()
            claimed = await queue.claims.claim()
            if claimed is not None and claimed.id != job.id:
                await hand_in(queue, claimed)
        while (claimed := await queue.claims.claim()) is not None and claimed.id != job.id:
            await hand_in(queue, claimed)
    assert (await queue.jobs.get(job.id)).state is ends_as


async def test_what_the_moderators_bring_back_starts_with_clean_counters(queue):
    """As `test_a_retried_job_stands_where_it_stood_with_clean_counters` says of the others."""
    job = await enqueued(queue)
    for _ in range(LIMITS.restarts):
        await ends(queue, job, Requeue.CRASH)
    await queue.moderation.retry(job.id, audit_entry("retry"), keep_clip=True)
    row = await queue.jobs.get(job.id)
    assert (row.crashes, row.restarts, row.stumbles, row.stumbled_at) == (0, 0, 0, None)
