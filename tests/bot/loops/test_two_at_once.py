"""The engine loop with an engine that takes two renders: what runs beside what, and what an end costs."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from bot.loops import engine_loop as engine_loop_module
from bot.loops import outcomes
from db.states import State
from engine.core.errors import Cancelled, EngineClosed, EngineDied, RenderFailed
from engine.core.events import Progress
from engine.core.recipe import Stage
from tests.bot.fixtures import BEN, FakeEngine, engine_loop_with, queued
from tests.until import PATIENCE, until


class Scripted(FakeEngine):
    """Each render waits at a stage until it is told how to go on."""

    at_once = 2

    def __init__(self, folder):
        super().__init__(folder)
        self.ends = {}
        self.tell = {}
        self.most = 0

    async def render(self, recipe, inputs, *, job, limits, on_event, cancel):
        self.renders.append((job, recipe, dict(inputs), limits))
        self.tell[job] = on_event
        end = self.ends[job] = asyncio.get_running_loop().create_future()
        self.most = max(self.most, len(self.running))
        stop = asyncio.create_task(cancel.wait())
        await asyncio.wait({end, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not end.done():
            end.cancel()
            raise Cancelled
        stop.cancel()
        end.result()
        return self.clip()

    @property
    def running(self):
        return [job for job, end in self.ends.items() if not end.done()]

    def has_ended(self, job):
        return self.ends[job].done()

    def at(self, job, stage):
        self.tell[job.id](Progress(stage=stage, fraction=0.5))

    async def runs(self, *jobs):
        await until(lambda: self.running == [job.id for job in jobs])

    def drew(self):
        return [job for job, *_ in self.renders]


@pytest.fixture
def engine(tmp_path):
    return Scripted(tmp_path / "spool")


@pytest.fixture
async def loop(queue, blobs, engine, monkeypatch):
    monkeypatch.setattr(engine_loop_module, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(outcomes, "TROUBLE_PAUSE", 0.01)
    made = engine_loop_with(queue, blobs, engine)
    task = asyncio.create_task(made.loop.run())
    yield made
    await made.stop(0)
    await asyncio.wait_for(task, PATIENCE)


async def state_of(queue, job):
    return (await queue.jobs.get(job.id)).state


async def comes_to(queue, job, state):
    async def there():
        return await state_of(queue, job) is state

    await until(there)


@pytest.fixture
async def two(queue, engine, loop):
    """One job that is encoded, and one that is drawn beside it."""
    one, other = await queued(queue), await queued(queue, BEN)
    await engine.runs(one)
    engine.at(one, Stage.ENCODING)
    await engine.runs(one, other)
    return one, other


async def test_the_next_job_is_begun_when_one_leaves_the_gpu_and_never_a_third(queue, engine, loop):
    jobs = [await queued(queue, user) for user in range(3)]
    one, other, third = jobs
    for stage in (Stage.PREPARING, Stage.DRAWING):
        await until(lambda: one.id in engine.tell)
        engine.at(one, stage)
        await asyncio.sleep(0.06)
        assert engine.running == [one.id], stage
    engine.at(one, Stage.CHECKING)
    await engine.runs(one, other)
    engine.at(other, Stage.SMOOTHING)
    await asyncio.sleep(0.06)
    assert await state_of(queue, third) is State.QUEUED
    engine.ends[other.id].set_result(None)
    await engine.runs(one, third)
    for job in (third, one):
        engine.ends[job.id].set_result(None)
        await comes_to(queue, job, State.RENDERED)
    assert engine.drew() == [job.id for job in jobs], "in the order of the queue"
    assert len(loop.pauses.seconds) == 2
    await until(lambda: not loop.progress)


async def test_a_rejected_take_is_drawn_again_before_another_job_is_begun(queue, engine, loop):
    one = await queued(queue)
    await engine.runs(one)
    engine.at(one, Stage.CHECKING)
    engine.at(one, Stage.DRAWING)
    other = await queued(queue, BEN)
    await asyncio.sleep(0.06)
    assert await state_of(queue, other) is State.QUEUED
    engine.ends[one.id].set_result(None)
    await engine.runs(other)


async def test_a_cancel_reaches_the_one_that_was_meant(queue, engine, two, loop):
    one, other = two
    await queue.claims.cancel(other.id)
    loop.cancel(other.id)
    await comes_to(queue, other, State.CANCELLED)
    assert engine.running == [one.id]
    engine.ends[one.id].set_result(None)
    await comes_to(queue, one, State.RENDERED)


async def test_a_failure_is_its_own_jobs_alone(queue, engine, two):
    one, other = two
    engine.ends[other.id].set_exception(RenderFailed("E_OWN", "Of its own."))
    await comes_to(queue, other, State.FAILED)
    engine.ends[one.id].set_result(None)
    await comes_to(queue, one, State.RENDERED)
    assert (await queue.jobs.get(one.id)).crashes == 0


async def test_after_a_crash_both_are_drawn_again_each_alone(queue, engine, two):
    one, other = two
    for job in two:
        engine.ends[job.id].set_exception(EngineDied(7, "crash"))
    await until(lambda: len(engine.renders) == 3)
    third = await queued(queue, 77)
    seen = set()
    for _ in range(3):
        await until(lambda: engine.running)
        (now,) = engine.running
        engine.tell[now](Progress(stage=Stage.ENCODING, fraction=0.5))
        await asyncio.sleep(0.06)
        beside = [job for job in engine.running if job != now]
        assert not beside or not {now, *beside} & {one.id, other.id}, "a suspect has company"
        engine.ends[now].set_result(None)
        seen.add(now)
        await until(partial(engine.has_ended, now))
    assert seen == {one.id, other.id, third.id}
    for job in (*two, third):
        await comes_to(queue, job, State.RENDERED)
    assert [(await queue.jobs.get(job.id)).crashes for job in (*two, third)] == [1, 1, 0]


async def test_what_the_engine_gives_back_on_anothers_account_costs_nothing(queue, engine, two):
    one, other = two
    engine.ends[other.id].set_exception(EngineClosed())
    await until(lambda: len(engine.renders) == 3)
    row = await queue.jobs.get(other.id)
    assert (row.crashes, row.restarts) == (0, 0)
    assert set(engine.running) == {one.id, other.id}


async def test_a_stop_of_the_bot_puts_both_back(queue, engine, two, loop):
    await loop.stop(0)
    assert [await state_of(queue, job) for job in two] == [State.QUEUED, State.QUEUED]
    assert [(await queue.jobs.get(job.id)).crashes for job in two] == [0, 0]


async def test_an_end_of_the_loops_task_puts_both_back(queue, blobs, engine):
    one, other = await queued(queue), await queued(queue, BEN)
    task = asyncio.create_task(engine_loop_with(queue, blobs, engine).loop.run())
    await engine.runs(one)
    engine.at(one, Stage.ENCODING)
    await engine.runs(one, other)
    task.cancel()
    await asyncio.wait({task})
    assert [await state_of(queue, job) for job in (one, other)] == [State.QUEUED, State.QUEUED]
