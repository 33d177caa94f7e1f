"""With more engines more may wait, and no member holds them all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from db.errors import Limit, LimitReached
from db.jobs.claims import CLAIM
from db.lanes.lane_sizes import LaneSize
from db.states import STRANGERS
from tests.db.asking import ANN, BEN, enqueued, new_job
from tests.policies import FAR, enqueue_limits, fair_share
from tests.present import present

MOST = fair_share().member_running
EIGHT = {"": LaneSize(engines=8, member_most=6)}


async def claims_of(queue, count: int) -> list[int]:
    """Whose jobs so many free engines take, one after the other."""
    found = [await queue.claims.claim(seat=f"seat {number}") for number in range(count)]
    return [job.user_id for job in found if job is not None]


async def test_one_members_flood_keeps_nobody_waiting(queue):
    await queue.lane_sizes.replace(EIGHT)
    for _ in range(20):
        await enqueued(queue, ANN)
    assert await claims_of(queue, 8) == [ANN] * 6, "two engines are kept free"
    late = await enqueued(queue, BEN)
    assert present(await queue.claims.claim(seat="seat 7")).id == late.id


async def test_a_member_fills_an_engine_that_draws_for_them_already(queue):
    """An engine that takes several at once takes them all from one member: that holds no further engine."""
    await queue.lane_sizes.replace({"": LaneSize(engines=4, member_most=1)})
    for _ in range(MOST + 2):
        await enqueued(queue, ANN)
    for _ in range(MOST + 1):
        assert await queue.claims.claim(seat="seat 0") is not None
    assert await queue.claims.claim(seat="seat 1") is None


async def test_where_there_are_few_engines_none_stands_idle(queue):
    await queue.lane_sizes.replace({"": LaneSize(engines=2, member_most=2)})
    for _ in range(3):
        await enqueued(queue, ANN)
    assert await claims_of(queue, 2) == [ANN, ANN]


@pytest.mark.parametrize("limit", [Limit.PER_GUILD_WAITING, Limit.TOTAL_WAITING])
async def test_each_engine_adds_as_many_that_may_wait(queue, limit):
    two = {"": LaneSize(engines=1, member_most=1), "comfyui": LaneSize(engines=1, member_most=1)}
    limits = enqueue_limits(**{limit.value: 2})
    for sizes, most in (({}, 2), (two, 4), ({"": LaneSize(engines=3, member_most=3)}, 6)):
        await queue.lane_sizes.replace(sizes)
        for user in range(await waiting(queue), most):
            await queue.entry.enqueue(new_job(user), limits)
        with pytest.raises(LimitReached) as refused:
            await queue.entry.enqueue(new_job(99), limits)
        assert (refused.value.which, refused.value.allowed) == (limit, most)


async def test_each_engine_adds_as_many_strangers_that_may_wait(queue):
    limits = replace(FAR, strangers=replace(FAR.strangers, all_waiting=2))
    await queue.lane_sizes.replace({"": LaneSize(engines=3, member_most=3)})
    for user in range(6):
        await queue.entry.enqueue(new_job(user, STRANGERS), limits)
    with pytest.raises(LimitReached) as refused:
        await queue.entry.enqueue(new_job(99, STRANGERS), limits)
    assert (refused.value.which, refused.value.allowed) == (Limit.STRANGERS_WAITING, 6)


async def waiting(queue) -> int:
    return len(await queue.jobs.waiting())


async def test_a_claim_reads_the_jobs_in_their_turn_and_a_members_running_ones_by_an_index(db):
    given = dict.fromkeys(
        ("now", "lane", "engines", "unable", "left", "seat", "worker", "trust", "last", "most")
    )
    plan = [row["detail"] for row in await db.read(f"EXPLAIN QUERY PLAN {CLAIM}", given | {"last": "[]"})]
    assert sum("job_in_turn" in step for step in plan) == 2, plan
    assert sum("job_running_by_member" in step for step in plan) == 2, plan
    assert not [step for step in plan if "SCAN job" in step or "TEMP B-TREE FOR ORDER BY" in step][:-1], plan
