"""One clip, one message; and what is written down around it."""

from __future__ import annotations

import asyncio

import pytest

from db.jobs.delivery import Published
from db.moderation.cases import Decision
from db.states import EVERYWHERE, State
from tests.clock import CLOCK
from tests.db.asking import GUILD, audit_entry, enqueued, hand_in, rendered, running

T = 1_000_000.0


async def test_posting_is_written_down_before_it_is_tried(queue):
    job = await rendered(queue)
    assert [found.id for found in await queue.delivery.to_deliver()] == [job.id]
    CLOCK.now = T
    posting = await queue.delivery.begin_posting(job.id)
    assert posting == await queue.jobs.get(job.id)
    assert (posting.state, posting.post_attempts, posting.posting_since) == (State.POSTING, 1, T)


async def test_of_many_posters_one_may_begin(queue):
    job = await rendered(queue)
    begun = await asyncio.gather(*(queue.delivery.begin_posting(job.id) for _ in range(8)))
    assert sum(found is not None for found in begun) == 1


async def test_a_posted_clip_is_delivered_once(queue):
    job = await rendered(queue)
    assert not await queue.delivery.record_posted(job.id, 5)  # nobody has begun
    await queue.delivery.begin_posting(job.id)
    CLOCK.now = T
    assert await queue.delivery.record_posted(job.id, 5)
    assert not await queue.delivery.record_posted(job.id, 6)
    row = await queue.jobs.get(job.id)
    assert (row.state, row.message_id, row.ended_at) == (State.DELIVERED, 5, T)
    assert await queue.delivery.begin_posting(job.id) is None


async def test_what_is_put_off_waits_for_its_time_and_keeps_its_beginning(queue):
    job = await rendered(queue)
    CLOCK.now = T
    await queue.delivery.begin_posting(job.id)
    assert await queue.delivery.postpone(job.id, 60)
    CLOCK.now = T + 59
    assert await queue.delivery.to_deliver() == []
    CLOCK.now = T + 60
    assert [found.id for found in await queue.delivery.to_deliver()] == [job.id]
    again = await queue.delivery.begin_posting(job.id)
    assert (again.post_attempts, again.posting_since, again.retry_at) == (2, T, None)


async def test_the_oldest_clip_is_posted_first(queue):
    jobs = [await rendered(queue, user=user) for user in range(3)]
    assert [found.id for found in await queue.delivery.to_deliver()] == [job.id for job in jobs]


async def test_a_job_that_is_held_before_it_runs_does_not_run(queue):
    job = await enqueued(queue)
    assert await queue.delivery.hold(job.id, "a review")
    assert (await queue.jobs.get(job.id)).held_reason == "a review"
    assert await queue.claims.claim() is None
    assert await queue.delivery.release(job.id)
    assert (await queue.claims.claim()).id == job.id


async def test_a_clip_that_is_held_is_not_posted(queue):
    job = await rendered(queue)
    assert await queue.delivery.hold(job.id, "a review")
    assert await queue.delivery.to_deliver() == []
    assert await queue.delivery.begin_posting(job.id) is None
    assert await queue.delivery.release(job.id)
    assert not await queue.delivery.release(job.id)
    assert (await queue.delivery.begin_posting(job.id)).id == job.id


async def test_a_clip_that_a_moderator_releases_is_approved_and_its_card_says_by_whom(queue):
    job = await rendered(queue)
    await queue.delivery.hold(job.id, "nudity")
    assert await queue.delivery.release(job.id, audit_entry=audit_entry("release", job.id))
    assert (await queue.jobs.get(job.id)).looked_at
    [case] = await queue.cases.due()
    assert (case.open, case.decision, case.by_user) == (False, Decision.APPROVED, 9)
    assert await queue.cases.reject(job.id, 1, audit_entry("reject", job.id), "no") is None


async def test_a_clip_that_is_drawn_again_is_looked_at_again(queue):
    job = await rendered(queue)
    await queue.delivery.hold(job.id, "nudity")
    await queue.delivery.release(job.id, audit_entry=audit_entry("release", job.id))
    await queue.claims.fail(job.id, None, code="E_CHANNEL")
    again = await queue.moderation.retry(job.id, audit_entry("retry", job.id), keep_clip=True)
    assert again.looked_at, "it is the same clip"
    await queue.claims.fail(job.id, None, code="E_CHANNEL")
    assert not (await queue.moderation.retry(job.id, audit_entry("retry", job.id))).looked_at


async def private_clip(queue):
    job = await running(queue, private=True)
    await hand_in(queue, job)
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, None)
    return job


async def test_a_private_clip_is_posted_once_and_again_only_where_that_failed_or_was_cancelled(queue):
    job = await private_clip(queue)
    assert await queue.delivery.publish(job.id) is Published.NOW
    assert await queue.delivery.publish(job.id) is Published.WAITING
    [posts] = await queue.delivery.to_deliver()
    for _ in range(2):
        await queue.delivery.begin_posting(posts.id)
        await queue.claims.fail(posts.id, None, code="E_CHANNEL", error_id="1")
        assert [(each.id, tries) for each, tries in await queue.owed.due()] == [(posts.id, 0)]
        await queue.owed.said(posts.id)
        assert await queue.delivery.publish(job.id) is Published.NOW
        [again] = await queue.delivery.to_deliver()
        assert (again.id, again.error_code, again.posting_since) == (posts.id, None, None)
    await queue.claims.cancel(posts.id)
    assert await queue.delivery.publish(job.id) is Published.NOW
    assert await queue.cases.taking_down() == [], "the next try looks for what an earlier one has left"
    await queue.delivery.begin_posting(posts.id)
    assert await queue.delivery.publish(job.id) is Published.WAITING
    await queue.delivery.record_posted(posts.id, 50)
    assert await queue.delivery.publish(job.id) is Published.BEFORE


async def test_a_private_clip_that_moderators_did_not_let_be_posted_is_not_said_to_be_posted(queue):
    job = await private_clip(queue)
    await queue.delivery.publish(job.id)
    [posts] = await queue.delivery.to_deliver()
    await queue.delivery.hold(posts.id, "nudity")
    assert await queue.delivery.publish(job.id) is Published.WAITING
    await queue.cases.reject(posts.id, 1, audit_entry("reject", posts.id), "no")
    assert await queue.delivery.publish(job.id) is Published.REFUSED


@pytest.mark.parametrize("where", [GUILD, EVERYWHERE])
async def test_a_private_clip_is_not_posted_where_nothing_new_is_taken(queue, where):
    job = await private_clip(queue)
    await queue.moderation.drain(audit_entry("drain", guild=where))
    assert await queue.delivery.publish(job.id) is Published.IMPOSSIBLE


async def test_what_runs_cannot_be_held(queue):
    job = await running(queue)
    assert not await queue.delivery.hold(job.id, "a review")
    assert not await queue.delivery.release("0" * 16)


async def test_a_status_message_is_open_until_its_last_words(queue):
    job = await enqueued(queue)
    assert await queue.delivery.open_statuses() == []
    assert await queue.delivery.set_status_message(job.id, 7, 70)
    assert [found.status_message_id for found in await queue.delivery.open_statuses()] == [70]
    await queue.claims.cancel(job.id)
    assert [found.id for found in await queue.delivery.open_statuses()] == [job.id]
    assert await queue.delivery.finish_status(job.id)
    assert await queue.delivery.open_statuses() == []
    assert (await queue.jobs.get(job.id)).status_final


async def test_a_job_that_ended_before_it_had_a_status_message_still_wants_a_word(queue):
    job = await enqueued(queue)
    await queue.claims.cancel(job.id)
    assert [found.id for found in await queue.delivery.open_statuses()] == [job.id]
