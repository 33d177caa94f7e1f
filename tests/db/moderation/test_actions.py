"""What moderators may do, and that it ends at their guild's border."""

from __future__ import annotations

import random

import pytest

from db.audit.log import Audit
from db.errors import Draining
from db.jobs.choices import NewDraft
from db.jobs.claims import Requeue
from db.states import RETRIED, State
from tests.clock import CLOCK
from tests.db.asking import (
    ANN,
    BEN,
    CAT,
    GUILD,
    PATIENT,
    audit_entry,
    enqueued,
    hand_in,
    let_wait,
    new_job,
    rendered,
    running,
)
from tests.policies import FAR, stumble_limits

DRAFTS = [NewDraft(recipe="{}", profile="draft", seed=seed) for seed in (1, 2)]


async def deeds(db):
    return [(entry.action, entry.target) for entry in reversed(await Audit(db).entries(GUILD))]


async def test_a_paused_guild_starts_nothing_and_loses_nothing(queue):
    job = await enqueued(queue)
    other = await enqueued(queue, guild=200)
    assert await queue.moderation.pause(audit_entry("pause"))
    assert not await queue.moderation.pause(audit_entry("pause"))
    assert await queue.moderation.paused(GUILD)
    assert not await queue.moderation.paused(200)
    assert (await queue.claims.claim()).id == other.id
    assert await queue.claims.claim() is None
    assert await queue.moderation.resume(audit_entry("resume"))
    assert not await queue.moderation.resume(audit_entry("resume"))
    assert (await queue.claims.claim()).id == job.id


@pytest.mark.parametrize("place", [1, 2, 3, 99])
async def test_a_moved_job_stands_where_it_was_put_and_the_rest_keep_their_order(queue, place):
    for user in (ANN, BEN, CAT, ANN):
        await enqueued(queue, user)
    before = [job.id for job in await queue.jobs.waiting(GUILD)]
    job = before[2]
    assert await queue.moderation.move(job, place, audit_entry("move"))
    expected = [other for other in before if other != job]
    expected.insert(place - 1, job)
    assert [other.id for other in await queue.jobs.waiting(GUILD)] == expected


async def test_a_move_in_one_guild_moves_nobody_in_another(queue):
    chance = random.Random(7)
    for guild in (GUILD, 200):
        await let_wait(queue, guild)
    for _ in range(30):
        roles = chance.choice([PATIENT, frozenset()])
        await enqueued(queue, chance.randrange(4), chance.choice([GUILD, 200]), roles=roles)
    await running(queue)
    for _ in range(10):
        before = await queue.jobs.waiting()
        mine = [job.id for job in before if job.guild_id == GUILD]
        place = chance.randrange(1, len(mine) + 1)
        job = chance.choice(mine)
        assert await queue.moderation.move(job, place, audit_entry("move"))
        after = await queue.jobs.waiting()
        assert [job.guild_id for job in after] == [job.guild_id for job in before]
        assert [job.id for job in after if job.guild_id == 200] == [
            job.id for job in before if job.guild_id == 200
        ]
        assert [job.id for job in after if job.guild_id == GUILD].index(job) == place - 1


async def test_only_what_waits_in_the_guild_can_be_moved(queue):
    job = await running(queue)
    other = await enqueued(queue, guild=200)
    assert not await queue.moderation.move(job.id, 1, audit_entry("move"))
    assert not await queue.moderation.move(other.id, 1, audit_entry("move"))
    with pytest.raises(ValueError, match="counted from 1"):
        await queue.moderation.move(job.id, 0, audit_entry("move"))


async def test_clear_cancels_what_waits_in_the_guild_and_returns_it(queue):
    runs = await running(queue)
    waiting = [(await enqueued(queue)).id for _ in range(3)]
    other = await enqueued(queue, guild=200)
    cleared = await queue.moderation.clear(audit_entry("clear"))
    assert [job.id for job in cleared] == waiting
    assert {job.state for job in cleared} == {State.CANCELLED}
    assert (await queue.jobs.get(runs.id)).state is State.RUNNING
    assert (await queue.jobs.get(other.id)).state is State.QUEUED


async def test_clear_ends_a_choice_with_its_drafts_and_counts_what_was_asked_for(queue):
    plain = await enqueued(queue)
    choosing = await enqueued(queue, takes=2)
    begun = await enqueued(queue, takes=2)
    await queue.choices.begin(begun.id, DRAFTS)
    cleared = await queue.moderation.clear(audit_entry("clear"))
    assert [job.id for job in cleared] == [plain.id, choosing.id, begun.id]
    assert not await queue.choices.begin(choosing.id, DRAFTS)
    assert await queue.claims.claim() is None


async def test_a_retried_choice_begins_anew_and_no_draft_is_retried_by_itself(queue):
    job = await enqueued(queue, takes=2)
    await queue.choices.begin(job.id, DRAFTS)
    await queue.choices.shown(job.id, 7, 77, choose_until=1.0)
    await queue.claims.cancel(job.id)
    old = await queue.jobs.drafts_of(job.id)
    offered = await queue.jobs.in_states(GUILD, *RETRIED, drafts=False)
    assert [each.id for each in offered] == [job.id]
    for draft in old:
        assert await queue.moderation.retry(draft.id, audit_entry("retry", draft.id)) is None
    again = await queue.moderation.retry(job.id, audit_entry("retry", job.id))
    assert (again.choosing, again.choose_until) == (True, None)
    assert await queue.claims.claim() is None, "there is nothing to draw before new drafts are begun"
    assert await queue.choices.begin(job.id, DRAFTS)
    new = await queue.jobs.drafts_of(job.id)
    assert [each.draft for each in new] == [1, 2]
    assert not {each.id for each in new} & {each.id for each in old}


async def test_a_retried_job_is_drawn_like_the_draft_that_was_chosen(queue):
    job = await enqueued(queue, takes=2)
    await queue.choices.begin(job.id, DRAFTS)
    await queue.choices.choose(job.id, 2, recipe='{"seed": 2}', profile="p", seed=2)
    await queue.claims.cancel(job.id)
    again = await queue.moderation.retry(job.id, audit_entry("retry", job.id))
    assert (again.choosing, again.chosen, again.seed) == (False, 2, 2)
    assert len(await queue.jobs.drafts_of(job.id)) == 2


async def test_a_ban_has_a_reason_and_an_end(queue):
    assert await queue.moderation.banned(GUILD, ANN) is None
    await queue.moderation.ban(GUILD, ANN, by=9, reason="spam")
    await queue.moderation.ban(GUILD, ANN, by=9, reason="more spam")
    assert await queue.moderation.banned(GUILD, ANN) == "more spam"
    assert await queue.moderation.banned(200, ANN) is None
    assert await queue.moderation.unban(GUILD, ANN)
    assert not await queue.moderation.unban(GUILD, ANN)


async def test_a_ban_stops_what_the_member_has_under_way_here_and_nowhere_else(queue):
    runs = await running(queue)
    waits = await enqueued(queue)
    held = await enqueued(queue)
    await queue.delivery.hold(held.id, "a look")
    others = [await enqueued(queue, BEN), await enqueued(queue, ANN, 200)]
    stopped = await queue.moderation.ban(GUILD, ANN, by=9, reason="spam")
    assert {job.id for job in stopped} == {runs.id, waits.id, held.id}
    assert [(await queue.jobs.get(job.id)).state for job in (waits, held)] == [State.CANCELLED] * 2
    assert (await queue.jobs.get(runs.id)).cancel_requested
    assert {(await queue.jobs.get(job.id)).state for job in others} == {State.QUEUED}


async def test_a_draining_guild_finishes_what_it_has_and_takes_nothing_new(queue, db):
    first, other = await enqueued(queue), new_job(guild=200)
    assert await queue.moderation.drain(audit_entry("drain"))
    assert not await queue.moderation.drain(audit_entry("drain"))
    assert await queue.moderation.draining(GUILD)
    with pytest.raises(Draining):
        await queue.entry.enqueue(new_job(BEN), FAR)
    with pytest.raises(Draining):
        await queue.entry.check_limits(GUILD, BEN, (), FAR)
    assert (await queue.entry.enqueue(other, FAR)).created
    assert (await queue.claims.claim()).id == first.id
    assert await queue.moderation.resume(audit_entry("resume"))
    assert not await queue.moderation.draining(GUILD)
    assert (await queue.entry.enqueue(new_job(BEN), FAR)).created
    assert await deeds(db) == [("drain", ""), ("resume", "")]


async def failed(queue):
    job = await running(queue)
    await queue.claims.fail(job.id, job.claim, code="E_ENGINE", error_id="abcd")
    return job


async def crashed(queue):
    job = await running(queue)
    await queue.claims.requeue(job.id, job.claim, cause=Requeue.PROVEN, limits=stumble_limits(crashes=1))
    return job


async def called_off(queue):
    job = await running(queue)
    await queue.claims.cancel(job.id)
    await queue.claims.finish_cancel(job.id, job.claim)
    return job


@pytest.mark.parametrize("end", [failed, crashed, called_off])
async def test_a_retried_job_stands_where_it_stood_with_clean_counters(queue, db, end):
    job = await end(queue)
    later = [(await enqueued(queue)).id for _ in range(2)]
    again = await queue.moderation.retry(job.id, audit_entry("retry", job.id))
    assert [found.id for found in await queue.jobs.waiting()] == [job.id, *later]
    assert (again.state, again.recipe, again.created_at) == (State.QUEUED, job.recipe, job.created_at)
    assert (again.crashes, again.restarts, again.cancel_requested) == (0, 0, False)
    assert (again.error_code, again.error_text, again.error_id) == (None, None, None)
    assert (again.ended_at, again.status_final) == (None, False)
    assert not await hand_in(queue, job)  # an answer from before the retry is stale
    assert await hand_in(queue, await queue.claims.claim())
    assert await deeds(db) == [("retry", job.id)]


async def test_each_end_of_a_private_job_is_told_also_after_a_retry(queue):
    job = await running(queue, private=True)
    for _ in range(2):
        await queue.claims.fail(job.id, job.claim, code="E_BROKEN")
        assert [(owed.id, tries) for owed, tries in await queue.owed.due()] == [(job.id, 0)]
        await queue.owed.later(job.id, 0.0)
        await queue.owed.said(job.id)
        assert (await queue.moderation.retry(job.id, audit_entry("retry", job.id))).status_final
        job = await queue.claims.claim()


@pytest.mark.parametrize("keep", [True, False])
async def test_a_clip_that_could_not_be_posted_is_posted_again_where_it_is_still_there(queue, keep):
    job = await rendered(queue)
    CLOCK.now = 5.0
    await queue.delivery.begin_posting(job.id)
    await queue.claims.fail(job.id, None, code="E_POST", error_id="abcd")
    again = await queue.moderation.retry(job.id, audit_entry("retry", job.id), keep_clip=keep)
    assert again.state is (State.RENDERED if keep else State.QUEUED)
    assert (again.clip_sha256 is not None) == keep
    assert (again.posting_since, again.post_attempts) == (None, 1), "it looks first, and is patient again"


async def test_what_is_not_over_or_was_delivered_or_taken_down_is_not_retried(queue, db):
    waits = await enqueued(queue)
    runs = await queue.claims.claim()
    assert runs.id == waits.id
    delivered = (await hand_in(queue, runs), await queue.delivery.begin_posting(runs.id))[1]
    await queue.delivery.record_posted(delivered.id, 5)
    taken_down = await failed(queue)
    await queue.retention.mark_deleted(taken_down.id)
    waits = await enqueued(queue)
    for job in (waits, delivered, taken_down):
        assert await queue.moderation.retry(job.id, audit_entry("retry", job.id)) is None
    assert await deeds(db) == []


async def test_a_quarantined_job_is_out_of_the_engines_hands(queue, db):
    job = await running(queue)
    assert await queue.moderation.quarantine(job.id, audit_entry("quarantine", job.id))
    assert not await queue.moderation.quarantine(job.id, audit_entry("quarantine", job.id))
    found = await queue.jobs.get(job.id)
    assert (found.state, found.cancel_requested, found.error_code) == ("quarantined", True, "E_SET_ASIDE")
    assert not await hand_in(queue, job)
    assert (
        await queue.claims.requeue(job.id, job.claim, cause=Requeue.SHUTDOWN, limits=stumble_limits()) is None
    )
    assert await deeds(db) == [("quarantine", job.id)]


async def test_a_deed_without_an_effect_is_not_written_down(queue, db):
    job = await enqueued(queue)
    assert not await queue.delivery.release(job.id, audit_entry=audit_entry("release", job.id))
    assert await queue.delivery.hold(job.id, "a look", audit_entry=audit_entry("hold", job.id))
    assert not await queue.delivery.hold(job.id, "a look", audit_entry=audit_entry("hold", job.id))
    assert not await queue.moderation.unban(GUILD, ANN, audit_entry=audit_entry("unban", "1"))
    assert await deeds(db) == [("hold", job.id)]
