"""The studio over a real engine process that breaks: which job pays for it; the others are drawn."""

from __future__ import annotations

import asyncio

import pytest

from bot import running
from bot.assembly import seating
from bot.loops import engine_loop as engine_loop_module
from bot.loops import gpu_faults
from db.sqlite.connection import Database
from db.states import State
from engine.core.errors import EngineDied
from tests.bot.fixtures import BEN, engine_loop_with, queued
from tests.engine.process.host_bench import running_host
from tests.policies import queue_on
from tests.present import present
from tests.until import until

POISON = (State.QUARANTINED, None, 3)

FAULTS = {
    "segfault": POISON,
    "hold_the_lock": POISON,  # a hang
    "raise cuda": (State.QUARANTINED, None, 2),  # the GPU has proven that it works
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

    async with running_host(tmp_path / "spool", heartbeat_silence=1.5, deaths=100) as host:
        engine_loop = engine_loop_with(queue, blobs, host)
        task = asyncio.create_task(engine_loop.loop.run())
        assert await until(ends, 90) == FAULTS
        first = await queued(queue, BEN, recipe={"prompt": "ok"})
        # The last fault's answer comes before the process ends of it: one that draws again has done so.
        await until(lambda: engine_loop.tally.rendered == 2)
        deaths = host.deaths
        after = await queued(queue, BEN, recipe={"prompt": "ok"})
        await until(lambda: engine_loop.tally.rendered == 3)
        assert host.deaths == deaths, "the process is there and stays"
        await engine_loop.stop(0)
        await task
    for job in (first, after):
        assert (await queue.jobs.get(job.id)).state is State.RENDERED


async def test_the_owner_says_after_how_many_crashes_and_restarts_a_job_is_set_aside(
    settings, engine, monkeypatch
):
    """One of each: a job that ran when the bot was killed, and one that ends the engine, all alone."""
    strict = settings.model_copy(update={"crash_limit": 1, "restart_limit": 2})
    path = settings.data_dir / "framekiln.db"
    async with await Database.open(path) as database:
        queue = queue_on(database)
        ran = await queued(queue)
        await queue.claims.claim()
        kills = await queued(queue, BEN)
    engine.acts = [None, EngineDied(7, "crash"), EngineDied(7, "crash")]

    async def until_all_is_tried(app):
        await until(lambda: len(engine.renders) == 3 and app.engines.loops[0]._runs.idle.is_set())

    monkeypatch.setattr(seating, "EngineHost", lambda **_: engine)
    monkeypatch.setattr(running, "stay_connected", until_all_is_tried)
    await running.run(strict)
    async with await Database.open(path) as database:
        rows = [present(await queue_on(database).jobs.get(job.id)) for job in (ran, kills)]
    counters = [(row.clip_sha256 is not None, row.state, row.stumbles, row.crashes) for row in rows]
    assert counters[0][0] is True
    assert counters[0][2:] == (1, 0), "a kill from outside is held against nobody"
    assert counters[1][1:] == (State.QUARANTINED, 2, 2)
