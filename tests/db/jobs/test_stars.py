"""Clips that members keep: one star each, set and taken back, and no click counts twice."""

from __future__ import annotations

from db.jobs.stars import Starred
from tests.db.asking import ANN, BEN, GUILD, enqueued


async def test_a_star_is_set_and_taken_back(queue):
    job = await enqueued(queue)
    came_to = [await queue.stars.star(job.id, ANN, interaction=number, most=5) for number in (1, 2, 3)]
    assert came_to == [Starred.ON, Starred.OFF, Starred.ON]
    assert await queue.stars.stars(job.id) == 1


async def test_each_member_has_a_star_of_their_own(queue):
    job = await enqueued(queue)
    for number, member in enumerate((ANN, BEN, ANN), start=1):
        await queue.stars.star(job.id, member, interaction=number, most=5)
    assert await queue.stars.stars(job.id) == 1


async def test_a_hundred_replays_of_a_click_are_one_star(queue):
    job = await enqueued(queue)
    assert {await queue.stars.star(job.id, ANN, interaction=7, most=5) for _ in range(100)} == {Starred.ON}
    await queue.stars.star(job.id, ANN, interaction=8, most=5)
    assert await queue.stars.star(job.id, ANN, interaction=7, most=5) is Starred.OFF, "an old click told late"
    assert await queue.stars.stars(job.id) == 0


async def test_a_member_has_so_many_stars_in_a_guild_and_no_more(queue):
    jobs = [await enqueued(queue) for _ in range(3)]
    elsewhere = await enqueued(queue, guild=GUILD + 1)
    came_to = [
        await queue.stars.star(job.id, ANN, interaction=number, most=2)
        for number, job in enumerate(jobs, start=1)
    ]
    assert came_to == [Starred.ON, Starred.ON, Starred.FULL]
    assert await queue.stars.star(elsewhere.id, ANN, interaction=10, most=2) is Starred.ON
    assert await queue.stars.star(jobs[0].id, ANN, interaction=11, most=2) is Starred.OFF
    assert await queue.stars.star(jobs[2].id, ANN, interaction=12, most=2) is Starred.ON
