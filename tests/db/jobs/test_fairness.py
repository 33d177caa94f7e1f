"""Who is next."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.jobs.claims import Requeue
from db.jobs.fairness import UNKNOWN_SECONDS, charge, log2_sum
from db.jobs.queries import POSITION, WAITING
from db.queue import Queue
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
    running,
)
from tests.policies import FAR, fair_share, pseudonym_of, stumble_limits
from tests.present import present

T = 1_000_000.0
HALF_LIFE = fair_share().half_life
OTHER = 200


async def asked(queue, user=ANN, guild=GUILD, *, at=T, **changes):
    CLOCK.now = at
    return (await queue.entry.enqueue(new_job(user, guild, **changes), limits=FAR)).job


async def order(queue, guild=None):
    """The order in which the queue says that the jobs stand, as members."""
    return [job.user_id for job in await queue.jobs.waiting(guild)]


async def served(queue, now=T):
    """The members in the order in which one engine really serves them, ten seconds a job."""
    users = []
    CLOCK.now = now
    while (job := await queue.claims.claim()) is not None:
        users.append(job.user_id)
        now += 10
        CLOCK.now = now
        await hand_in(queue, job)
    return users


async def book(db, user, seconds, now=T, guild=GUILD):
    await db.write(
        lambda connection: charge(
            connection, guild_id=guild, user_id=user, seconds=seconds, now=now, half_life=HALF_LIFE
        )
    )


async def test_nine_light_members_wait_behind_at_most_two_jobs_of_a_heavy_one(queue):
    heavy, light = 50, range(1, 10)
    for _ in range(30):
        await asked(queue, heavy)
    CLOCK.now = T
    first = await queue.claims.claim()  # the heavy one was alone when the engine took it
    for user in light:
        await asked(queue, user, at=T + 5)
    CLOCK.now = T + 10
    await hand_in(queue, first)
    users = [heavy, *await served(queue, T + 10)]
    for user in light:
        assert users[: users.index(user)].count(heavy) <= 2
    assert users.count(heavy) == 30


async def test_a_burst_of_a_new_member_does_not_stand_before_others_new_ones(queue):
    for second, user in enumerate((ANN, ANN, ANN, BEN, CAT)):
        await asked(queue, user, at=T + second)
    assert await order(queue) == [ANN, BEN, CAT, ANN, ANN]


async def test_a_job_that_runs_counts_as_its_members_turn(queue):
    await asked(queue, ANN)
    CLOCK.now = T
    await queue.claims.claim()
    await asked(queue, ANN, at=T + 1)
    await asked(queue, BEN, at=T + 2)
    assert await order(queue) == [BEN, ANN]


async def test_the_member_who_has_used_less_is_first(queue, db):
    await book(db, ANN, 100)
    await book(db, BEN, 50)
    for user in (ANN, BEN, CAT):
        await asked(queue, user)
    assert await order(queue) == [CAT, BEN, ANN]


async def test_what_a_member_is_charged_counts_and_not_how_long_it_took(queue):
    for user, guild, took, charged in ((ANN, GUILD, 100.0, 1.0), (BEN, OTHER, 50.0, 50.0)):
        job = await running(queue, user=user, guild=guild)
        await hand_in(queue, job, seconds=took, charged=charged)
        assert present(await queue.jobs.get(job.id)).charged_seconds == charged
    for user, guild in ((BEN, OTHER), (ANN, GUILD)):
        await asked(queue, user, guild, at=CLOCK.now)
    assert await order(queue) == [ANN, BEN]


async def test_a_guild_that_has_used_less_is_first(queue, db):
    for member in range(10, 20):
        await book(db, member, 60)
    await asked(queue, ANN)
    await asked(queue, BEN, OTHER, at=T + 1)
    assert await order(queue) == [BEN, ANN]


async def test_a_member_counts_for_more_than_the_guild(queue, db):
    await book(db, CAT, 300)  # the guild of ANN and CAT has used much, ANN nothing
    await book(db, BEN, 100, guild=OTHER)
    for user, guild in ((CAT, GUILD), (BEN, OTHER), (ANN, GUILD)):
        await asked(queue, user, guild)
    assert await order(queue) == [ANN, BEN, CAT]


async def test_use_in_one_guild_does_not_count_against_the_member_in_another(queue, db):
    await book(db, ANN, 100)
    await book(db, BEN, 50, guild=OTHER)
    await book(db, ANN, 10, guild=OTHER)
    for user in (BEN, ANN):
        await asked(queue, user, OTHER)
    assert await order(queue) == [ANN, BEN]


async def test_old_use_fades(queue, db):
    await book(db, ANN, 100, T)
    await book(db, BEN, 60, T + HALF_LIFE)  # ANN's 100 count as 50 by now
    for user in (BEN, ANN):
        await asked(queue, user, at=T + HALF_LIFE)
    assert await order(queue) == [ANN, BEN]


async def test_nobody_stands_back_for_longer_than_the_bounds(queue, db):
    share = fair_share()
    await book(db, ANN, 1e6)
    job = await asked(queue, ANN)
    assert job.due - job.created_at == share.member_most + share.guild_most
    await asked(queue, BEN, OTHER, at=job.due - 1)
    await asked(queue, CAT, OTHER, at=job.due + 1)
    assert await order(queue) == [BEN, ANN, CAT]


async def test_the_owner_can_turn_the_turns_off(db):
    off = fair_share(member_stretch=0, guild_stretch=0)
    queue = Queue(db, off, pseudonym_of=pseudonym_of, retells=str.__eq__, clock=CLOCK)
    await book(db, ANN, 1e5)
    for second, user in enumerate((ANN, ANN, BEN)):
        await asked(queue, user, at=T + second)
    assert await order(queue) == [ANN, ANN, BEN]


async def test_a_clock_that_was_set_back_by_years_hurts_nobody_for_long(queue, db):
    share = fair_share()
    await book(db, ANN, 10, T)
    job = await asked(queue, ANN, at=T - 10 * 365 * 86_400)
    assert job.due - job.created_at <= share.member_most + share.guild_most


async def test_what_a_render_takes_is_learnt_by_profile(queue):
    assert (await asked(queue)).expected == UNKNOWN_SECONDS
    CLOCK.now = T
    await hand_in(queue, await queue.claims.claim(), seconds=8.0)
    assert (await asked(queue)).expected == 8.0
    assert (await asked(queue, profile="another")).expected == 8.0  # nothing better is known
    await queue.claims.claim()
    await hand_in(queue, await queue.claims.claim(), seconds=20.0)
    assert (await asked(queue, profile="another")).expected == 20.0
    assert (await asked(queue)).expected == 8.0


async def test_precedence_is_first_then_what_was_interrupted(queue):
    await let_wait(queue)
    interrupted = await running(queue, user=ANN, roles=PATIENT)
    await enqueued(queue, BEN, roles=PATIENT)
    await enqueued(queue, CAT)
    await queue.claims.requeue(
        interrupted.id, interrupted.claim, cause=Requeue.ENGINE_DOWN, limits=stumble_limits()
    )
    assert await order(queue) == [CAT, ANN, BEN]


async def test_what_was_interrupted_comes_before_members_who_have_used_less(queue, db):
    interrupted = await running(queue, user=ANN)
    await book(db, ANN, 1000)
    await enqueued(queue, BEN)
    await queue.claims.requeue(
        interrupted.id, interrupted.claim, cause=Requeue.SHUTDOWN, limits=stumble_limits()
    )
    assert await order(queue) == [ANN, BEN]


async def test_a_members_own_jobs_are_first_come_first_served(queue):
    mine = [(await enqueued(queue)).id for _ in range(5)]
    assert [job.id for job in await queue.jobs.waiting()] == mine


async def test_claim_waiting_and_position_say_the_same(queue, db):
    chance = random.Random(4)
    for user in range(6):
        await book(db, user, chance.uniform(1, 100))
    for guild in (GUILD, OTHER):
        await let_wait(queue, guild)
    for _ in range(40):
        roles = chance.choice([PATIENT, frozenset()])
        await asked(queue, chance.randrange(6), chance.choice([GUILD, OTHER]), roles=roles)
    await queue.moderation.pause(audit_entry("pause", guild=OTHER))
    while (waiting := await queue.jobs.waiting()) and waiting[0].guild_id == GUILD:
        assert [await queue.jobs.position(job.id) for job in waiting[:3]] == list(
            range(1, len(waiting[:3]) + 1)
        )
        claimed = await queue.claims.claim()
        assert claimed.id == waiting[0].id
        assert await queue.jobs.position(claimed.id) is None
        await queue.claims.requeue(
            claimed.id, claimed.claim, cause=Requeue.PROVEN, limits=stumble_limits(crashes=1)
        )
    assert waiting
    assert await queue.claims.claim() is None


@pytest.mark.parametrize("sql", [WAITING, POSITION])
async def test_the_fair_order_reads_no_ended_jobs(db, sql):
    parameters = (0,) if sql is POSITION else {"guild": None, "limit": -1}
    plan = [row["detail"] for row in await db.read("EXPLAIN QUERY PLAN " + sql, parameters)]
    assert any("job USING INDEX job_by_state (state=?)" in step for step in plan)
    assert not [step for step in plan if step.startswith(("SCAN job", "SCAN other"))]


@given(
    st.lists(st.tuples(st.floats(0.1, 1e5), st.floats(0, 30 * HALF_LIFE)), min_size=1, max_size=20),
)
def test_the_kept_logarithm_is_the_decayed_sum(uses):
    kept: float | None = None
    for seconds, at in uses:
        added = math.log2(seconds) + (1e9 + at) / HALF_LIFE
        kept = added if kept is None else log2_sum(kept, added)
    end = 30 * HALF_LIFE
    decayed = sum(seconds * 2 ** ((at - end) / HALF_LIFE) for seconds, at in uses)
    assert 2 ** (present(kept) - (1e9 + end) / HALF_LIFE) == pytest.approx(decayed, rel=1e-6)


async def test_nothing_used_leaves_no_trace(db):
    await book(db, ANN, 0)
    assert await db.read("SELECT usage FROM member UNION SELECT usage FROM guild") == []
