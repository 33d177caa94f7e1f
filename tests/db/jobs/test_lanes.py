"""Several engines: what is drawn elsewhere has a queue of its own, and no member takes all of one."""

from __future__ import annotations

import pytest

from db.jobs.claims import Requeue
from db.jobs.queries import Ahead
from db.states import State
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, CAT, GUILD, audit_entry, enqueued, hand_in
from tests.policies import fair_share, stumble_limits
from tests.present import present

FAR_AWAY = "comfyui"
MOST = fair_share().member_running
T = 1_000_000.0
LATER = T + 10_000.0


@pytest.fixture(autouse=True)
def stopped_clock():
    CLOCK.now = T


async def test_each_lane_has_an_order_of_its_own(queue):
    here = [await enqueued(queue, ANN) for _ in range(3)]
    there = [await enqueued(queue, BEN, lane=FAR_AWAY, engine="comfyui/wan") for _ in range(2)]
    assert [await queue.jobs.position(job.id) for job in (*here, *there)] == [1, 2, 3, 1, 2]
    assert await queue.jobs.ahead(there[1].id) == Ahead(jobs=1, running=0, by_member_self=1)
    first = present(await queue.claims.claim(lane=FAR_AWAY, seat="the attic"))
    assert (first.id, first.seat) == (there[0].id, "the attic")
    assert await queue.jobs.ahead(there[1].id) == Ahead(jobs=0, running=1, by_member_self=0)
    assert await queue.jobs.ahead(here[0].id) == Ahead(jobs=0, running=0, by_member_self=0)
    assert [turn.lane for turn in await queue.jobs.order()] == ["", FAR_AWAY, "", ""]
    assert [present(await queue.claims.claim()).id for _ in here] == [job.id for job in here]
    assert await queue.claims.claim() is None


async def test_a_server_is_given_only_what_it_can_draw_and_the_rest_keeps_its_place(queue):
    wan, ltx = [
        await enqueued(queue, ANN, lane=FAR_AWAY, engine=f"comfyui/{each}") for each in ("wan", "ltx")
    ]
    assert await queue.claims.claim(lane=FAR_AWAY, engines=[]) is None
    assert present(await queue.claims.claim(lane=FAR_AWAY, engines=["comfyui/ltx"])).id == ltx.id
    assert await queue.claims.claim(lane=FAR_AWAY, engines=["comfyui/ltx"]) is None
    assert await queue.jobs.position(wan.id) == 1
    last = present(await queue.claims.claim(lane=FAR_AWAY, engines=["comfyui/wan"], last=[wan.id]))
    assert last.id == wan.id


async def test_no_member_runs_more_than_some_jobs_while_others_wait(queue):
    mine = [await enqueued(queue, ANN) for _ in range(MOST + 2)]
    for job in mine[:MOST]:
        assert present(await queue.claims.claim()).id == job.id
    other_guild = await enqueued(queue, ANN, 200)
    for user in (BEN, CAT):
        CLOCK.now = LATER  # long after they were due
        waits = await enqueued(queue, user)
        assert present(await queue.claims.claim()).id == waits.id
    # Nobody else waits, so no engine stands idle; and what goes last still does.
    claimed = [present(await queue.claims.claim(last=[mine[MOST].id])).id for _ in range(3)]
    assert set(claimed) == {mine[MOST].id, mine[MOST + 1].id, other_guild.id}
    assert claimed[-1] == mine[MOST].id


async def test_what_a_member_runs_in_one_lane_is_not_held_against_them_in_another(queue):
    for _ in range(MOST):
        await enqueued(queue, ANN, lane=FAR_AWAY)
        await queue.claims.claim(lane=FAR_AWAY)
    mine = await enqueued(queue, ANN)
    CLOCK.now = LATER
    await enqueued(queue, BEN)
    assert mine.due == mine.created_at  # nor is what they have waiting there
    assert present(await queue.claims.claim()).id == mine.id


async def test_moderators_move_a_job_within_its_lane(queue):
    here = [await enqueued(queue, ANN), await enqueued(queue, BEN)]
    there = [await enqueued(queue, each, lane=FAR_AWAY) for each in (ANN, BEN, CAT)]
    assert await queue.moderation.move(there[2].id, 1, audit_entry("move"))
    assert [await queue.jobs.position(job.id) for job in (*here, *there)] == [1, 2, 2, 3, 1]
    assert await queue.moderation.move(here[1].id, 1, audit_entry("move"))
    assert [await queue.jobs.position(job.id) for job in (*here, *there)] == [2, 1, 2, 3, 1]
    assert not await queue.moderation.move(here[0].id, 1, audit_entry("move", guild=GUILD + 1))
    assert len(await queue.moderation.clear(audit_entry("clear"))) == 5


async def test_what_goes_last_goes_last_in_its_lane_only(queue):
    CLOCK.now = LATER
    far = await enqueued(queue, BEN)
    CLOCK.now = T
    job = await enqueued(queue, ANN, lane=FAR_AWAY)
    claimed = present(await queue.claims.claim(lane=FAR_AWAY))
    limits = stumble_limits(crashes=1)
    await queue.claims.requeue(job.id, claimed.claim, cause=Requeue.CRASH, limits=limits)
    assert present(await queue.jobs.get(job.id)).due == job.due < far.due


async def test_times_and_errors_of_forecasts_are_learnt_lane_by_lane(queue):
    slow = await enqueued(queue, ANN, lane=FAR_AWAY, profile="comfyui/wan")
    await queue.entry.record_answer(slow.id, 7, 8, foretold=10.0, ahead=0)
    CLOCK.now = T + 500.0
    await hand_in(queue, await queue.claims.claim(lane=FAR_AWAY), seconds=500.0)
    assert await queue.jobs.render_times(None) == []
    assert [each.seconds for each in await queue.jobs.render_times(None, lane=FAR_AWAY)] == [500.0]
    assert await queue.jobs.forecast_ratios(0, 9) == []
    assert await queue.jobs.forecast_ratios(0, 9, lane=FAR_AWAY) == [50.0]
    assert (await enqueued(queue, BEN, profile="unknown")).expected < 100
    assert (await enqueued(queue, BEN, profile="unknown", lane=FAR_AWAY)).expected == 500.0


@pytest.mark.parametrize(("seat", "guilty"), [("GPU 0", True), ("GPU 1", False)])
async def test_an_engine_that_ends_in_each_job_blames_none_because_another_works(queue, seat, guilty):
    """GPU 0 ends in a job again and again. In between, others are drawn on ``seat``."""
    limits = stumble_limits(crashes=1, restarts=100)
    job = await enqueued(queue, ANN)
    for second in range(3):
        claimed = present(await queue.claims.claim(seat="GPU 0"))
        state = await queue.claims.requeue(job.id, claimed.claim, cause=Requeue.CRASH, limits=limits)
        CLOCK.now = T + 2 * second + 1
        await enqueued(queue, BEN)
        drawn = present(await queue.claims.claim(seat=seat, last=[job.id]))
        await hand_in(queue, drawn)
        CLOCK.now = T + 2 * second + 2
        if state is State.QUARANTINED:
            break
    assert (state is State.QUARANTINED) is guilty
