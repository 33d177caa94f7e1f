"""What is still needed."""

from __future__ import annotations

import json

import pytest

from bot.serving_policies import for_clock
from db.jobs.choices import NewDraft
from db.jobs.retention import _PAST_TIMES, DAY
from db.privacy.departed_guilds import Guilds
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, CLIP, GUILD, audit_entry, enqueued, hand_in, rendered, running
from tests.policies import DEFAULTS, retention

PICTURE = "a" * 64
T = 1_000_000.0


async def test_the_blobs_of_a_job_on_its_way_are_in_use(queue):
    assert await queue.retention.blobs_in_use(retention()) == set()
    await enqueued(queue, inputs={"picture": PICTURE})
    assert await queue.retention.blobs_in_use(retention(inputs_days=0)) == {PICTURE}


async def test_what_a_job_is_drawn_from_is_named_until_it_has_ended_though_it_was_taken_down(queue):
    job = await running(queue, inputs={"picture": PICTURE})
    await queue.retention.mark_deleted(job.id)
    assert await queue.retention.named_files() == {PICTURE}
    await queue.claims.cancel(job.id)
    await queue.claims.finish_cancel(job.id, job.claim)
    assert await queue.retention.named_files() == set()


async def test_a_clip_is_in_use_on_all_of_its_way(queue):
    job = await rendered(queue)
    assert await queue.retention.blobs_in_use(retention()) == {CLIP}
    await queue.delivery.hold(job.id, "a review")
    assert await queue.retention.blobs_in_use(retention()) == {CLIP}
    await queue.delivery.release(job.id)
    await queue.delivery.begin_posting(job.id)
    assert await queue.retention.blobs_in_use(retention()) == {CLIP}
    await queue.delivery.record_posted(job.id, 5)
    assert await queue.retention.blobs_in_use(retention()) == {CLIP}
    assert await queue.retention.blobs_in_use(retention(clips_days=0)) == set()


async def test_a_delivered_clip_is_kept_for_some_days_unless_it_is_taken_down(queue):
    job = await rendered(queue)
    await queue.delivery.begin_posting(job.id)
    CLOCK.now = T
    await queue.delivery.record_posted(job.id, 5)
    CLOCK.now = T + 6 * DAY
    assert await queue.retention.blobs_in_use(retention()) == {CLIP}
    CLOCK.now = T + 7 * DAY
    assert await queue.retention.blobs_in_use(retention()) == set()
    CLOCK.now = T
    await queue.retention.mark_deleted(job.id)
    assert await queue.retention.blobs_in_use(retention()) == set()


@pytest.mark.parametrize("code", ["E_CHANNEL", "E_POST", "E_TOO_LARGE"])
async def test_a_clip_that_reached_nobody_is_kept_for_its_member(queue, code):
    job = await rendered(queue)
    CLOCK.now = T
    await queue.claims.fail(job.id, None, code=code)
    CLOCK.now = T + 6 * DAY
    assert await queue.retention.blobs_in_use(retention()) == {CLIP}
    CLOCK.now = T + 7 * DAY
    assert await queue.retention.blobs_in_use(retention()) == set()


@pytest.mark.parametrize("code", ["E_CLIP", "E_ENGINE"])
async def test_a_clip_of_no_use_is_not_kept(queue, code):
    job = await rendered(queue)
    await queue.claims.fail(job.id, None, code=code)
    assert await queue.retention.blobs_in_use(retention()) == set()


async def test_the_inputs_of_an_ended_job_are_kept_for_some_days(queue):
    job = await enqueued(queue, inputs={"picture": PICTURE})
    CLOCK.now = T
    await queue.claims.cancel(job.id)
    CLOCK.now = T + 6 * DAY
    assert await queue.retention.blobs_in_use(retention()) == {PICTURE}
    CLOCK.now = T + 7 * DAY
    assert await queue.retention.blobs_in_use(retention()) == set()
    CLOCK.now = T + 2 * DAY
    assert await queue.retention.blobs_in_use(retention(inputs_days=2)) == set()


async def test_a_clip_that_was_taken_down_takes_its_inputs_along(queue):
    job = await enqueued(queue, inputs={"picture": PICTURE})
    CLOCK.now = T
    await queue.claims.cancel(job.id)
    assert await queue.retention.mark_deleted(job.id)
    assert not await queue.retention.mark_deleted(job.id)
    assert (await queue.jobs.get(job.id)).deleted_at == T
    assert await queue.retention.blobs_in_use(retention()) == set()


async def delivered(queue):
    job = await rendered(queue)
    await queue.delivery.begin_posting(job.id)
    CLOCK.now = T
    await queue.delivery.record_posted(job.id, 5)
    return job


async def test_a_star_keeps_a_clip_and_not_what_it_was_made_from(queue):
    job = await enqueued(queue, inputs={"picture": PICTURE})
    job = await queue.claims.claim()
    CLOCK.now = T
    await hand_in(queue, job)
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 5)
    CLOCK.now = T + DAY
    await queue.stars.star(job.id, ANN, interaction=1, most=5)
    CLOCK.now = T + 90 * DAY
    assert await queue.retention.blobs_in_use(retention()) == {CLIP}
    CLOCK.now = T + 91 * DAY
    assert await queue.retention.blobs_in_use(retention()) == set()
    CLOCK.now = T + 30 * DAY
    assert await queue.retention.blobs_in_use(retention(starred_days=20)) == set()
    CLOCK.now = T + 2 * DAY
    await queue.stars.star(job.id, ANN, interaction=2, most=5)
    CLOCK.now = T + 30 * DAY
    assert await queue.retention.blobs_in_use(retention()) == set(), "the star was taken back"


async def test_a_starred_clip_that_is_taken_down_goes(queue):
    job = await delivered(queue)
    CLOCK.now = T
    await queue.stars.star(job.id, BEN, interaction=1, most=5)
    await queue.retention.mark_deleted(job.id)
    assert await queue.retention.blobs_in_use(retention()) == set()


async def test_pictures_of_discarded_takes_go_with_the_inputs_that_they_show(queue):
    await enqueued(queue)
    job = await queue.claims.claim()
    CLOCK.now = T
    await queue.sheets.save(job.id, job.claim, {1: "d" * 64})
    await queue.claims.finish_cancel(job.id, job.claim)
    for days, kept in [({}, 7), ({"sheets_days": 3}, 3), ({"inputs_days": 2}, 2)]:
        CLOCK.now = T + (kept - 1) * DAY
        assert await queue.retention.blobs_in_use(retention(**days)) == {"d" * 64}
        CLOCK.now = T + kept * DAY
        assert await queue.retention.blobs_in_use(retention(**days)) == set()
    CLOCK.now = T
    await queue.retention.mark_deleted(job.id)
    assert await queue.retention.blobs_in_use(retention()) == set()


MONTH = 30 * DAY
AMOUNTS = {
    *("fraction", "gpu_seconds", "charged_seconds", "booked", "expected", "foretold", "ratio", "seconds"),
    *("usage", "day", "newcomer_days"),
}
AHEAD = {"due", "retry_at", "due_at", "choose_until", "until"}


async def test_every_time_is_mended_after_the_clock_was_set_back(db, queue):
    """A new column with a time has to be known to the mending, which finds those that tell of the past."""
    mended = {(row["part"], time) for row in await db.read(_PAST_TIMES) for time in json.loads(row["times"])}
    held = await db.read(
        "SELECT main.name AS part, held.name AS held FROM sqlite_master AS main "
        "JOIN pragma_table_info(main.name) AS held WHERE main.type = 'table' AND held.type = 'REAL'"
    )
    times = {(row["part"], row["held"]) for row in held if row["held"] not in AMOUNTS}
    assert {(part, time) for part, time in times - mended if time not in AHEAD} == {("audit", "at")}


async def test_nobody_waits_for_a_time_that_a_wrong_clock_has_written(db, queue):
    CLOCK.now = T + MONTH
    failed = await running(queue, user=ANN, private=True, token="1:a")
    await queue.claims.fail(failed.id, failed.claim, code="E_X")
    await queue.owed.later(failed.id, 10)
    told = await running(queue, user=BEN, private=True, token="1:b")
    await queue.claims.fail(told.id, told.claim, code="E_X")
    await queue.owed.said(told.id)
    held = await enqueued(queue)
    await queue.delivery.hold(held.id, "a review")
    [case] = await queue.cases.due()
    await queue.cases.postpone(case, 60)
    choice = await enqueued(queue, takes=2)
    await queue.choices.begin(choice.id, [NewDraft(recipe="{}", profile="p", seed=1)])
    await queue.choices.shown(choice.id, 7, 8, choose_until=CLOCK() + 900)
    await queue.contests.start(7, "cats", CLOCK() + DAY, audit_entry("contest"))
    await Guilds(db, clock=CLOCK).record_left(5)
    CLOCK.now = T
    longest = for_clock(DEFAULTS)
    assert await queue.retention.mend_times(longest)
    assert [job.id for job, _ in await queue.owed.due()] == [failed.id]
    assert [one.job.id for one in await queue.cases.due()] == [held.id]
    assert (await queue.jobs.get(choice.id)).choose_until == T + longest.choosing
    assert (await queue.contests.running(GUILD)).until == T + DAY
    CLOCK.now = T + DAY
    assert await Guilds(db, clock=CLOCK).to_forget(days=0.5) == [5]
    assert await queue.retention.mend_times(longest) == 0


async def test_small_facts_are_kept(queue):
    assert await queue.meta.get("commands") is None
    await queue.meta.set("commands", "1")
    await queue.meta.set("commands", "2")
    assert await queue.meta.get("commands") == "2"
