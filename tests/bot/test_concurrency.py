"""Turns: a few at once, the members one after the other, and no more waiting than there is room for."""

from __future__ import annotations

import asyncio

import pytest

from bot.concurrency import TOO_MANY_WAIT, Turns, asked_by
from engine.core.errors import UserError


class Line:
    """Notes who gets a turn, in order; each turn lasts until it is ended."""

    def __init__(self, turns):
        self.turns = turns
        self.begun = []
        self.end = asyncio.Event()

    async def work(self, member):
        async with self.turns.turn(member):
            self.begun.append(member)
            await self.end.wait()


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_members_take_turns_however_many_one_of_them_wants():
    line = Line(Turns(at_once=1, waiting=100))
    tasks = [asyncio.create_task(line.work(member)) for member in [1] * 50 + [2, 3, 2]]
    await settle()
    assert line.begun == [1]
    line.end.set()
    await asyncio.gather(*tasks)
    assert line.begun[:7] == [1, 1, 2, 3, 1, 2, 1]
    assert line.turns.waiting == 0


async def test_so_many_work_at_once_and_no_more():
    line = Line(Turns(at_once=2, waiting=100))
    tasks = [asyncio.create_task(line.work(member)) for member in range(5)]
    await settle()
    assert line.begun == [0, 1]
    assert line.turns.waiting == 3
    line.end.set()
    await asyncio.gather(*tasks)


async def test_who_comes_when_too_many_wait_is_told_so():
    line = Line(Turns(at_once=1, waiting=2))
    tasks = [asyncio.create_task(line.work(member)) for member in range(3)]
    await settle()
    with pytest.raises(UserError, match=TOO_MANY_WAIT):
        await line.work(9)
    line.end.set()
    await asyncio.gather(*tasks)


async def test_a_turn_is_not_lost_when_somebody_stops_waiting_or_working():
    line = Line(Turns(at_once=1, waiting=10))
    tasks = [asyncio.create_task(line.work(member)) for member in range(4)]
    await settle()
    tasks[1].cancel()  # waits
    await settle()
    tasks[0].cancel()  # works; 2 is given the turn, and gives up before it begins
    tasks[2].cancel()
    await settle()
    assert line.begun == [0, 3]
    line.end.set()
    await tasks[3]
    assert line.turns.waiting == 0
    async with asyncio.timeout(1), line.turns.turn(5):
        pass


async def test_a_turn_is_that_of_the_member_for_whom_the_task_works():
    turns = Turns(at_once=1, waiting=10)
    order = []

    async def work(member):
        asked_by.set(member)
        async with turns.turn():
            order.append(member)
            await asyncio.sleep(0)

    async with turns.turn(0):
        tasks = [asyncio.create_task(work(member)) for member in (1, 1, 1, 2)]
        await settle()
    await asyncio.gather(*tasks)
    assert order == [1, 2, 1, 1]
