"""An engine that cannot be used, a GPU that is lost, a queue that cannot be read or written."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from bot.loops import gpu_faults, outcomes
from db.errors import CannotWrite
from db.states import JobId, State
from engine.core.errors import EngineClosed, RenderFailed
from tests.bot.fixtures import BEN, FakeEngine, engine_loop_with, queued
from tests.bot.loops.engine_loop.bench import comes_to
from tests.clock import CLOCK
from tests.policies import stumble_limits
from tests.until import PATIENCE, until


async def test_an_engine_of_another_release_is_not_the_jobs_fault(queue, engine, start, monkeypatch, caplog):
    monkeypatch.setattr(outcomes, "ENGINE_DOWN_PAUSE", 0.01)
    engine.acts = [RenderFailed("E_VERSION", "another release")] * 3
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.RENDERED)
    assert (row.crashes, row.claim) == (0, 4)
    assert "the engine cannot be used" in caplog.text


async def test_a_stop_does_not_wait_for_an_engine_that_cannot_be_used(queue, blobs, engine, monkeypatch):
    monkeypatch.setattr(outcomes, "ENGINE_DOWN_PAUSE", 10 * PATIENCE)
    engine.acts = [RenderFailed("E_VERSION", "another release")]
    engine_loop = engine_loop_with(queue, blobs, engine)
    task = asyncio.create_task(engine_loop.loop.run())
    job = await queued(queue)
    await until(lambda: engine.renders)
    async with asyncio.timeout(PATIENCE):
        await engine_loop.stop(grace=0)
        await task
    assert (await queue.jobs.get(job.id)).state is State.QUEUED


class FaultyCard(FakeEngine):
    """A card that fails some jobs, or all: ``fails`` says which."""

    fails = staticmethod(lambda job: True)

    async def render(self, recipe, inputs, *, job, **others):
        if self.fails(job):
            self.acts = [RenderFailed("E_DEVICE", "illegal access")]
        return await super().render(recipe, inputs, job=job, **others)


@pytest.fixture
def no_pauses(monkeypatch):
    monkeypatch.setattr(gpu_faults, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(gpu_faults, "LAST_PAUSE", 0.02)


async def test_a_lost_gpu_costs_no_job_and_all_are_drawn_when_it_is_back(
    queue, blobs, tmp_path, start, no_pauses
):
    gpu = FaultyCard(tmp_path / "spool")
    jobs = [await queued(queue, user) for user in range(3)]
    engine_loop = start(engine=gpu)
    await until(lambda: len(gpu.renders) > 8)
    assert engine_loop.outcomes.gpu.trouble_since is not None
    assert {job for job, *_ in gpu.renders} == {job.id for job in jobs}
    gpu.fails = lambda job: False
    for job in jobs:
        row = await comes_to(queue, job, State.RENDERED)
        assert (row.crashes, row.restarts) == (0, 0)
    assert engine_loop.outcomes.gpu.trouble_since is None


async def test_a_job_that_breaks_a_working_gpu_is_set_aside(queue, blobs, tmp_path, start, no_pauses):
    gpu = FaultyCard(tmp_path / "spool")
    poison, other = await queued(queue, 1), await queued(queue, 2)
    gpu.fails = lambda job: job == poison.id
    start(engine=gpu)
    await comes_to(queue, other, State.RENDERED)
    assert (await comes_to(queue, poison, State.QUARANTINED)).crashes == 2
    assert len(gpu.renders) == 4


def test_the_pauses_after_losing_the_gpu_grow_to_a_minute():
    gpu = gpu_faults.GpuFaults(CLOCK)
    pauses = []
    for number in range(7):
        gpu.met(JobId(f"{number}"))
        pauses.append(gpu.pause())
    assert pauses == [0, 5, 10, 20, 40, 60, 60]


async def test_a_closed_engine_does_not_make_the_loop_spin(queue, engine, start, monkeypatch):
    monkeypatch.setattr(outcomes, "TROUBLE_PAUSE", 0.1)
    times = []

    async def is_closed(on_event, cancel):
        times.append(time.monotonic())
        raise EngineClosed

    engine.acts = [is_closed] * 1000
    await queued(queue)
    start()
    await until(lambda: len(times) == 3)
    assert all(later - sooner >= 0.1 for sooner, later in itertools.pairwise(times))


async def test_a_database_that_cannot_be_written_does_not_end_the_loop(queue, engine, start, monkeypatch):
    """The failure itself cannot be written down for a while: it is, once it can be."""
    fail, failures = queue.claims.fail, iter(range(3))

    async def full(*args, **named):
        if next(failures, None) is not None:
            raise CannotWrite("disk full")
        return await fail(*args, **named)

    monkeypatch.setattr(queue.claims, "fail", full)
    engine.acts = [RenderFailed("E_ENGINE", "no")]
    job = await queued(queue)
    other = await queued(queue, BEN)
    start()
    await comes_to(queue, other, State.RENDERED)
    assert (await queue.jobs.get(job.id)).state is State.FAILED
    assert next(failures, None) is None


async def test_a_queue_that_cannot_be_read_is_asked_again(queue, engine, start, monkeypatch):
    claim, failures = queue.claims.claim, iter(range(2))

    async def unreadable(**given):
        if next(failures, None) is not None:
            raise CannotWrite("disk full")
        return await claim(**given)

    monkeypatch.setattr(queue.claims, "claim", unreadable)
    job = await queued(queue)
    start()
    await comes_to(queue, job, State.RENDERED)


async def test_a_clip_that_comes_under_a_claim_that_is_over_is_dropped(queue, engine, start, signals, caplog):
    job = await queued(queue)

    async def taken_away(on_event, cancel):
        row = await queue.jobs.get(job.id)
        await queue.claims.recover(limits=stumble_limits())
        assert (await queue.claims.claim()).claim == row.claim + 1

    engine.acts = [taken_away]
    handed_over = []
    signals.rendered.connect(lambda: handed_over.append(1))
    start(signals=signals)
    await until(lambda: engine.discarded)
    await until(lambda: "under an old claim" in caplog.text)
    row = await queue.jobs.get(job.id)
    assert (row.state, row.clip_sha256) == (State.RUNNING, None)
    assert handed_over == []
