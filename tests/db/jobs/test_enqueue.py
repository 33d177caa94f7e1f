"""The way into the queue."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from db.errors import Limit, LimitReached, MemberBanned, ParentGone
from db.jobs.allowances import Ceilings
from db.jobs.enqueue import EnqueueLimits, StrangerLimits
from db.states import State
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, GUILD, enqueued, new_job, rendered
from tests.policies import FAR, enqueue_limits, queue_on
from tests.present import present

T = 1_000_000.0


async def test_a_job_comes_back_as_it_was_asked_for(queue):
    new = new_job(inputs={"picture": "a" * 64}, recipe='{"seed": 1}')
    CLOCK.now = T
    job = (await queue.entry.enqueue(new, FAR)).job
    assert job == await queue.jobs.get(job.id)
    assert (job.state, job.created_at, job.claim, job.priority) == (State.QUEUED, T, 0, 0)
    assert (job.inputs, job.recipe, job.key) == (new.inputs, new.recipe, new.key)


async def test_the_same_key_is_one_job(queue):
    new = new_job()
    results = await asyncio.gather(*(queue.entry.enqueue(new, FAR) for _ in range(10)))
    assert len({result.job.id for result in results}) == 1
    assert [result.created for result in results].count(True) == 1
    assert (await queue.jobs.counts())[State.QUEUED] == 1


async def test_a_known_key_is_answered_even_at_the_limit_and_for_the_banned(queue):
    new = new_job()
    first = await queue.entry.enqueue(new, FAR)
    await queue.moderation.ban(GUILD, ANN, by=9, reason="spam")
    again = await queue.entry.enqueue(new, limits=enqueue_limits(per_member_waiting=0))
    assert (again.job.id, again.created) == (first.job.id, False)


@pytest.mark.parametrize(
    ("limits", "which", "allowed"),
    [
        (enqueue_limits(per_member_waiting=2), Limit.PER_MEMBER_WAITING, 2),
        (enqueue_limits(per_guild_waiting=3), Limit.PER_GUILD_WAITING, 3),
        (enqueue_limits(total_waiting=4), Limit.TOTAL_WAITING, 4),
    ],
)
async def test_who_waits_too_much_is_told_which_limit(queue, limits, which, allowed):
    for user, guild in [(ANN, GUILD), (ANN, GUILD), (BEN, GUILD), (ANN, 200)]:
        await enqueued(queue, user, guild)
    with pytest.raises(LimitReached) as caught:
        await queue.entry.enqueue(new_job(), limits=limits)
    assert (caught.value.which, caught.value.allowed, caught.value.retry_after) == (which, allowed, None)
    assert (await queue.jobs.counts())[State.QUEUED] == 4


async def test_one_below_a_limit_is_taken(queue):
    await enqueued(queue)
    await queue.entry.enqueue(new_job(), limits=enqueue_limits(per_member_waiting=2))


async def test_what_has_run_no_longer_waits_but_what_is_held_before_it_runs_does(queue):
    clip = await rendered(queue)
    await queue.delivery.hold(clip.id, "a review")
    held = await enqueued(queue)
    await queue.delivery.hold(held.id, "a review")
    limits = enqueue_limits(per_member_waiting=2)
    await queue.entry.enqueue(new_job(), limits=limits)
    with pytest.raises(LimitReached):
        await queue.entry.enqueue(new_job(), limits=limits)


async def test_the_hour_says_when_to_come_back(queue):
    limits = enqueue_limits(per_member_hour=2)
    for at in (T, T + 600, T + 1200):
        CLOCK.now = at
        job = (await queue.entry.enqueue(new_job(), FAR)).job
        await queue.claims.cancel(job.id)
    CLOCK.now = T + 1800
    with pytest.raises(LimitReached) as caught:
        await queue.entry.enqueue(new_job(), limits=limits)
    assert (caught.value.which, caught.value.retry_after) == (Limit.PER_MEMBER_HOUR, 600 + 3600 - 1800)
    retry = T + 1800 + present(caught.value.retry_after)
    CLOCK.now = retry
    assert (await queue.entry.enqueue(new_job(), limits=limits)).created


async def test_the_default_limits_are_the_documented_ones(db):
    queue = queue_on(db)
    for _ in range(3):
        await queue.entry.enqueue(new_job(), enqueue_limits())
    with pytest.raises(LimitReached):
        await queue.entry.enqueue(new_job(), enqueue_limits())
    assert enqueue_limits() == EnqueueLimits(
        per_member_waiting=3,
        per_member_hour=20,
        per_member_day=86_400.0,
        per_guild_waiting=50,
        total_waiting=500,
        ceilings=Ceilings(waiting=20, hour=100, day=86_400.0),
        strangers=StrangerLimits(waiting=1, day=3, all_waiting=20),
    )


async def test_a_banned_member_is_refused_in_that_guild_only(queue):
    await queue.moderation.ban(GUILD, ANN, by=9, reason="spam")
    with pytest.raises(MemberBanned) as caught:
        await queue.entry.enqueue(new_job(), FAR)
    assert caught.value.reason == "spam"
    await queue.entry.enqueue(new_job(guild=200), FAR)
    await queue.entry.enqueue(new_job(BEN), FAR)
    assert await queue.moderation.unban(GUILD, ANN)
    await queue.entry.enqueue(new_job(), FAR)


async def test_a_job_without_its_parent_is_no_job(queue):
    with pytest.raises(sqlite3.IntegrityError):
        await queue.entry.enqueue(new_job(parent="0" * 16), FAR)
    child = await enqueued(queue, parent=(await enqueued(queue)).id)
    assert child.parent


async def test_nothing_is_made_from_a_clip_that_was_deleted(queue):
    parent = await rendered(queue)
    await queue.retention.mark_deleted(parent.id)
    with pytest.raises(ParentGone):
        await queue.entry.enqueue(new_job(BEN, parent=parent.id), FAR)


async def test_limits_can_be_looked_at_before_anything_is_asked_for(queue):
    limits = enqueue_limits(per_member_waiting=1)
    await queue.entry.check_limits(GUILD, ANN, (), limits=limits)
    await enqueued(queue)
    with pytest.raises(LimitReached) as reached:
        await queue.entry.check_limits(GUILD, ANN, (), limits=limits)
    assert reached.value.which is Limit.PER_MEMBER_WAITING
    await queue.entry.check_limits(GUILD, BEN, (), limits=limits)
