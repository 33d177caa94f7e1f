"""The rows of what runs are written now and then, all together; a cancel is heard whichever way it came."""

from __future__ import annotations

import asyncio

import pytest

from bot.job_progress import JobProgress
from bot.loops import progress_notes as module
from bot.loops.progress_notes import ProgressNotes
from bot.seats import Seat
from db.jobs.claims import Noted
from db.states import State
from engine.core.recipe import Stage
from tests.bot.fixtures import HouseEngine, engine_loop_with, queued, until_cancelled
from tests.bot.loops.engine_loop.bench import comes_to
from tests.until import until

COUNT = 5


@pytest.fixture
def loops(queue, blobs, tmp_path):
    """Engine loops, each of which draws until it is cancelled."""
    engines = [HouseEngine(tmp_path / f"spool-{number}", until_cancelled) for number in range(COUNT)]
    seats = [Seat(name=f"seat {number}", engine=engine) for number, engine in enumerate(engines)]
    return [engine_loop_with(queue, blobs, seat.engine, seat=seat) for seat in seats]


@pytest.fixture
async def jobs(queue, loops, monkeypatch):
    monkeypatch.setattr(module, "LISTEN_SECONDS", 0.02)
    made = [await queued(queue, user) for user in range(COUNT)]
    tasks = [asyncio.create_task(each.loop.run()) for each in loops]
    await until(lambda: sum(len(each.progress) for each in loops) == COUNT)
    yield made
    for each in loops:
        await each.stop(0)
    await asyncio.gather(*tasks)


async def test_all_rows_take_progress_in_one_write_and_only_where_it_changed(
    queue, db, loops, jobs, monkeypatch
):
    monkeypatch.setattr(module, "NOTE_SECONDS", 0.0)
    notes = ProgressNotes(queue.claims, queue.jobs, loops=loops)
    for each in loops:
        for job in each.progress:
            each.progress[job] = JobProgress(stage=Stage.DRAWING, fraction=0.75, take=2)
    before = db.calls
    await notes._look()
    assert db.calls - before == 2, "a question about cancels, and a write"
    rows = [await queue.jobs.get(job.id) for job in jobs]
    assert {(row.stage, row.fraction, row.take) for row in rows} == {("drawing", 0.75, 2)}
    before = db.calls
    await notes._look()
    assert db.calls - before == 1, "nothing changed"


async def test_a_row_is_written_every_fifteen_seconds_at_most(queue, db, loops, jobs):
    now = 100.0
    notes = ProgressNotes(queue.claims, queue.jobs, loops=loops, timer=lambda: now)
    [job] = loops[0].progress
    for now, fraction, written in ((100.0, 0.1, 0.1), (114.9, 0.2, 0.1), (115.0, 0.3, 0.3)):  # noqa: B007 - read above
        loops[0].progress[job] = JobProgress(stage=Stage.DRAWING, fraction=fraction, take=1)
        await notes._look()
        assert (await queue.jobs.get(job)).fraction == written


async def test_a_cancel_that_came_by_another_way_is_heard(queue, loops, jobs):
    notes = ProgressNotes(queue.claims, queue.jobs, loops=loops)
    task = asyncio.create_task(notes.loop.run())
    await queue.claims.cancel(jobs[2].id)
    await comes_to(queue, jobs[2], State.CANCELLED)
    others = [await queue.jobs.get(job.id) for job in jobs if job is not jobs[2]]
    assert {row.state for row in others} == {State.RUNNING}
    notes.loop.stop()
    await task


async def test_a_stale_claim_writes_nothing(queue, loops, jobs):
    old = Noted(job=jobs[0].id, claim=0, stage="drawing", fraction=0.9, take=3)
    await queue.claims.note_progress([old])
    assert (await queue.jobs.get(jobs[0].id)).take != 3
