"""What is written down while a job is drawn: progress, discarded takes, the pause before it."""

from __future__ import annotations

import asyncio
import time

from bot.job_progress import JobProgress
from bot.text import status_texts
from db.states import State
from engine.core.errors import RenderFailed
from engine.core.events import Progress, TakeDiscarded
from engine.core.receipt import Outcome, TakeRecord
from engine.core.recipe import Stage
from tests.bot.fixtures import engine_loop_with, queued, recipe
from tests.bot.loops.engine_loop.bench import comes_to
from tests.until import until


async def test_a_discarded_take_shows_as_polishing(queue, engine, start, signals):
    gate = asyncio.Event()
    discarded = TakeRecord(number=1, seed=5, outcome=Outcome.REJECTED, score=3, reasons=("it flickers",))

    async def second_take(on_event, cancel):
        on_event(TakeDiscarded(take=discarded))
        on_event(Progress(stage=Stage.DRAWING, fraction=0.25, take=2))
        await gate.wait()

    engine.acts = [second_take]
    changed: list[str] = []
    signals.changed.connect(changed.append)
    engine_loop = start(signals=signals)
    job = await queued(queue)
    await until(
        lambda: engine_loop.progress.get(job.id) == JobProgress(stage=Stage.DRAWING, fraction=0.25, take=2)
    )
    live = engine_loop.progress[job.id]
    assert "polishing (take 2)" in status_texts.running(recipe(), live.stage, live.fraction, live.take)
    gate.set()
    await comes_to(queue, job, State.RENDERED)
    await until(lambda: engine_loop.progress == {})
    assert set(changed) == {job.id}
    assert len(changed) == 5  # claimed, first step, discarded, second take, over


def discarding(folder, *takes, then=None):
    """An act: takes are discarded, each with a picture; then whatever comes."""

    async def act(on_event, cancel):
        for number in takes:
            sheet = folder / f"sheet{number}.jpg"
            sheet.write_bytes(b"take %d" % number)
            record = TakeRecord(number=number, seed=5, outcome=Outcome.REJECTED, score=3)
            on_event(TakeDiscarded(take=record, sheet=sheet))
            sheet.unlink()  # the spool's folder goes with the render
        if then is not None:
            raise then

    return act


async def test_what_discarded_takes_looked_like_is_put_by(queue, blobs, engine, start, tmp_path):
    engine.acts = [
        discarding(tmp_path, 1, 2),
        None,
        discarding(tmp_path, 1, then=RenderFailed("E_BROKEN", "no take came out whole")),
    ]
    jobs = [await queued(queue, member) for member in range(3)]
    start()
    await comes_to(queue, jobs[2], State.FAILED)
    kept = [await queue.sheets.of_job(job.id) for job in jobs]
    assert [list(sheets) for sheets in kept] == [[1, 2], [], [1]]
    assert blobs.read(kept[0][2]) == b"take 2"


async def test_a_picture_that_cannot_be_put_by_costs_no_clip(
    queue, engine, start, tmp_path, monkeypatch, caplog
):
    async def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(queue.sheets, "save", full)
    engine.acts = [discarding(tmp_path, 1)]
    job = await queued(queue)
    start()
    await comes_to(queue, job, State.RENDERED)
    assert "could not save the discarded takes" in caplog.text


async def test_the_pause_between_two_jobs_is_measured(queue, engine, start):
    for member in range(3):
        await queued(queue, member)
    began = time.monotonic()
    engine_loop = start()
    await until(lambda: engine_loop.tally.rendered == 3)
    assert len(engine_loop.pauses.seconds) == 2
    assert 0 < sum(engine_loop.pauses.seconds) < time.monotonic() - began


async def test_a_cancelled_job_is_no_pause(queue, engine, start):
    """Between two clips another job was drawn and cancelled: the engine did not rest meanwhile."""

    before = []

    async def cancelled_in_the_end(on_event, cancel):
        before.extend(engine_loop.pauses.seconds)
        raise RenderFailed("E_ENGINE", "no")

    engine.acts = [None, cancelled_in_the_end, None]
    for member in range(3):
        await queued(queue, member)
    engine_loop = start()
    await until(lambda: engine_loop.tally.rendered == 2)
    assert len(before) == 1, "the pause is over when the job is begun"
    assert list(engine_loop.pauses.seconds) == before


async def test_nothing_measured_is_no_pause(queue, blobs, engine):
    assert engine_loop_with(queue, blobs, engine).pauses.quantile(0.95) == 0.0
