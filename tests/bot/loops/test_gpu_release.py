"""A card that its owner needs draws nothing, holds no memory, and comes back by itself."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.config.gpu_hours import read_hours
from bot.forecast import Forecaster
from bot.loops import engine_loop as engine_loop_module
from bot.loops import gpu_release as module
from bot.loops.gpu_release import LeaveOut, LeavePolicy, descends
from bot.releasable_engine import LeavableEngine
from bot.seats import Seat
from bot.signals import JobSignals
from db.states import State
from engine.core.device import Device
from engine.core.errors import EngineClosed
from engine.process.host import HostState
from tests.bot.fixtures import ANN, GUILD, HouseEngine, engine_loop_with, queued
from tests.clock import CLOCK
from tests.present import present
from tests.until import PATIENCE, until

EVENING = datetime(2026, 11, 29, 18, 30, tzinfo=UTC).timestamp()
NIGHT = datetime(2026, 11, 29, 23, 0, 1, tzinfo=UTC).timestamp()
GIGABYTE = 10**9


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(engine_loop_module, "POLL_SECONDS", 0.02)
    CLOCK.now = NIGHT


class Card(HouseEngine):
    """An engine that has a process while it is not closed, and draws until it is told that it may end."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.device = Device()
        self.state = HostState.STOPPED
        self.closed = asyncio.Event()
        self.may_end = asyncio.Event()

    async def start(self) -> None:
        self.state = HostState.READY

    async def close(self) -> None:
        self.state = HostState.STOPPED
        self.closed.set()

    async def render(self, recipe, inputs, **given):
        ends = {asyncio.create_task(each.wait()) for each in (self.closed, self.may_end)}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for each in ends:
            each.cancel()
        if self.closed.is_set():
            raise EngineClosed
        return await super().render(recipe, inputs, **given)


class Town:
    """A seat with its loop, and what watches it."""

    def __init__(self, queue, blobs, folder, policy: LeavePolicy) -> None:
        self.cards: list[Card] = []
        self.held = 0
        self.engine = LeavableEngine(lambda: self._another(folder))
        self.seat = Seat(name="GPU 1", engine=self.engine)
        signals = JobSignals()
        self.engine_loop = engine_loop_with(queue, blobs, self.engine, seat=self.seat, signals=signals)
        self.watch = LeaveOut(
            policy,
            self.seat,
            self.engine,
            held_by_others=lambda: self.held,
            is_drawing=lambda: bool(self.engine_loop.progress),
            signals=signals,
            clock=CLOCK,
        )

    def _another(self, folder) -> Card:
        self.cards.append(Card(folder / f"spool-{len(self.cards)}"))
        return self.cards[-1]


@pytest.fixture
def town(queue, blobs, tmp_path):
    @asynccontextmanager
    async def made(*, hours="GPU 1 18:00-23:00", memory=0, grace=0.0):
        policy = LeavePolicy(hours=(read_hours(hours),), zone=UTC, memory=memory, grace=grace)
        here = Town(queue, blobs, tmp_path, policy)
        await here.engine.start()
        loops = (here.engine_loop.loop, here.watch.loop)
        tasks = [asyncio.create_task(loop.run()) for loop in loops]
        yield here
        here.watch.loop.stop()
        for card in here.cards:
            card.may_end.set()
        await here.engine_loop.stop(0)
        await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)

    return made


async def state_of(queue, job) -> State:
    return (await queue.jobs.get(job.id)).state


async def is_in(queue, job, state: State) -> bool:
    return await state_of(queue, job) is state


async def test_in_its_hours_it_begins_nothing_and_has_no_process(town, queue):
    CLOCK.now = EVENING
    async with town() as here:
        await until(lambda: here.engine.away)
        assert str(here.seat.left_out) == "left out until 23:00, as its owner wishes"
        assert (here.engine.state, here.engine.device) == (HostState.STOPPED, Device())
        job = await queued(queue)
        await asyncio.sleep(0.1)
        row = await queue.jobs.get(job.id)
        assert (row.state, row.claim) == (State.QUEUED, 0)
        CLOCK.now = NIGHT
        await until(lambda: is_in(queue, job, State.RUNNING))
        assert here.seat.left_out is None
        assert len(here.cards) == 2, "a new process"


async def test_a_job_that_ends_soon_is_drawn_to_its_end(town, queue):
    async with town(grace=60.0) as here:
        job = await queued(queue)
        await until(lambda: is_in(queue, job, State.RUNNING))
        CLOCK.now = EVENING
        await until(lambda: here.seat.left_out)
        await asyncio.sleep(0.05)
        assert not here.engine.away
        here.cards[0].may_end.set()
        await until(lambda: is_in(queue, job, State.RENDERED))
        await until(lambda: here.engine.away)


async def test_a_job_that_takes_longer_goes_back_to_the_front_at_no_cost(town, queue):
    async with town(grace=0.05) as here:
        job = await queued(queue)
        other = await queued(queue, 7)
        await until(lambda: is_in(queue, job, State.RUNNING))
        CLOCK.now = EVENING
        await until(lambda: here.engine.away)
        await until(lambda: is_in(queue, job, State.QUEUED))
        row = await queue.jobs.get(job.id)
        assert (row.crashes, row.restarts) == (0, 0)
        assert [each.id for each in await queue.jobs.waiting()] == [job.id, other.id]


async def test_while_other_programs_hold_its_memory_it_is_left_to_them(town, queue, monkeypatch):
    async with town(memory=2 * GIGABYTE) as here:
        here.held = 2 * GIGABYTE - 1
        await asyncio.sleep(0.05)
        assert here.seat.left_out is None
        here.held = 5 * GIGABYTE
        await until(lambda: here.engine.away)
        assert str(here.seat.left_out) == "left out while other programs hold 5.0 GB of its memory"
        here.held = 0
        await asyncio.sleep(0.05)
        assert here.engine.away, "a game lets go of its memory for a moment"
        monkeypatch.setattr(module, "CALM_SECONDS", 0.05)
        await until(lambda: here.seat.left_out is None)
        job = await queued(queue)
        await until(lambda: is_in(queue, job, State.RUNNING))


async def test_where_nobody_knows_who_holds_the_memory_it_draws(town):
    async with town(memory=1) as here:
        here.held = None
        await asyncio.sleep(0.05)
        assert here.seat.left_out is None


async def test_who_asks_meanwhile_is_told_when_it_draws_again(town, queue, tmp_path):
    CLOCK.now = EVENING
    async with town() as here:
        await until(lambda: here.engine.away)
        job = await queued(queue)
        forecast = Forecaster(queue.jobs, seats=[here.seat], clock=lambda: EVENING)
        hours = (NIGHT - EVENING) / 3600
        assert (await forecast.forecast()).waits[job.id].middle / 3600 == pytest.approx(hours, abs=0.05)
        free = Seat(name="GPU 2", engine=Card(tmp_path))
        both = Forecaster(queue.jobs, seats=[here.seat, free], clock=lambda: EVENING)
        assert (await both.for_new("x", GUILD, ANN)).middle < 120, "the other card draws it"


async def test_it_is_not_left_before_it_is_known_what_it_draws_on(town):
    """What is planned for a GPU has to know of it, also of one that is left out."""
    CLOCK.now = EVENING
    async with town() as here:
        here.cards[0].device = None
        here.engine._device = None
        await until(lambda: here.seat.left_out)
        await asyncio.sleep(0.05)
        assert not here.engine.away
        here.cards[0].device = Device(name="found")
        await until(lambda: here.engine.away)
        assert here.engine.device == Device(name="found")


def test_a_process_is_ours_if_we_began_it_or_one_that_did():
    code = "import subprocess, sys; subprocess.run(['sh', '-c', 'echo $$; read line'])"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        grandchild = int(present(child.stdout).readline())
        assert descends(grandchild, os.getpid())
        assert descends(grandchild, child.pid)
        assert not descends(os.getpid(), child.pid)
        assert not descends(2**22 + 1, os.getpid())
        child.communicate(b"\n")
