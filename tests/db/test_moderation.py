"""What moderators may do, and that it ends at their guild's border."""

from __future__ import annotations

import random

import pytest
from asking import ANN, BEN, CAT, GUILD, enqueued, running

from db.jobs import State


async def test_a_paused_guild_starts_nothing_and_loses_nothing(queue):
    job = await enqueued(queue)
    other = await enqueued(queue, guild=200)
    assert await queue.pause(GUILD, by=9)
    assert not await queue.pause(GUILD, by=9)
    assert await queue.paused(GUILD)
    assert not await queue.paused(200)
    assert (await queue.claim()).id == other.id
    assert await queue.claim() is None
    assert await queue.resume(GUILD)
    assert not await queue.resume(GUILD)
    assert (await queue.claim()).id == job.id


@pytest.mark.parametrize("place", [1, 2, 3, 99])
async def test_a_moved_job_stands_where_it_was_put_and_the_rest_keep_their_order(queue, place):
    for user in (ANN, BEN, CAT, ANN):
        await enqueued(queue, user)
    before = [job.id for job in await queue.waiting(GUILD)]
    job = before[2]
    assert await queue.move(job, GUILD, place)
    expected = [other for other in before if other != job]
    expected.insert(place - 1, job)
    assert [other.id for other in await queue.waiting(GUILD)] == expected


async def test_a_move_in_one_guild_moves_nobody_in_another(queue):
    chance = random.Random(7)
    for _ in range(30):
        guild = chance.choice([GUILD, 200])
        await enqueued(queue, chance.randrange(4), guild, priority=chance.randrange(2))
    await running(queue)
    for _ in range(10):
        before = await queue.waiting()
        mine = [job.id for job in before if job.guild_id == GUILD]
        place = chance.randrange(1, len(mine) + 1)
        job = chance.choice(mine)
        assert await queue.move(job, GUILD, place)
        after = await queue.waiting()
        assert [job.guild_id for job in after] == [job.guild_id for job in before]
        assert [job.id for job in after if job.guild_id == 200] == [
            job.id for job in before if job.guild_id == 200
        ]
        assert [job.id for job in after if job.guild_id == GUILD].index(job) == place - 1


async def test_only_what_waits_in_the_guild_can_be_moved(queue):
    job = await running(queue)
    other = await enqueued(queue, guild=200)
    assert not await queue.move(job.id, GUILD, 1)
    assert not await queue.move(other.id, GUILD, 1)
    with pytest.raises(ValueError, match="counted from 1"):
        await queue.move(job.id, GUILD, 0)


async def test_clear_cancels_what_waits_in_the_guild_and_returns_it(queue):
    runs = await running(queue)
    waiting = [(await enqueued(queue)).id for _ in range(3)]
    other = await enqueued(queue, guild=200)
    cleared = await queue.clear(GUILD)
    assert [job.id for job in cleared] == waiting
    assert {job.state for job in cleared} == {State.CANCELLED}
    assert (await queue.get(runs.id)).state is State.RUNNING
    assert (await queue.get(other.id)).state is State.QUEUED


async def test_a_ban_has_a_reason_and_an_end(queue):
    assert await queue.banned(GUILD, ANN) is None
    await queue.ban(GUILD, ANN, by=9, reason="spam")
    await queue.ban(GUILD, ANN, by=9, reason="more spam")
    assert await queue.banned(GUILD, ANN) == "more spam"
    assert await queue.banned(200, ANN) is None
    assert await queue.unban(GUILD, ANN)
    assert not await queue.unban(GUILD, ANN)
