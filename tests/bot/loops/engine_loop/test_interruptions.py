"""Jobs whose render was interrupted: by a crash, a kill from outside, or a machine that ran short."""

from __future__ import annotations

import errno
import os

import pytest

from bot.ops import shortages as shortages_module
from bot.ops.shortages import Where
from bot.text import status_texts
from db.errors import CannotWrite
from db.states import State
from engine.core.errors import Cancelled, EngineClosed, EngineDied, EngineHung, EngineKilled
from engine.core.shortages import RanShort, Shortage
from tests.bot.fixtures import BEN, FakeEngine, queued, recipe, until_cancelled
from tests.bot.loops.engine_loop.bench import comes_to
from tests.policies import shortages
from tests.until import until

NOBODY_KNOWS = RuntimeError("a bug of ours")


@pytest.fixture
def quick_pauses(monkeypatch):
    monkeypatch.setattr(shortages_module, "FIRST_PAUSE", 0.001)


async def test_a_job_that_crashes_twice_goes_last_and_is_set_aside_when_the_others_are_drawn(
    queue, engine, start
):
    engine.acts = [EngineDied(-11, "segfault"), EngineHung(-9), None, EngineDied(7)]
    job = await queued(queue)
    other = await queued(queue, BEN)
    start()
    row = await comes_to(queue, job, State.QUARANTINED)
    assert row.crashes == 3
    await comes_to(queue, other, State.RENDERED)
    assert [call[0] for call in engine.renders] == [job.id, job.id, other.id, job.id]


async def test_an_engine_that_something_else_killed_is_not_the_jobs_fault(queue, engine, start):
    engine.acts = [EngineKilled(-9)] * 7
    jobs = [await queued(queue, user) for user in range(7)]
    start()
    for job in jobs:
        row = await comes_to(queue, job, State.RENDERED)
        assert (row.crashes, row.restarts) == (0, 0)


SHORT = [
    *(OSError(code, os.strerror(code)) for code in (errno.ENOSPC, errno.EROFS, errno.EMFILE, errno.EIO)),
    MemoryError(),
    RuntimeError("can't start new thread"),
    CannotWrite("the disk"),
    *map(RanShort, Shortage),
]


@pytest.mark.parametrize("error", SHORT, ids=str)
async def test_what_the_machine_is_short_of_costs_no_job_anything(queue, engine, start, error, quick_pauses):
    engine.acts = [error] * 4
    job = await queued(queue)
    noted = shortages()
    start(shortages=noted)
    row = await comes_to(queue, job, State.RENDERED)
    assert (row.crashes, row.restarts, row.stumbles, row.claim) == (0, 0, 0, 5)
    assert noted.anywhere() is None, "it is over"


class Greedy(FakeEngine):
    """One job needs more than there is."""

    greedy = ""
    kind = Shortage.MEMORY

    async def render(self, recipe, inputs, *, job, **others):
        if job == self.greedy:
            self.acts = [RanShort(self.kind)]
        return await super().render(recipe, inputs, job=job, **others)


async def test_a_job_that_needs_more_memory_than_there_is_fails_once_others_were_drawn(
    queue, tmp_path, start, quick_pauses
):
    engine = Greedy(tmp_path / "spool")
    greedy = await queued(queue)
    engine.greedy = greedy.id
    start(engine=engine, shortages=shortages(pause_last=0.01))
    for user in (BEN, BEN):
        await until(lambda: len(engine.renders) > 4)
        assert (await queue.jobs.get(greedy.id)).state in {State.QUEUED, State.RUNNING}
        other = await queued(queue, user)
        await comes_to(queue, other, State.RENDERED)
    row = await comes_to(queue, greedy, State.FAILED)
    assert (row.error_code, row.crashes) == ("E_MEMORY", 0)


async def test_a_full_disk_is_never_a_jobs_own_fault(queue, tmp_path, start, quick_pauses):
    engine = Greedy(tmp_path / "spool")
    engine.kind = Shortage.DISK
    large = await queued(queue)
    engine.greedy = large.id
    start(engine=engine, shortages=shortages(pause_last=0.01))
    for _ in range(4):
        engine.renders.clear()
        await until(lambda: len(engine.renders) > 4)
        assert (await queue.jobs.get(large.id)).state in {State.QUEUED, State.RUNNING}


async def test_while_the_machine_is_short_the_member_reads_what_is_waited_for(
    queue, engine, start, quick_pauses
):
    noted = shortages()
    engine.acts = [RanShort(Shortage.DISK)] * 3 + [until_cancelled]
    job = await queued(queue)
    start(shortages=noted)
    await until(lambda: noted.at(Where.ENGINE) is Shortage.DISK)
    text = status_texts.waits_for(recipe(), Shortage.DISK)
    assert "waiting for room on my disk; it goes on by itself" in text
    await until(lambda: len(engine.renders) == 4)
    await queue.claims.cancel(job.id)


@pytest.mark.parametrize("error", [EngineClosed(), Cancelled()])
async def test_a_failure_outside_the_job_is_not_counted(queue, engine, start, error):
    engine.acts = [error]
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.RENDERED)
    assert (row.crashes, row.restarts, row.claim) == (0, 0, 2)


async def test_a_full_disk_around_the_engine_gives_the_job_back_without_counting(
    queue, blobs, engine, start, monkeypatch
):
    adopt, failures = blobs.adopt, iter(range(2))

    def full(path, sha256):
        if next(failures, None) is not None:
            raise OSError(28, "No space left on device")
        return adopt(path, sha256)

    monkeypatch.setattr(blobs, "adopt", full)
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.RENDERED)
    assert (row.crashes, row.claim) == (0, 3)
    assert len(engine.discarded) == 3


async def test_a_bug_around_the_engine_is_counted_and_sets_the_job_aside(queue, engine, start, caplog):
    engine.acts = [NOBODY_KNOWS, NOBODY_KNOWS, None, NOBODY_KNOWS]
    job = await queued(queue)
    other = await queued(queue, BEN)
    start()
    await comes_to(queue, job, State.QUARANTINED)
    await comes_to(queue, other, State.RENDERED)
    assert "a bug of ours" in caplog.text
