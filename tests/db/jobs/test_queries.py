"""Questions about the queue."""

from __future__ import annotations

import pytest

from db.errors import CannotWrite
from db.jobs.queries import Ahead
from db.states import State
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, GUILD, enqueued, rendered, running
from tests.policies import FAR


async def test_an_unknown_job_is_none(queue):
    assert await queue.jobs.get("0" * 16) is None
    assert await queue.jobs.position("0" * 16) is None
    assert await queue.jobs.running() == []


async def test_a_members_jobs_come_newest_first(queue):
    asked = [(await enqueued(queue)).id for _ in range(4)]
    await enqueued(queue, BEN)
    await enqueued(queue, ANN, 200)
    assert [job.id for job in await queue.jobs.jobs_of(ANN, GUILD, limit=3)] == asked[:0:-1]


async def test_a_page_of_everybodys_jobs_leaves_private_ones_to_their_members(queue):
    shown, private = [await enqueued(queue, ANN, private=each) for each in (False, True)]
    assert await queue.jobs.page_of(GUILD, None, after=None, limit=9) == [shown]
    assert await queue.jobs.page_of(GUILD, None, after=private.id, limit=9) is None
    assert await queue.jobs.page_of(GUILD, ANN, after=None, limit=9) == [private, shown]


async def test_waiting_can_be_asked_for_a_guild_and_cut(queue):
    for user, guild in ((ANN, GUILD), (BEN, 200), (BEN, GUILD)):
        await enqueued(queue, user, guild)
    assert [job.user_id for job in await queue.jobs.waiting(GUILD)] == [ANN, BEN]
    assert len(await queue.jobs.waiting(limit=2)) == 2


async def test_ahead_counts_others_own_and_running(queue):
    await running(queue, user=BEN)
    for user in (ANN, ANN, BEN):
        await enqueued(queue, user)
    last = (await queue.jobs.waiting())[-1]
    mine = (await queue.jobs.waiting())[1]
    assert await queue.jobs.ahead(mine.id) == Ahead(
        jobs=1, running=1, by_member_self=int(mine.user_id == ANN)
    )
    assert (await queue.jobs.ahead(last.id)).jobs == 2


async def test_nothing_is_ahead_of_what_does_not_wait(queue):
    job = await running(queue)
    await enqueued(queue)
    assert await queue.jobs.ahead(job.id) == Ahead(jobs=0, running=1, by_member_self=0)


async def test_counts_name_every_state(queue):
    await rendered(queue)
    await enqueued(queue)
    await enqueued(queue, guild=200)
    assert await queue.jobs.counts(GUILD) == {
        **dict.fromkeys(State, 0),
        State.RENDERED: 1,
        State.QUEUED: 1,
    }
    assert (await queue.jobs.counts())[State.QUEUED] == 2


async def test_of_two_that_run_the_one_that_is_drawn_is_first(queue):
    await enqueued(queue)
    drawn = await enqueued(queue)
    CLOCK.now = 10.0
    await queue.claims.claim()
    CLOCK.now = 20.0
    await queue.claims.claim()
    assert (await queue.jobs.running())[0].id == drawn.id


async def test_a_job_is_found_by_the_start_of_its_id_in_its_own_guild_only(queue):
    job = await enqueued(queue)
    assert (await queue.jobs.find(GUILD, job.id[:6])).id == job.id
    assert (await queue.jobs.find(GUILD, job.id)).id == job.id
    assert await queue.jobs.find(GUILD + 1, job.id) is None
    assert await queue.jobs.find(GUILD, "%") is None
    assert await queue.jobs.find(GUILD, job.id[:6] + "' OR 1") is None


async def test_the_order_is_that_of_the_waiting_jobs_with_their_profiles(queue):
    for user in (ANN, BEN, ANN):
        await enqueued(queue, user, profile=f"profile {user}")
    waiting = await queue.jobs.waiting()
    order = await queue.jobs.order()
    assert [(turn.job, turn.profile) for turn in order] == [(job.id, job.profile) for job in waiting]


async def test_questions_are_answered_while_nothing_can_be_written(queue, db):
    job = await enqueued(queue)
    await db.look(lambda connection: connection.execute("PRAGMA query_only = 1"))
    await queue.entry.check_limits(GUILD, ANN, (), FAR)
    assert await queue.jobs.delay(GUILD, ANN) >= 0
    assert [waiting.id for waiting in await queue.jobs.waiting()] == [job.id]
    with pytest.raises(CannotWrite):
        await queue.claims.cancel(job.id)
