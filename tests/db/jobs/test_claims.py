"""What an engine may do with a job, and that a stale answer changes nothing."""

from __future__ import annotations

import asyncio

import pytest

from db.jobs.claims import Noted, Requeue
from db.jobs.ending import CancelOutcome
from db.states import State
from tests.clock import CLOCK
from tests.db.asking import CLIP, audit_entry, enqueued, hand_in, rendered, running
from tests.policies import queue_on, stumble_limits
from tests.present import present

T = 1_000_000.0


async def test_an_empty_queue_has_nothing_to_claim(queue):
    assert await queue.claims.claim() is None


async def test_a_claim_is_counted_and_dated(queue):
    job = await enqueued(queue)
    CLOCK.now = T
    claimed = await queue.claims.claim()
    assert (claimed.id, claimed.state, claimed.claim, claimed.started_at) == (job.id, State.RUNNING, 1, T)
    assert await queue.claims.claim() is None


async def test_a_job_that_is_to_come_last_is_claimed_only_where_no_other_waits(queue):
    first, second = await enqueued(queue), await enqueued(queue)
    assert (await queue.claims.claim(last=[first.id])).id == second.id
    assert (await queue.claims.claim(last=[first.id])).id == first.id


async def test_of_jobs_that_are_to_come_last_the_first_named_comes_first(queue):
    first, second, third = [await enqueued(queue, user=user) for user in (1, 2, 3)]
    order = [present(await queue.claims.claim(last=[second.id, first.id])).id for _ in range(3)]
    assert order == [third.id, second.id, first.id]


async def test_eight_claimers_at_once_get_eight_different_jobs(queue):
    for user in range(40):
        await enqueued(queue, user)

    async def claimer():
        got = []
        while (job := await queue.claims.claim()) is not None:
            got.append((job.id, job.claim))
        return got

    taken = [claim for got in await asyncio.gather(*(claimer() for _ in range(8))) for claim in got]
    assert len(taken) == len({job for job, _ in taken}) == 40


def halfway(job):
    return Noted(job=job.id, claim=job.claim, stage="drawing", fraction=0.5, take=2)


async def test_progress_is_written_under_the_claim(queue):
    job = await running(queue)
    await queue.claims.note_progress([halfway(job)])
    row = await queue.jobs.get(job.id)
    assert (row.stage, row.fraction, row.take) == ("drawing", 0.5, 2)


async def test_a_stale_claim_changes_nothing(queue):
    old = await running(queue)
    await queue.claims.requeue(old.id, old.claim, cause=Requeue.SHUTDOWN, limits=stumble_limits())
    await queue.claims.claim()
    before = await queue.jobs.get(old.id)
    await queue.claims.note_progress([halfway(old)])
    assert not await hand_in(queue, old)
    assert await queue.claims.requeue(old.id, old.claim, cause=Requeue.CRASH, limits=stumble_limits()) is None
    assert not await queue.claims.fail(old.id, old.claim, code="E")
    assert not await queue.claims.finish_cancel(old.id, old.claim)
    assert await queue.jobs.get(old.id) == before
    assert await queue.jobs.render_times(None) == []


async def test_a_clip_is_handed_in_once(queue):
    job = await running(queue)
    CLOCK.now = T
    assert await hand_in(queue, job, seconds=12.5)
    assert not await hand_in(queue, job)
    row = await queue.jobs.get(job.id)
    assert (row.state, row.clip_sha256, row.rendered_at) == (State.RENDERED, CLIP, T)
    assert [each.seconds for each in await queue.jobs.render_times(job.profile)] == [12.5]


async def test_render_times_are_the_newest_of_the_profile(queue):
    for seconds, profile in [(1.0, "a"), (2.0, "b"), (3.0, "a"), (4.0, "a")]:
        await hand_in(queue, await running(queue, profile=profile), seconds=seconds)
    assert [each.seconds for each in await queue.jobs.render_times("a", limit=2)] == [4.0, 3.0]
    assert [each.seconds for each in await queue.jobs.render_times(None)] == [4.0, 3.0, 2.0, 1.0]


@pytest.mark.parametrize("cause", [Requeue.SHUTDOWN, Requeue.ENGINE_DOWN])
async def test_what_is_not_the_jobs_fault_is_not_held_against_it(queue, cause):
    await enqueued(queue)
    for _ in range(10):
        job = await queue.claims.claim()
        assert (
            await queue.claims.requeue(job.id, job.claim, cause=cause, limits=stumble_limits())
            is State.QUEUED
        )
    row = await queue.jobs.get(job.id)
    assert (row.crashes, row.restarts, row.claim) == (0, 0, 10)


async def test_a_job_that_is_given_back_is_the_next_and_starts_afresh(queue):
    job = await running(queue)
    await queue.claims.note_progress([halfway(job)])
    await enqueued(queue, user=2)
    await queue.claims.requeue(job.id, job.claim, cause=Requeue.SHUTDOWN, limits=stumble_limits())
    row = await queue.jobs.get(job.id)
    assert (row.started_at, row.stage, row.fraction, row.take) == (None, "", 0, 0)
    assert (await queue.claims.claim()).id == job.id


async def test_a_bad_end_says_why(queue):
    job = await running(queue)
    CLOCK.now = T
    assert await queue.claims.fail(job.id, job.claim, code="E_MEMORY", text="Too large.", error_id="ab12")
    row = await queue.jobs.get(job.id)
    assert (row.error_code, row.error_text, row.error_id, row.ended_at) == (
        "E_MEMORY",
        "Too large.",
        "ab12",
        T,
    )
    assert row.state is State.FAILED


async def test_without_a_claim_a_running_job_cannot_be_failed(queue):
    job = await running(queue)
    assert not await queue.claims.fail(job.id, None, code="E")
    assert (await queue.jobs.get(job.id)).state is State.RUNNING


async def test_a_delivery_that_failed_ends_the_job(queue):
    job = await rendered(queue)
    await queue.delivery.begin_posting(job.id)
    assert await queue.claims.fail(job.id, None, code="E_POST", error_id="ab12")
    assert (await queue.jobs.get(job.id)).state is State.FAILED
    assert await queue.delivery.to_deliver() == []


async def test_cancel_ends_what_waits_is_held_or_is_not_yet_posted(queue):
    clip = await rendered(queue)
    held = await enqueued(queue)
    await queue.delivery.hold(held.id, "a review")
    waiting = await enqueued(queue)
    for job in (clip, held, waiting):
        CLOCK.now = T
        assert await queue.claims.cancel(job.id) is CancelOutcome.DONE
        row = await queue.jobs.get(job.id)
        assert (row.state, row.ended_at) == (State.CANCELLED, T)
    assert await queue.claims.claim() is None
    assert await queue.delivery.begin_posting(clip.id) is None


async def test_cancel_asks_what_runs_and_the_engine_finishes_it(queue):
    job = await running(queue)
    assert await queue.claims.cancel(job.id) is CancelOutcome.ASKED
    assert await queue.claims.cancel(job.id) is CancelOutcome.AGAIN
    assert (await queue.jobs.get(job.id)).cancel_requested
    assert await queue.claims.finish_cancel(job.id, job.claim)
    assert (await queue.jobs.get(job.id)).state is State.CANCELLED
    assert await queue.claims.cancel(job.id) is CancelOutcome.TOO_LATE


@pytest.mark.parametrize("by", ["cancel", "ban"])
async def test_a_clip_that_waits_for_another_try_to_be_posted_can_be_stopped(queue, by):
    job = await rendered(queue)
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.postpone(job.id, 60)
    if by == "cancel":
        assert await queue.claims.cancel(job.id) is CancelOutcome.DONE
    else:
        [stopped] = await queue.moderation.ban(job.guild_id, job.user_id, 9, "spam")
        assert stopped.id == job.id
    row = await queue.jobs.get(job.id)
    assert (row.state, row.retry_at) == (State.CANCELLED, None)
    assert await queue.delivery.begin_posting(job.id) is None
    assert [each.id for each in await queue.cases.taking_down()] == [job.id], "that try may have arrived"
    await queue.moderation.retry(job.id, audit_entry("retry", job.id), keep_clip=True)
    assert await queue.cases.taking_down() == []


async def test_cancel_is_too_late_while_a_clip_is_being_posted(queue):
    job = await rendered(queue)
    await queue.delivery.begin_posting(job.id)
    assert await queue.claims.cancel(job.id) is CancelOutcome.TOO_LATE
    assert await queue.delivery.record_posted(job.id, 5)
    assert await queue.claims.cancel(job.id) is CancelOutcome.TOO_LATE


async def test_an_unknown_job_cannot_be_cancelled(queue):
    assert await queue.claims.cancel("0" * 16) is CancelOutcome.UNKNOWN


async def test_a_job_that_was_asked_to_stop_is_never_posted_nor_charged(queue, db):
    job = await running(queue)
    await queue.claims.cancel(job.id)
    assert not await hand_in(queue, job, seconds=9.0)
    assert (await queue.jobs.get(job.id)).state is State.CANCELLED
    assert await queue.delivery.to_deliver() == []
    assert await db.read("SELECT * FROM member") == []


@pytest.mark.parametrize("cause", list(Requeue))
async def test_a_job_that_was_asked_to_stop_does_not_come_back(queue, cause):
    job = await running(queue)
    await queue.claims.cancel(job.id)
    assert (
        await queue.claims.requeue(job.id, job.claim, cause=cause, limits=stumble_limits()) is State.CANCELLED
    )
    assert await queue.claims.claim() is None


async def test_recovery_puts_what_ran_to_the_front(queue):
    job = await running(queue)
    await enqueued(queue, user=2)
    recovery = await queue.claims.recover(limits=stumble_limits())
    assert [found.id for found in recovery.requeued] == [job.id]
    assert (recovery.quarantined, recovery.posting, recovery.cancelled) == ([], [], [])
    again = await queue.claims.claim()
    assert (again.id, again.claim, again.stumbles, again.restarts, again.crashes) == (job.id, 2, 1, 0, 0)


async def test_recovery_ends_what_was_asked_to_stop(queue):
    job = await running(queue)
    await queue.claims.cancel(job.id)
    assert [found.id for found in (await queue.claims.recover(limits=stumble_limits())).cancelled] == [job.id]


async def test_recovery_lists_what_may_have_been_posted_and_delivery_sees_it_again(queue):
    job = await rendered(queue)
    await queue.delivery.begin_posting(job.id)
    assert await queue.delivery.to_deliver() == []
    assert [found.id for found in (await queue.claims.recover(limits=stumble_limits())).posting] == [job.id]
    assert [found.id for found in await queue.delivery.to_deliver()] == [job.id]
    assert (await queue.delivery.begin_posting(job.id)).post_attempts == 2


async def test_what_is_acknowledged_outlives_the_object(queue, db):
    job = await running(queue)
    assert [each.id for each in await queue_on(db).jobs.running()] == [job.id]


@pytest.mark.parametrize("was_running", [True, False])
async def test_a_restart_teaches_the_forecast_nothing(queue, was_running):
    """Nobody knows how long the bot was away: neither a job that ran nor one that waited is compared."""
    CLOCK.now = T
    job = await enqueued(queue)
    await queue.entry.record_answer(job.id, 7, 8, foretold=40.0, ahead=0)
    if was_running:
        await queue.claims.claim()
    await queue.claims.recover(limits=stumble_limits())
    CLOCK.now = T + 4000
    assert await hand_in(queue, await queue.claims.claim())
    assert await queue.jobs.forecast_ratios(0, 100) == []


@pytest.mark.parametrize("cause", Requeue)
async def test_a_job_that_was_given_back_teaches_the_forecast_nothing(queue, cause):
    CLOCK.now = T
    job = await running(queue)
    await queue.entry.record_answer(job.id, 7, 8, foretold=40.0, ahead=0)
    await queue.claims.requeue(job.id, job.claim, cause=cause, limits=stumble_limits())
    CLOCK.now = T + 4000
    assert await hand_in(queue, await queue.claims.claim())
    assert await queue.jobs.forecast_ratios(0, 100) == []
