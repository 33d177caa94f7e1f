"""What moderators are asked to decide: once, and within their guild."""

from __future__ import annotations

import asyncio
import time

import pytest

from db.audit.log import Audit
from db.jobs.job import Hold
from db.jobs.review_requests import CaseKind
from db.moderation.cases import Decision, Reported
from db.states import State
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, CAT, GUILD, audit_entry, enqueued, hand_in, new_job, rendered
from tests.policies import FAR, retention

PICTURE = "a" * 64


async def held(queue, **changes):
    return (await queue.entry.enqueue(new_job(hold=Hold(reason="words: grumpf"), **changes), FAR)).job


async def delivered(queue, user=ANN, guild=GUILD, message=50, **changes):
    job = await rendered(queue, user=user, guild=guild, **changes)
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, message)
    return await queue.jobs.get(job.id)


async def deeds(db):
    return [(entry.action, entry.target) for entry in await Audit(db).entries(GUILD)]


async def test_a_job_that_is_held_from_the_start_waits_for_a_decision(queue):
    job = await held(queue)
    assert (job.state, job.held_reason) == (State.HELD, "words: grumpf")
    assert await queue.claims.claim() is None
    [case] = await queue.cases.due()
    assert (case.job.id, case.kind, case.round, case.open) == (job.id, CaseKind.REVIEW, 1, True)


@pytest.mark.parametrize("action", ["approve", "reject"])
async def test_of_many_moderators_one_decides(queue, db, action):
    job = await held(queue)
    more = ["no, thank you"] if action == "reject" else []
    results = await asyncio.gather(
        *(getattr(queue.cases, action)(job.id, 1, audit_entry(action, job.id), *more) for _ in range(10))
    )
    assert sum(result is not None for result in results) == 1
    assert await queue.cases.approve(job.id, 1, audit_entry("approve", job.id)) is None
    assert await queue.cases.reject(job.id, 1, audit_entry("reject", job.id), "no") is None
    found = await queue.jobs.get(job.id)
    assert found.state is (State.QUEUED if action == "approve" else State.REFUSED)
    assert found.error_text == ("no, thank you" if action == "reject" else None)
    assert await deeds(db) == [(action, job.id)]


async def test_another_guilds_moderator_decides_nothing(queue, db):
    job = await held(queue)
    clip = await delivered(queue, BEN)
    await queue.cases.report(clip.id, ANN, "odd", most=10)
    assert await queue.cases.approve(job.id, 1, audit_entry("approve", job.id, guild=200)) is None
    assert await queue.cases.reject(job.id, 1, audit_entry("reject", job.id, guild=200), "no") is None
    assert not await queue.cases.dismiss(clip.id, 1, audit_entry("dismiss", clip.id, guild=200))
    assert await queue.cases.take_down(clip.id, 1, audit_entry("take down", clip.id, guild=200)) is None
    assert (await queue.jobs.get(job.id)).state is State.HELD
    assert (await queue.jobs.get(clip.id)).deleted_at is None


async def test_a_finished_clip_goes_on_to_its_channel_and_is_not_looked_at_twice(queue):
    job = await rendered(queue)
    await queue.delivery.hold(job.id, "nudity")
    went_on = await queue.cases.approve(job.id, 1, audit_entry("approve", job.id))
    assert (went_on.state, went_on.looked_at) == (State.RENDERED, True)


async def test_what_is_approved_before_it_is_drawn_is_looked_at_when_it_is(queue):
    job = await held(queue)
    went_on = await queue.cases.approve(job.id, 1, audit_entry("approve", job.id))
    assert (went_on.state, went_on.looked_at) == (State.QUEUED, False)


async def test_a_button_of_an_earlier_round_does_nothing(queue):
    job = await held(queue)
    await queue.delivery.release(job.id)
    await hand_in(queue, await queue.claims.claim())
    await queue.delivery.hold(job.id, "the clip")
    assert await queue.cases.approve(job.id, 1, audit_entry("approve", job.id)) is None
    assert (await queue.cases.approve(job.id, 2, audit_entry("approve", job.id))).state is State.RENDERED


async def test_a_card_of_a_job_that_went_on_otherwise_is_closed(queue):
    job = await held(queue)
    [case] = await queue.cases.due()
    await queue.cases.record_shown(case, 7, 70)
    assert await queue.cases.due() == []
    await queue.claims.cancel(job.id)
    [case] = await queue.cases.due()
    assert (case.open, case.decision) == (False, None)
    await queue.cases.close(case)
    assert await queue.cases.due() == []


async def test_a_member_reports_a_clip_once_and_a_second_member_is_told_on_the_same_card(queue):
    clip = await delivered(queue)
    assert await queue.cases.report(clip.id, BEN, "odd", most=10) is Reported.NEW
    assert await queue.cases.report(clip.id, BEN, "odd again", most=10) is Reported.ALREADY
    [case] = await queue.cases.due()
    await queue.cases.record_shown(case, 7, 70)
    assert await queue.cases.due() == []
    assert await queue.cases.report(clip.id, CAT, "very odd", most=10) is Reported.NEW
    [case] = await queue.cases.due()
    assert (case.kind, case.round, case.reports, case.message_id) == (CaseKind.REPORT, 1, 2, 70)
    assert await queue.cases.reasons(clip.id) == ["odd", "very odd"]
    assert await queue.cases.dismiss(clip.id, 1, audit_entry("dismiss", clip.id))
    assert not await queue.cases.dismiss(clip.id, 1, audit_entry("dismiss", clip.id))
    [case] = await queue.cases.due()
    assert (case.open, case.decision) == (False, Decision.DISMISSED)


async def test_a_clip_that_is_deleted_already_is_reported_to_nobody(queue):
    clip = await delivered(queue)
    await queue.retention.mark_deleted(clip.id)
    assert await queue.cases.report(clip.id, BEN, "odd", most=10) is Reported.GONE
    assert await queue.cases.due() == []
    assert await queue.cases.reasons(clip.id) == []


async def test_a_takedown_takes_the_stars_and_spares_who_is_never_blocked(queue):
    clip = await delivered(queue)
    await queue.stars.star(clip.id, BEN, interaction=1, most=9)
    await queue.cases.report(clip.id, BEN, "odd", most=10)
    gone = await queue.cases.take_down(
        clip.id, 1, audit_entry("take down", clip.id), never_blocked=frozenset({ANN})
    )
    assert not gone.blocked
    assert await queue.moderation.banned(GUILD, ANN) is None
    assert await queue.stars.stars(clip.id) == 0


async def test_a_takedown_reaches_what_was_made_of_it_and_of_its_picture_and_no_other_guild(queue, db):
    inputs = {"picture": PICTURE}
    clip = await delivered(queue, inputs=inputs, clip="1" * 64)
    reroll = await delivered(queue, BEN, message=51, inputs=inputs, parent=clip.id, clip="2" * 64)
    same_picture = await delivered(queue, CAT, message=52, inputs=inputs, clip="3" * 64)
    other = await delivered(queue, BEN, message=53, clip="4" * 64)
    elsewhere = await delivered(queue, ANN, guild=200, message=54, inputs=inputs, clip="5" * 64)
    waits = await enqueued(queue, ANN)
    remix_of_it = await enqueued(queue, CAT, parent=reroll.id)
    remix_elsewhere = await enqueued(queue, CAT, guild=200, parent=clip.id)
    await queue.cases.report(clip.id, BEN, "odd", most=10)
    gone = await queue.cases.take_down(clip.id, 1, audit_entry("take down", clip.id))
    assert await queue.cases.take_down(clip.id, 1, audit_entry("take down", clip.id)) is None
    assert {job.id for job in gone.jobs} == {
        job.id for job in (clip, reroll, remix_of_it, same_picture, waits)
    }
    assert gone.digests == {PICTURE, "1" * 64, "2" * 64, "3" * 64}
    for job in (remix_of_it, waits):
        assert (await queue.jobs.get(job.id)).state is State.CANCELLED
    for job in (other, elsewhere):
        assert (await queue.jobs.get(job.id)).deleted_at is None
    assert (await queue.jobs.get(remix_elsewhere.id)).state is State.QUEUED
    assert {job.id for job in await queue.cases.taking_down()} == {clip.id, reroll.id, same_picture.id}
    assert await queue.moderation.banned(GUILD, ANN) == "because"
    assert await queue.moderation.banned(GUILD, BEN) is None
    assert await queue.moderation.banned(200, ANN) is None
    assert await deeds(db) == [("take down", clip.id)]
    for job in await queue.cases.taking_down():
        await queue.cases.message_gone(job.id)
    assert await queue.cases.taking_down() == []
    assert PICTURE in await queue.retention.blobs_in_use(retention()), "the other guild still has it"
    assert not {"1" * 64, "2" * 64, "3" * 64} & await queue.retention.blobs_in_use(retention())


async def test_a_member_can_report_only_so_many_clips_of_a_guild_within_a_day(queue):
    clips = [await delivered(queue) for _ in range(4)]
    said = [await queue.cases.report(clip.id, BEN, "odd", most=3) for clip in clips]
    assert said == [Reported.NEW] * 3 + [Reported.TOO_MANY]
    assert len(await queue.cases.due()) == 3
    assert await queue.cases.report(clips[3].id, CAT, "odd", most=3) is Reported.NEW
    CLOCK.now = time.time() + 86_401
    assert await queue.cases.report(clips[3].id, BEN, "odd", most=3) is Reported.NEW
