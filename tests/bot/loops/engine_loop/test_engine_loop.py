"""The engine loop: every claim comes to an end that is written down, and the next job runs on."""

from __future__ import annotations

import asyncio

from db.states import State
from engine.core.receipt import Receipt
from engine.core.recipe import Role
from engine.rendering.limits import RenderLimits
from tests.bot.fixtures import BEN, engine_loop_with, limits_of, queued, recipe, until_cancelled
from tests.bot.loops.engine_loop.bench import comes_to
from tests.until import PATIENCE, until


async def is_drawing(engine, engine_loop, job):
    await until(lambda: job.id in engine_loop.progress and engine_loop.progress[job.id].fraction == 0.5)


async def test_jobs_are_rendered_in_the_order_of_the_queue_with_their_inputs(
    queue, blobs, engine, start, tmp_path, signals
):
    picture = blobs.put(b"a picture")
    limits = RenderLimits(max_takes=2, max_bytes=12345)
    one = await queued(queue, inputs={Role.PICTURE: picture})
    two = await queued(queue, BEN)
    handed_over = []
    signals.rendered.connect(lambda: handed_over.append(1))
    start(limits_for=limits_of(limits), signals=signals)
    row = await comes_to(queue, two, State.RENDERED)
    assert [call[0] for call in engine.renders] == [one.id, two.id]
    assert engine.renders[0][1] == recipe()
    assert engine.renders[0][2] == {Role.PICTURE: blobs.path(picture)}
    assert engine.renders[0][3] == limits
    assert len(handed_over) == 2
    assert blobs.read(row.clip_sha256) == b"clip 1"
    assert Receipt.from_json(row.receipt).sha256 == row.clip_sha256
    assert [each.seconds for each in await queue.jobs.render_times(row.profile)] == [3.0, 3.0]
    assert len(engine.discarded) == 2


async def test_a_cancelled_job_stops_and_the_next_one_runs(queue, engine, start):
    engine.acts = [until_cancelled]
    engine_loop = start()
    one = await queued(queue)
    two = await queued(queue, BEN)
    engine_loop.loop.wake()
    await is_drawing(engine, engine_loop, one)
    engine_loop.cancel(two.id)
    await asyncio.sleep(0.05)
    assert (await queue.jobs.get(one.id)).state is State.RUNNING, "only the job that runs is asked"
    await queue.claims.cancel(one.id)
    engine_loop.cancel(one.id)
    await comes_to(queue, one, State.CANCELLED)
    await comes_to(queue, two, State.RENDERED)
    await until(lambda: engine_loop.progress == {})


async def test_a_stop_puts_the_running_job_back_to_the_front_with_its_counters_untouched(
    queue, blobs, engine
):
    engine.acts = [until_cancelled]
    engine_loop = engine_loop_with(queue, blobs, engine)
    task = asyncio.create_task(engine_loop.loop.run())
    job = await queued(queue)
    other = await queued(queue, BEN)
    await is_drawing(engine, engine_loop, job)
    await engine_loop.stop(grace=0.02)
    await asyncio.wait_for(task, PATIENCE)
    row = await queue.jobs.get(job.id)
    assert (row.state, row.crashes, row.restarts) == (State.QUEUED, 0, 0)
    assert [found.id for found in await queue.jobs.waiting()] == [job.id, other.id]


async def test_a_stop_lets_a_job_that_is_nearly_done_finish(queue, blobs, engine):
    gate = asyncio.Event()

    async def nearly_done(on_event, cancel):
        await gate.wait()

    engine.acts = [nearly_done]
    engine_loop = engine_loop_with(queue, blobs, engine)
    task = asyncio.create_task(engine_loop.loop.run())
    job = await queued(queue)
    other = await queued(queue, BEN)
    await is_drawing(engine, engine_loop, job)
    stopping = asyncio.create_task(engine_loop.stop(grace=5))
    await asyncio.sleep(0.02)
    gate.set()
    await stopping
    await asyncio.wait_for(task, PATIENCE)
    assert (await queue.jobs.get(job.id)).state is State.RENDERED
    assert (await queue.jobs.get(other.id)).state is State.QUEUED, "nothing is claimed while stopping"


async def test_a_claim_on_its_way_when_the_stop_comes_is_given_back(queue, blobs, engine, monkeypatch):
    claimed, go_on = asyncio.Event(), asyncio.Event()
    claim = queue.claims.claim

    async def slowly(**given):
        job = await claim(**given)
        claimed.set()
        await go_on.wait()
        return job

    monkeypatch.setattr(queue.claims, "claim", slowly)
    job = await queued(queue)
    engine_loop = engine_loop_with(queue, blobs, engine)
    task = asyncio.create_task(engine_loop.loop.run())
    await claimed.wait()
    stopping = asyncio.create_task(engine_loop.stop(grace=0))
    await asyncio.sleep(0.02)
    assert not stopping.done(), "stop() waits for the claim"
    go_on.set()
    await stopping
    await asyncio.wait_for(task, PATIENCE)
    row = await queue.jobs.get(job.id)
    assert (row.state, row.crashes, row.restarts) == (State.QUEUED, 0, 0)
    assert engine.renders == []
