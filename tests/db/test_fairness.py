"""Who is next."""

from __future__ import annotations

import math
import random

import pytest
from asking import ANN, BEN, CAT, GUILD, enqueued, hand_in, running
from hypothesis import given
from hypothesis import strategies as st

from db.claims import CLAIM
from db.fairness import HALF_LIFE, charge, log2_sum
from db.listing import POSITION, WAITING
from db.queue import Requeue

T = 1_000_000.0


async def order(queue, guild=None):
    """The order in which the queue says that the jobs stand, as members."""
    return [job.user_id for job in await queue.waiting(guild)]


async def served(queue, now=T):
    """The members in the order in which one engine really serves them, ten seconds a job."""
    users = []
    while (job := await queue.claim(now)) is not None:
        users.append(job.user_id)
        now += 10
        await hand_in(queue, job, now=now)
    return users


async def book(db, user, seconds, now, guild=GUILD):
    await db.write(
        lambda connection: charge(connection, guild_id=guild, user_id=user, seconds=seconds, now=now)
    )


async def test_nine_light_members_wait_behind_at_most_two_jobs_of_a_heavy_one(queue):
    heavy, light = 50, range(1, 10)
    for _ in range(30):
        await enqueued(queue, heavy)
    first = await queue.claim(T)  # the heavy one was alone when the engine took it
    for user in light:
        await enqueued(queue, user)
    await hand_in(queue, first, now=T + 10)
    users = [heavy, *await served(queue, T + 10)]
    for user in light:
        assert users[: users.index(user)].count(heavy) <= 2
    assert users.count(heavy) == 30


async def test_a_burst_of_a_new_member_does_not_stand_before_others_new_ones(queue):
    for user in (ANN, ANN, ANN, BEN, CAT):
        await enqueued(queue, user)
    assert await order(queue) == [ANN, BEN, CAT, ANN, ANN]


async def test_a_job_that_runs_counts_as_its_members_turn(queue):
    for user in (ANN, ANN, BEN):
        await enqueued(queue, user)
    await queue.claim()
    assert await order(queue) == [BEN, ANN]


async def test_the_member_who_has_used_less_is_first(queue, db):
    await book(db, ANN, 100, T)
    await book(db, BEN, 50, T)
    for user in (ANN, BEN, CAT):
        await enqueued(queue, user)
    assert await order(queue) == [CAT, BEN, ANN]


async def test_use_in_one_guild_does_not_count_in_another(queue, db):
    await book(db, ANN, 100, T)
    await book(db, BEN, 50, T, guild=200)
    await book(db, ANN, 10, T, guild=200)
    for user in (BEN, ANN):
        await enqueued(queue, user, 200)
    assert await order(queue) == [ANN, BEN]


async def test_old_use_fades(queue, db):
    await book(db, ANN, 100, T)
    await book(db, BEN, 60, T + HALF_LIFE)  # ANN's 100 count as 50 by now
    for user in (BEN, ANN):
        await enqueued(queue, user)
    assert await order(queue) == [ANN, BEN]


async def test_priority_is_first_then_what_was_interrupted(queue):
    interrupted = await running(queue, user=ANN)
    for user, priority in ((BEN, 0), (CAT, 1)):
        await enqueued(queue, user, priority=priority)
    await queue.requeue(interrupted.id, interrupted.claim, cause=Requeue.ENGINE_DOWN)
    assert await order(queue) == [CAT, ANN, BEN]


async def test_what_was_interrupted_comes_before_members_who_have_used_less(queue, db):
    interrupted = await running(queue, user=ANN)
    await book(db, ANN, 1000, T)
    await enqueued(queue, BEN)
    await queue.requeue(interrupted.id, interrupted.claim, cause=Requeue.SHUTDOWN)
    assert await order(queue) == [ANN, BEN]


async def test_a_job_that_runs_counts_as_a_turn_whatever_its_priority(queue):
    await running(queue, user=ANN)
    for user in (ANN, BEN):
        await enqueued(queue, user, priority=1)
    assert await order(queue) == [BEN, ANN]


async def test_a_members_own_jobs_are_first_come_first_served(queue):
    asked = [(await enqueued(queue)).id for _ in range(5)]
    assert [job.id for job in await queue.waiting()] == asked


async def test_claim_waiting_and_position_say_the_same(queue, db):
    chance = random.Random(4)
    for _ in range(40):
        await enqueued(queue, chance.randrange(6), chance.choice([GUILD, 200]), priority=chance.randrange(2))
    for user in range(6):
        await book(db, user, chance.uniform(1, 100), T)
    await queue.pause(200, by=9)
    while (waiting := await queue.waiting()) and waiting[0].guild_id == GUILD:
        assert [await queue.position(job.id) for job in waiting[:3]] == list(range(1, len(waiting[:3]) + 1))
        claimed = await queue.claim()
        assert claimed.id == waiting[0].id
        assert await queue.position(claimed.id) is None
        await queue.requeue(claimed.id, claimed.claim, cause=Requeue.CRASH, crash_limit=1)
    assert waiting
    assert await queue.claim() is None


@pytest.mark.parametrize("sql", [CLAIM, WAITING, POSITION])
async def test_the_fair_order_reads_no_ended_jobs(db, sql):
    parameters = (0,) if sql is POSITION else {"now": 0, "guild": None, "limit": -1}
    plan = [row["detail"] for row in await db.read("EXPLAIN QUERY PLAN " + sql, parameters)]
    assert any("job USING INDEX job_by_state (state=?)" in step for step in plan)
    assert not [step for step in plan if step.startswith(("SCAN job", "SCAN other"))]


@given(
    st.lists(st.tuples(st.floats(0.1, 1e5), st.floats(0, 30 * HALF_LIFE)), min_size=1, max_size=20),
)
def test_the_kept_logarithm_is_the_decayed_sum(uses):
    kept = None
    for seconds, at in uses:
        added = math.log2(seconds) + (1e9 + at) / HALF_LIFE
        kept = added if kept is None else log2_sum(kept, added)
    end = 30 * HALF_LIFE
    decayed = sum(seconds * 2 ** ((at - end) / HALF_LIFE) for seconds, at in uses)
    assert 2 ** (kept - (1e9 + end) / HALF_LIFE) == pytest.approx(decayed, rel=1e-6)


async def test_nothing_used_leaves_no_trace(db):
    await book(db, ANN, 0, T)
    assert await db.read("SELECT * FROM member") == []
