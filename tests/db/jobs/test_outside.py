"""Jobs from outside of guilds: whose limits hold, and that strangers never keep a guild waiting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from db.errors import Limit, LimitReached, MemberBanned
from db.jobs.claims import Requeue
from db.moderation.standing import Standing
from db.privacy.departed_guilds import Guilds
from db.states import DIRECT, STRANGERS, State
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, GUILD, enqueued, new_job
from tests.policies import FAR, stumble_limits
from tests.present import present

T = 1_700_000_000.0


def strangers(**changes):
    return replace(FAR, strangers=replace(FAR.strangers, **changes))


async def test_whatever_a_guild_asks_comes_before_all_that_strangers_have_waiting(queue):
    flood = strangers(all_waiting=1000)
    CLOCK.now = T
    for user in range(100, 130):
        await queue.entry.enqueue(new_job(user, STRANGERS), flood)
    CLOCK.now = T + 3600
    asked = [await enqueued(queue, user) for user in (ANN, BEN)]
    claimed = [present(await queue.claims.claim()) for _ in range(3)]
    assert [job.id for job in claimed[:2]] == [job.id for job in asked]
    assert claimed[2].guild_id == STRANGERS


async def test_an_interrupted_job_of_a_stranger_still_waits_for_every_guild(queue):
    await enqueued(queue, 100, STRANGERS)
    running = present(await queue.claims.claim())
    asked = await enqueued(queue)
    await queue.claims.requeue(running.id, running.claim, cause=Requeue.ENGINE_DOWN, limits=stumble_limits())
    assert present(await queue.claims.claim()).id == asked.id


async def test_all_strangers_together_have_the_engines_of_one_member(queue):
    for user in range(100, 105):
        await enqueued(queue, user, STRANGERS)
    assert [await queue.claims.claim() is not None for _ in range(3)] == [True, True, False]
    await enqueued(queue, 7, DIRECT)
    assert present(await queue.claims.claim()).guild_id == DIRECT


async def test_strangers_fill_no_guilds_queue(queue):
    limits = replace(strangers(all_waiting=4), total_waiting=3)
    for user in range(100, 104):
        await queue.entry.enqueue(new_job(user, STRANGERS), limits)
    with pytest.raises(LimitReached) as caught:
        await queue.entry.enqueue(new_job(104, STRANGERS), limits)
    assert (caught.value.which, caught.value.allowed) == (Limit.STRANGERS_WAITING, 4)
    for user in (ANN, BEN, 3):
        await queue.entry.enqueue(new_job(user), limits)
    with pytest.raises(LimitReached):
        await queue.entry.enqueue(new_job(4), limits)


async def test_a_stranger_has_so_many_clips_in_24_hours_and_hears_when_the_next_may_be(queue):
    limits = strangers(day=2, waiting=1)
    for at in (T, T + 600):
        CLOCK.now = at
        await queue.entry.enqueue(new_job(100, STRANGERS), limits)
        job = present(await queue.claims.claim())
        await queue.claims.hand_in(
            job.id, job.claim, clip_sha256="c" * 64, clip_size=1, receipt="{}",
            gpu_seconds=1.0, charged_seconds=1.0,
        )  # fmt: skip
    CLOCK.now = T + 6 * 3600
    with pytest.raises(LimitReached) as caught:
        await queue.entry.enqueue(new_job(100, STRANGERS), limits)
    assert (caught.value.which, caught.value.allowed) == (Limit.STRANGER_DAY, 2)
    assert caught.value.retry_after == 18 * 3600
    CLOCK.now = T + 24 * 3600
    await queue.entry.enqueue(new_job(100, STRANGERS), limits)
    with pytest.raises(LimitReached) as caught:
        await queue.entry.check_limits(STRANGERS, 100, (), strangers(day=100, waiting=1))
    assert caught.value.which is Limit.PER_MEMBER_WAITING


async def test_members_in_direct_messages_take_turns_like_one_server(queue):
    limits = replace(FAR, per_guild_waiting=2)
    for user in (ANN, BEN):
        await queue.entry.enqueue(new_job(user, DIRECT), limits)
    with pytest.raises(LimitReached) as caught:
        await queue.entry.enqueue(new_job(3, DIRECT), limits)
    assert caught.value.which is Limit.DIRECT_WAITING
    await queue.entry.enqueue(new_job(3, GUILD), limits)


async def test_who_is_banned_in_any_guild_is_banned_outside_of_all(queue, db):
    waits = await enqueued(queue, ANN, DIRECT)
    stopped = await queue.moderation.ban(GUILD, ANN, by=9, reason="spam")
    assert [(job.id, job.state) for job in stopped] == [(waits.id, State.CANCELLED)]
    standing = Standing(db, pseudonym_of=lambda user: -user)
    for outside in (DIRECT, STRANGERS):
        with pytest.raises(MemberBanned):
            await queue.entry.enqueue(new_job(ANN, outside), FAR)
        assert await standing.banned(outside, ANN)
        assert not await standing.banned(outside, BEN)
    assert not await standing.banned(GUILD + 1, ANN)
    await queue.entry.enqueue(new_job(ANN, GUILD + 1), FAR)


async def test_outside_of_guilds_is_no_guild_that_the_bot_could_have_left(queue, db):
    for outside in (DIRECT, STRANGERS):
        await enqueued(queue, guild=outside)
    await enqueued(queue, guild=GUILD)
    CLOCK.now = T
    guilds = Guilds(db, clock=CLOCK)
    await guilds.record_present({GUILD + 1})
    CLOCK.now += 1_000_000
    assert await guilds.to_forget(days=1) == [GUILD]


async def test_a_member_finds_their_jobs_from_outside_together(queue):
    jobs = [await enqueued(queue, ANN, place) for place in (STRANGERS, DIRECT, GUILD)]
    assert {job.id for job in await queue.jobs.jobs_of(ANN, DIRECT)} == {jobs[0].id, jobs[1].id}
    assert [job.id for job in await queue.jobs.jobs_of(ANN, GUILD)] == [jobs[2].id]


async def test_the_guilds_of_a_member_are_those_where_they_drew_and_the_bot_still_is(queue, db):
    CLOCK.now = T
    for guild in (GUILD, GUILD + 1, DIRECT):
        await enqueued(queue, ANN, guild)
        job = present(await queue.claims.claim())
        CLOCK.now += 60
        await queue.claims.hand_in(
            job.id, job.claim, clip_sha256="c" * 64, clip_size=1, receipt="{}",
            gpu_seconds=1.0, charged_seconds=1.0,
        )  # fmt: skip
        assert present(await queue.jobs.get(job.id)).state is State.RENDERED
    assert await queue.jobs.guilds_of(ANN, 5) == [GUILD + 1, GUILD]
    await Guilds(db, clock=CLOCK).record_left(GUILD + 1)
    assert await queue.jobs.guilds_of(ANN, 5) == [GUILD]
