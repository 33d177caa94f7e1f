"""What discarded takes looked like."""

from __future__ import annotations

from db.jobs.claims import Requeue
from tests.db.asking import running
from tests.policies import stumble_limits


async def test_the_sheets_of_a_claim_replace_those_of_the_one_before(queue):
    job = await running(queue)
    assert await queue.sheets.save(job.id, job.claim, {2: "b" * 64, 1: "a" * 64})
    assert list((await queue.sheets.of_job(job.id)).items()) == [(1, "a" * 64), (2, "b" * 64)]
    await queue.claims.requeue(job.id, job.claim, cause=Requeue.SHUTDOWN, limits=stumble_limits())
    again = await queue.claims.claim()
    assert await queue.sheets.save(again.id, again.claim, {1: "c" * 64})
    assert await queue.sheets.of_job(job.id) == {1: "c" * 64}


async def test_a_stale_claim_leaves_none(queue):
    job = await running(queue)
    await queue.claims.requeue(job.id, job.claim, cause=Requeue.SHUTDOWN, limits=stumble_limits())
    assert not await queue.sheets.save(job.id, job.claim, {1: "a" * 64})
    assert await queue.sheets.of_job(job.id) == {}


async def test_a_clip_that_was_taken_down_shows_none(queue):
    job = await running(queue)
    await queue.sheets.save(job.id, job.claim, {1: "a" * 64})
    await queue.retention.mark_deleted(job.id)
    assert await queue.sheets.of_job(job.id) == {}
