"""Workers' claims: who gets which job, and what an answer under another claim is worth."""

from __future__ import annotations

import pytest

from db.fleet.worker_claims import CLAIM_FOR, Claim, Standing
from db.fleet.workers import Trust
from db.jobs.claims import CLAIM, Requeue
from db.jobs.ending import CancelOutcome
from db.lanes.residency import MOST_PASSES, SLACK
from db.states import State
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, CAT, GUILD, audit_entry, enqueued, hand_in
from tests.policies import fair_share, stumble_limits
from tests.present import present

CAMERA, WAN = '["camera"]', '["wan"]'
BOTH = (CAMERA, WAN)
ALICE, BOB = "w0000001", "w0000002"
MOST = fair_share().member_running


@pytest.fixture(autouse=True)
def stopped_clock():
    CLOCK.now = 1_000_000.0


async def claimed(queue, worker=ALICE, *, abilities=BOTH, trust=Trust.OWN, last=()):
    return await queue.worker_claims.claim_for(
        worker, seat=worker.title(), trust=trust, abilities=abilities, last=last
    )


async def drawn(queue, worker=ALICE, **changes):
    """A job, the only one that waits, under a worker's claim."""
    job = await enqueued(queue, ability=CAMERA, **changes)
    found = present(await claimed(queue, worker))
    assert found.id == job.id
    return found, Claim(job=found.id, number=found.claim, worker=worker)


async def state_of(queue, job):
    return present(await queue.jobs.get(job.id)).state


async def test_a_worker_is_given_what_it_can_draw_and_the_rest_keeps_its_place(queue):
    wan, camera, old = [await enqueued(queue, ANN, ability=each) for each in (WAN, CAMERA, "")]
    assert sorted(await queue.worker_claims.abilities()) == sorted(BOTH)
    assert await claimed(queue, abilities=()) is None
    job = present(await claimed(queue, abilities=[CAMERA]))
    assert (job.id, job.worker, job.seat, job.claim) == (camera.id, ALICE, "W0000001", 1)
    assert await claimed(queue, abilities=[CAMERA]) is None
    assert [await queue.jobs.position(each.id) for each in (wan, old)] == [1, 2]
    # What no worker can draw, and what was asked for before abilities were written down, is drawn here.
    assert [present(await queue.claims.claim()).id for _ in range(2)] == [wan.id, old.id]


async def test_an_engine_of_the_bot_leaves_to_others_what_it_cannot_draw(queue):
    wan, camera = [await enqueued(queue, ANN, ability=each) for each in (WAN, CAMERA)]
    assert present(await queue.claims.claim(unable=[WAN])).id == camera.id
    assert await queue.claims.claim(unable=[WAN], last=[wan.id]) is None
    assert present(await claimed(queue)).id == wan.id


async def test_workers_and_engines_of_the_bot_share_one_fair_order(queue):
    jobs = [await enqueued(queue, user, ability=CAMERA) for user in (ANN, BEN, CAT)]
    first = present(await claimed(queue))
    second = present(await queue.claims.claim(seat="GPU 0"))
    third = present(await claimed(queue, BOB))
    assert [job.id for job in (first, second, third)] == [job.id for job in jobs]
    assert [job.worker for job in (first, second, third)] == [ALICE, None, BOB]


async def test_what_a_worker_failed_in_comes_after_all_others_for_it(queue):
    first, second = [await enqueued(queue, ANN, ability=CAMERA) for _ in range(2)]
    assert present(await claimed(queue, last=[first.id])).id == second.id
    assert present(await claimed(queue, last=[first.id])).id == first.id


@pytest.mark.parametrize("sql", [CLAIM, CLAIM_FOR])
async def test_a_claim_reads_the_waiting_jobs_in_their_order_and_sorts_nothing(db, sql):
    words = dict.fromkeys(("lane", "seat", "worker", "engines", "trust"), "")
    given = {**words, **dict.fromkeys(("last", "left", "unable", "abilities"), "[]"), "now": 0, "most": 2}
    plan = [row["detail"] for row in await db.read("EXPLAIN QUERY PLAN " + sql, given)]
    assert len([step for step in plan if "job USING INDEX job_in_turn (lane=?)" in step]) == 2
    assert not [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
    assert sum("ORDER BY" in step for step in plan) <= 1  # of the few that go last


async def test_no_member_holds_every_gpu_while_others_wait(queue):
    for _ in range(MOST + 2):
        await enqueued(queue, ANN, ability=CAMERA)
    for _ in range(MOST):
        await claimed(queue)
    CLOCK.now = 1_010_000.0
    other = await enqueued(queue, BEN, ability=CAMERA)
    assert present(await claimed(queue, BOB)).id == other.id
    assert present(await claimed(queue, BOB)).user_id == ANN


@pytest.mark.parametrize(
    ("allowed", "worker", "picture", "gets"),
    [
        (None, Trust.OWN, True, True),
        (None, Trust.FRIEND, False, False),
        (None, Trust.PUBLIC, False, False),
        (Trust.FRIEND, Trust.FRIEND, True, True),
        (Trust.FRIEND, Trust.PUBLIC, False, False),
        (Trust.PUBLIC, Trust.FRIEND, True, True),
        (Trust.PUBLIC, Trust.PUBLIC, False, True),
        (Trust.PUBLIC, Trust.PUBLIC, True, False),
    ],
)
async def test_a_server_decides_whose_machines_see_its_jobs(queue, allowed, worker, picture, gets):
    if allowed is not None:
        await queue.remote_guilds.set_trust(allowed, audit_entry("remote"))
        assert await queue.remote_guilds.trust_of(GUILD) is allowed
    await enqueued(queue, ability=CAMERA, inputs={"picture": "a" * 64} if picture else {})
    assert (await claimed(queue, trust=worker) is not None) is gets


@pytest.mark.parametrize(("trust", "gets"), [(Trust.PUBLIC, False), (Trust.FRIEND, True), (Trust.OWN, True)])
async def test_a_clip_that_only_its_member_sees_is_not_drawn_by_anybody(queue, trust, gets):
    await queue.remote_guilds.set_trust(Trust.PUBLIC, audit_entry("remote"))
    await enqueued(queue, ability=CAMERA, private=True)
    assert (await claimed(queue, trust=trust) is not None) is gets


async def test_a_server_that_takes_its_word_back_is_drawn_at_the_owners_only(queue):
    await queue.remote_guilds.set_trust(Trust.PUBLIC, audit_entry("remote"))
    await queue.remote_guilds.set_trust(Trust.OWN, audit_entry("remote"))
    await enqueued(queue, ability=CAMERA)
    assert await claimed(queue, trust=Trust.FRIEND) is None


@pytest.mark.parametrize("wrong", ["number", "worker", "engine"])
async def test_nobody_writes_about_the_claim_of_another(queue, wrong):
    job, _ = await drawn(queue)
    number = job.claim + (wrong == "number")
    worker = {"number": ALICE, "worker": BOB, "engine": None}[wrong]
    given = {"worker": worker}
    claims = queue.claims
    assert not await claims.fail(job.id, number, code="E", **given)
    assert not await claims.finish_cancel(job.id, number, **given)
    limits = stumble_limits()
    assert await claims.requeue(job.id, number, cause=Requeue.BAD, limits=limits, **given) is None
    assert not await queue.sheets.save(job.id, number, {1: "b" * 64}, **given)
    clip = {"clip_sha256": "c" * 64, "clip_size": 1, "receipt": "{}"}
    seconds = {"gpu_seconds": 1.0, "charged_seconds": 1.0}
    assert not await claims.hand_in(job.id, number, **clip, **seconds, **given)
    stale = Claim(job=job.id, number=number, worker=worker or "")
    assert await queue.worker_claims.lose(stale, anew=True, blamed=True, losses=1, faults=99) is None
    assert await queue.worker_claims.adopt(stale) is None
    assert await queue.worker_claims.standing(stale) == (Standing.STALE, None)
    assert present(await queue.jobs.get(job.id)) == job


async def test_its_own_worker_writes_about_a_claim(queue):
    job, claim = await drawn(queue)
    await queue.worker_claims.note([(claim, "drawing", 0.5, 2)])
    await queue.worker_claims.note([(Claim(job=job.id, number=1, worker=BOB), "encoding", 0.9, 3)])
    found = present(await queue.jobs.get(job.id))
    assert (found.stage, found.fraction, found.take) == ("drawing", 0.5, 2)
    assert await queue.sheets.save(job.id, job.claim, {1: "b" * 64}, worker=ALICE)
    assert await queue.claims.hand_in(
        job.id,
        job.claim,
        clip_sha256="c" * 64,
        clip_size=1,
        receipt="{}",
        gpu_seconds=1.0,
        charged_seconds=1.0,
        worker=ALICE,
    )
    assert (await queue.worker_claims.standing(claim))[0] is Standing.KEPT
    assert await queue.worker_claims.adopt(claim) is None


async def test_a_worker_never_writes_about_what_an_engine_of_the_bot_draws(queue):
    await enqueued(queue, ability=CAMERA)
    job = present(await queue.claims.claim())
    assert not await queue.claims.fail(job.id, job.claim, code="E", worker=ALICE)
    assert await hand_in(queue, job)


async def test_a_lost_job_goes_to_the_front_and_may_be_taken_up_again_until_another_has_it(queue):
    job, claim = await drawn(queue)
    before = await enqueued(queue, BEN, ability=CAMERA)
    assert await queue.worker_claims.lose(claim, losses=1, faults=99) is State.QUEUED
    assert await queue.jobs.position(job.id) == 1
    assert (await queue.worker_claims.standing(claim))[0] is Standing.FREE
    again = present(await queue.worker_claims.adopt(claim))
    assert (again.state, again.claim, again.worker, again.losses) == (State.RUNNING, 1, ALICE, 0)
    assert (await queue.worker_claims.standing(claim))[0] is Standing.RUNS
    assert present(await queue.worker_claims.adopt(claim)).id == job.id  # said twice is as good as once
    await queue.worker_claims.lose(claim, losses=1, faults=99)
    assert present(await claimed(queue, BOB)).id == job.id
    assert await queue.worker_claims.adopt(claim) is None
    assert (await queue.worker_claims.standing(claim))[0] is Standing.STALE
    assert await state_of(queue, before) is State.QUEUED


async def test_the_same_worker_is_not_given_its_old_number_back_once_it_has_a_new_one(queue):
    job, claim = await drawn(queue)
    await queue.worker_claims.lose(claim, anew=True, blamed=True, losses=9, faults=99)
    assert present(await claimed(queue)).claim == 2
    assert await queue.worker_claims.adopt(claim) is None
    assert await state_of(queue, job) is State.RUNNING


@pytest.mark.parametrize("asked", ["while it runs", "after it was lost"])
async def test_a_cancelled_job_is_cancelled_at_once_and_is_not_taken_up_again(queue, asked):
    job, claim = await drawn(queue)
    if asked == "after it was lost":
        await queue.worker_claims.lose(claim, losses=4, faults=99)
    assert await queue.claims.cancel(job.id) is CancelOutcome.DONE
    assert await queue.worker_claims.adopt(claim) is None
    assert (await queue.worker_claims.standing(claim))[0] is Standing.CANCELLED
    assert await queue.worker_claims.lose(claim, anew=True, blamed=True, losses=1, faults=99) is None


async def test_silences_are_nobodys_fault_and_programs_that_begin_anew_set_a_job_aside(queue):
    job, claim = await drawn(queue)
    for _ in range(9):
        await queue.worker_claims.lose(claim, losses=2, faults=99)
        await queue.worker_claims.adopt(claim)
    assert await queue.worker_claims.lose(claim, anew=True, blamed=True, losses=2, faults=99) is State.QUEUED
    await queue.worker_claims.adopt(claim)
    assert (
        await queue.worker_claims.lose(claim, anew=True, blamed=True, losses=2, faults=99)
        is State.QUARANTINED
    )
    assert (await queue.worker_claims.standing(claim))[0] is Standing.FAILED
    found = present(await queue.moderation.retry(job.id, audit_entry("retry", job.id)))
    assert (found.losses, found.worker) == (0, None)
    assert await queue.worker_claims.adopt(claim) is None


async def test_a_start_leaves_running_what_workers_draw_if_workers_may_draw(queue):
    far, claim = await drawn(queue)
    await enqueued(queue)
    near = present(await queue.claims.claim())
    found = await queue.claims.recover(limits=stumble_limits(), workers=True)
    assert ([job.id for job in found.elsewhere], [job.id for job in found.requeued]) == ([far.id], [near.id])
    assert [claim.job for claim in await queue.worker_claims.running()] == [far.id]
    assert present(await queue.worker_claims.adopt(claim)).id == far.id


async def test_a_start_without_workers_takes_back_what_they_drew_at_nobodys_charge(queue):
    far, _ = await drawn(queue)
    found = await queue.claims.recover(limits=stumble_limits(), by_itself=True)
    assert [job.id for job in found.requeued] == [far.id]
    row = present(await queue.jobs.get(far.id))
    assert (row.state, row.stumbles, row.crashes, row.restarts, row.losses) == (State.QUEUED, 0, 0, 0, 0)


@pytest.mark.parametrize("cause", [Requeue.BAD, Requeue.LOST])
async def test_what_a_worker_does_wrong_costs_the_job_nothing(queue, cause):
    job, _ = await drawn(queue)
    limits = stumble_limits(crashes=0, restarts=0, goes_last=1)
    for _ in range(5):
        state = await queue.claims.requeue(job.id, job.claim, cause=cause, limits=limits, worker=ALICE)
        assert state is State.QUEUED
        assert await queue.jobs.position(job.id) == 1
        job = present(await claimed(queue))
    assert (job.claim, job.stumbles, job.crashes, job.losses) == (6, 0, 0, 0)


async def test_where_no_worker_draws_no_progress_is_written(queue, db):
    before = db.calls
    await queue.worker_claims.note([])
    assert db.calls == before


async def test_a_worker_draws_first_what_its_loaded_model_can_and_passes_only_what_it_may_have(queue, db):
    CLOCK.now = 1_000_000.0
    here = await enqueued(queue, ANN, engine="ltx", ability="")
    other = await enqueued(queue, BEN, engine="camera", ability=CAMERA)
    CLOCK.now += SLACK
    alike = await enqueued(queue, CAT, engine="wan", ability=WAN)
    late = CLOCK.now = CLOCK.now + 1
    found = await queue.worker_claims.claim_for(
        ALICE, seat="alice", trust=Trust.OWN, abilities=BOTH, resident="wan"
    )
    assert present(found).id == alike.id
    assert present(found).started_at == late
    passed = {row["id"]: row["passed"] for row in await db.read("SELECT id, passed FROM job")}
    assert (passed[other.id], passed[here.id]) == (1, 0)  # what it could not have drawn, it has not passed
    assert present(await claimed(queue)).id == other.id


async def test_a_worker_passes_a_job_five_times_at_most(queue):
    other = await enqueued(queue, ANN, engine="camera", ability=CAMERA)
    alike = [await enqueued(queue, user, engine="wan", ability=WAN) for user in range(11, 12 + MOST_PASSES)]
    found = [
        present(
            await queue.worker_claims.claim_for(
                ALICE, seat="alice", trust=Trust.OWN, abilities=BOTH, resident="wan"
            )
        ).id
        for _ in range(MOST_PASSES + 2)
    ]
    assert found == [*(job.id for job in alike[:MOST_PASSES]), other.id, alike[-1].id]
