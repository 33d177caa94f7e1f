"""Faults of machines are counted in the job's row, and end it once every place has failed often enough."""

from __future__ import annotations

import pytest

from db.codes import BotCode
from db.fleet.worker_claims import Claim
from db.fleet.workers import Trust
from db.jobs.claims import Requeue
from db.states import State
from tests.db.asking import audit_entry, enqueued
from tests.policies import stumble_limits
from tests.present import present

LIMITS = stumble_limits(faults=3)


async def fails(queue, cause=Requeue.FAULT, *, seat="GPU 0", spared=False):
    job = present(await queue.claims.claim(seat=seat))
    return await queue.claims.requeue(job.id, job.claim, cause=cause, limits=LIMITS, spared=spared)


async def row_of(queue, job):
    return present(await queue.jobs.get(job.id))


@pytest.mark.parametrize("cause", [Requeue.FAULT, Requeue.BAD, Requeue.CRASH])
async def test_a_job_ends_when_machines_failed_in_it_often_enough(queue, cause):
    job = await enqueued(queue)
    assert await fails(queue, cause) is State.QUEUED
    assert await fails(queue, cause, seat="GPU 1") is State.QUEUED
    assert (await row_of(queue, job)).faults == {"GPU 0": 1, "GPU 1": 1}
    assert await fails(queue, cause) is State.FAILED
    row = await row_of(queue, job)
    assert (row.error_code, row.faults) == (BotCode.MACHINES, {"GPU 0": 2, "GPU 1": 1})


@pytest.mark.parametrize("cause", [Requeue.SHUTDOWN, Requeue.ENGINE_DOWN, Requeue.LOST, Requeue.KILLED])
async def test_what_no_machine_failed_in_is_not_counted(queue, cause):
    job = await enqueued(queue)
    for _ in range(2 * LIMITS.faults):
        assert await fails(queue, cause) is State.QUEUED
    assert (await row_of(queue, job)).faults == {}


async def test_a_job_goes_on_as_long_as_there_is_a_machine_that_has_not_failed_in_it(queue):
    await enqueued(queue)
    for _ in range(2 * LIMITS.faults):
        assert await fails(queue, spared=True) is State.QUEUED
    assert await fails(queue) is State.FAILED


async def test_a_job_that_is_left_to_others_is_not_claimed_and_those_behind_it_are(queue):
    first, second = await enqueued(queue), await enqueued(queue, user=2)
    assert present(await queue.claims.claim(left=[first.id], resident="wan")).id == second.id
    assert await queue.claims.claim(left=[first.id], last=[first.id]) is None


async def test_a_worker_of_which_nothing_is_heard_has_not_failed(queue):
    job = await enqueued(queue, ability="{}")
    for heard, faults in ((False, {}), (True, {"a11ce": 1})):
        claimed = present(
            await queue.worker_claims.claim_for("a11ce", seat="alice", trust=Trust.OWN, abilities=["{}"])
        )
        claim = Claim(job=job.id, number=claimed.claim, worker="a11ce")
        await queue.worker_claims.lose(claim, losses=9, faults=2, anew=heard)
        assert (await row_of(queue, job)).faults == faults


async def test_a_worker_whose_program_begins_anew_in_a_job_again_and_again_ends_it(queue):
    await enqueued(queue, ability="{}")
    states = []
    for _ in range(3):
        job = present(
            await queue.worker_claims.claim_for("a11ce", seat="alice", trust=Trust.OWN, abilities=["{}"])
        )
        claim = Claim(job=job.id, number=job.claim, worker="a11ce")
        states.append(await queue.worker_claims.lose(claim, losses=9, faults=3, anew=True))
    assert states == [State.QUEUED, State.QUEUED, State.FAILED]


async def test_a_retry_forgets_the_faults(queue):
    job = await enqueued(queue)
    for _ in range(LIMITS.faults):
        await fails(queue)
    await queue.moderation.retry(job.id, audit_entry("retry"))
    row = await row_of(queue, job)
    assert (row.state, row.faults, row.error_code) == (State.QUEUED, {}, None)


async def test_which_workers_may_try_a_job_is_read_with_its_faults(queue):
    closed = await enqueued(queue)
    await fails(queue)
    assert [(each.job, each.trust, each.faults) for each in await queue.faulted.waiting()] == [
        (closed.id, Trust.OWN, {"GPU 0": 1})
    ]
    for trust, inputs, least in (
        (Trust.FRIEND, {}, Trust.FRIEND),
        (Trust.PUBLIC, {}, Trust.PUBLIC),
        (Trust.PUBLIC, {"picture": "a" * 64}, Trust.FRIEND),
    ):
        await queue.remote_guilds.set_trust(trust, audit_entry("remote"))
        job = await enqueued(queue, inputs=inputs)
        assert present(await queue.faulted.one(job.id)).trust is least


async def test_what_machines_ended_is_counted_for_each_server(queue):
    for guild in (100, 100, 200):
        await enqueued(queue, guild=guild)
        for _ in range(LIMITS.faults):
            ended = await fails(queue)
        assert ended is State.FAILED
    assert await queue.faulted.over(0) == {100: 2, 200: 1}
    assert await queue.faulted.over(9e9) == {}
