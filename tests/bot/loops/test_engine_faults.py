"""The studio over a real engine process that breaks: which job pays for it; the others are drawn."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot import app
from bot.loops import engine_loop as engine_loop_module
from bot.loops import gpu_faults
from db.sqlite.connection import Database
from db.states import State
from engine.core.errors import EngineDied
from tests.bot.fixtures import BEN, engine_loop_with, queued, until
from tests.engine.process.host_bench import running_host
from tests.policies import queue_on
from tests.present import present

POISON = (State.QUARANTINED, None, 2)

FAULTS = {
    "segfault": POISON,
    "child": POISON,  # the kernel's SIGKILL, as for want of memory
    "hold_the_lock": POISON,  # a hang
    "raise cuda": POISON,
    "raise torch_memory": (State.FAILED, "E_MEMORY", 0),
    "ok": (State.RENDERED, None, 0),
}
"""What the prompt makes of the engine; how its job ends, with which code, and after how many crashes."""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(engine_loop_module, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(gpu_faults, "FIRST_PAUSE", 0.02)


@pytest.mark.timeout(120)
async def test_each_fault_costs_the_job_that_makes_it_and_no_other(queue, blobs, tmp_path):
    jobs = {prompt: await queued(queue, recipe={"prompt": prompt}) for prompt in FAULTS}

    async def ends():
        rows = {prompt: await queue.jobs.get(job.id) for prompt, job in jobs.items()}
        over = all(row.state.ended or row.state is State.RENDERED for row in rows.values())
        return over and {prompt: (row.state, row.error_code, row.crashes) for prompt, row in rows.items()}

    async with running_host(tmp_path / "spool", heartbeat_silence=1.0, deaths=100) as host:
        engine_loop = engine_loop_with(queue, blobs, host)
        task = asyncio.create_task(engine_loop.loop.run())
        assert await until(ends, 90) == FAULTS
        after = await queued(queue, BEN, recipe={"prompt": "ok"})
        began = time.monotonic()
        await until(lambda: engine_loop.rendered == 2, 30)
        assert time.monotonic() - began < 15, "the process is there and warm"
        await engine_loop.stop(0)
        await task
    assert (await queue.jobs.get(after.id)).state is State.RENDERED


async def test_the_owner_says_after_how_many_crashes_and_restarts_a_job_is_set_aside(
    settings, engine, monkeypatch
):
    """One of each: a job that ran when the bot ended, and one that kills the engine."""
    strict = settings.model_copy(update={"crash_limit": 1, "restart_limit": 1})
    path = settings.data_dir / "framekiln.db"
    async with await Database.open(path) as database:
        queue = queue_on(database)
        ran = await queued(queue)
        await queue.claims.claim()
        kills = await queued(queue, BEN)
    engine.acts = [EngineDied(-9, "killed")]

    async def until_it_is_drawn(services):
        await until(lambda: engine.renders and services.engine_loop._idle.is_set())

    monkeypatch.setattr(app, "EngineHost", lambda **_: engine)
    monkeypatch.setattr(app, "stay_connected", until_it_is_drawn)
    await app.run(strict)
    async with await Database.open(path) as database:
        rows = [present(await queue_on(database).jobs.get(job.id)) for job in (ran, kills)]
    counters = [(row.state, row.restarts, row.crashes) for row in rows]
    assert counters == [(State.QUARANTINED, 1, 0), (State.QUARANTINED, 0, 1)]
