"""The engine loop: every claim comes to an end that is written down, and the next job runs on."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import time

import pytest

from bot import supervisor
from bot.loops import engine_loop as engine_loop_module
from bot.loops import gpu_faults, runs
from bot.loops.engine_loop import EngineLoop
from bot.loops.previews import JobProgress
from bot.ops import shortages as shortages_module
from bot.ops.shortages import Place
from bot.signals import JobSignals
from bot.text import messages
from db.errors import CannotWrite
from db.states import JobId, State
from engine.core.errors import (
    Cancelled,
    Code,
    EngineClosed,
    EngineDied,
    EngineError,
    EngineHung,
    EngineKilled,
    RenderFailed,
    Unsupported,
)
from engine.core.events import Progress, TakeDiscarded
from engine.core.recipe import Outcome, Receipt, Recipe, Role, Stage, TakeRecord
from engine.core.shortages import RanShort, Shortage
from engine.rendering.render import RenderLimits
from tests.bot.fixtures import (
    BEN,
    FakeEngine,
    engine_loop_with,
    limits_of,
    queued,
    recipe,
    until,
    until_cancelled,
)
from tests.clock import CLOCK
from tests.policies import shortages, stumble_limits

NOBODY_KNOWS = RuntimeError("a bug of ours")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(engine_loop_module, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(engine_loop_module, "TROUBLE_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "RESTART_FIRST", 0.02)


@pytest.fixture
def quick_pauses(monkeypatch):
    monkeypatch.setattr(shortages_module, "FIRST_PAUSE", 0.001)


@pytest.fixture
def signals():
    return JobSignals()


@pytest.fixture
def engine(tmp_path):
    return FakeEngine(tmp_path / "spool")


@pytest.fixture
async def start(queue, blobs, engine):
    """Start a studio around the engine; it is stopped at the end."""
    running: list[tuple[EngineLoop, asyncio.Task[None]]] = []

    def started(**changes) -> EngineLoop:
        engine_loop = engine_loop_with(queue, blobs, changes.pop("engine", engine), **changes)
        running.append((engine_loop, asyncio.create_task(engine_loop.loop.run())))
        return engine_loop

    yield started
    for engine_loop, task in running:
        await engine_loop.stop(0)
        await asyncio.wait_for(task, 5)


async def comes_to(queue, job, *states: State):
    """Wait until a job is in one of these states, and return its row."""

    async def there():
        row = await queue.jobs.get(job.id)
        return row if row.state in states else None

    return await until(there)


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
    assert await queue.jobs.render_times(row.profile) == [3.0, 3.0]
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


async def test_a_cancel_that_came_by_another_way_is_heard(queue, engine, start, monkeypatch):
    monkeypatch.setattr(runs, "NOTE_SECONDS", 0.02)
    engine.acts = [until_cancelled]
    engine_loop = start()
    job = await queued(queue)
    await is_drawing(engine, engine_loop, job)
    await queue.claims.cancel(job.id)
    await comes_to(queue, job, State.CANCELLED)


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
    await asyncio.wait_for(task, 2)
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
    await asyncio.wait_for(task, 2)
    assert (await queue.jobs.get(job.id)).state is State.RENDERED
    assert (await queue.jobs.get(other.id)).state is State.QUEUED, "nothing is claimed while stopping"


async def test_a_claim_on_its_way_when_the_stop_comes_is_given_back(queue, blobs, engine, monkeypatch):
    claimed, go_on = asyncio.Event(), asyncio.Event()
    claim = queue.claims.claim

    async def slowly(*, last):
        job = await claim(last=last)
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
    await asyncio.wait_for(task, 2)
    row = await queue.jobs.get(job.id)
    assert (row.state, row.crashes, row.restarts) == (State.QUEUED, 0, 0)
    assert engine.renders == []


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
    await until(lambda: noted.at(Place.ENGINE) is Shortage.DISK)
    text = messages.waits_for(recipe(), Shortage.DISK)
    assert "waiting for room on my disk; it goes on by itself" in text
    await until(lambda: len(engine.renders) == 4)
    await queue.claims.cancel(job.id)


async def test_a_failed_render_has_an_error_id_that_the_log_holds(queue, engine, start, caplog):
    engine.acts = [RenderFailed("E_MEMORY", "out of memory", "Traceback: the whole story")]
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.FAILED)
    assert (row.error_code, row.error_text) == ("E_MEMORY", None)
    assert row.error_id in caplog.text
    assert "the whole story" in caplog.text


@pytest.mark.parametrize("code", [Code.WEIGHTS, Code.EXTRACTOR])
async def test_what_is_wrong_with_weights_is_told_to_the_member(queue, engine, start, code):
    engine.acts = [RenderFailed(code, "“toon” is damaged. Choose another one.", "Traceback: the whole story")]
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.FAILED)
    assert row.error_text == "“toon” is damaged. Choose another one."
    assert "Choose another one." in messages.over(row, Recipe.from_json(row.recipe))


async def test_an_engine_of_another_release_is_not_the_jobs_fault(queue, engine, start, monkeypatch, caplog):
    monkeypatch.setattr(engine_loop_module, "ENGINE_DOWN_PAUSE", 0.01)
    engine.acts = [RenderFailed("E_VERSION", "another release")] * 3
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.RENDERED)
    assert (row.crashes, row.claim) == (0, 4)
    assert "the engine cannot be used" in caplog.text


async def test_a_stop_does_not_wait_for_an_engine_that_cannot_be_used(queue, blobs, engine):
    engine.acts = [RenderFailed("E_VERSION", "another release")]
    engine_loop = engine_loop_with(queue, blobs, engine)
    task = asyncio.create_task(engine_loop.loop.run())
    job = await queued(queue)
    await until(lambda: engine.renders)
    began = time.monotonic()
    await engine_loop.stop(grace=0)
    await asyncio.wait_for(task, 5)
    assert time.monotonic() - began < engine_loop_module.ENGINE_DOWN_PAUSE / 2
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
    assert engine_loop.gpu.trouble_since is not None
    assert {job for job, *_ in gpu.renders} == {job.id for job in jobs}
    gpu.fails = lambda job: False
    for job in jobs:
        row = await comes_to(queue, job, State.RENDERED)
        assert (row.crashes, row.restarts) == (0, 0)
    assert engine_loop.gpu.trouble_since is None


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


async def test_any_other_answer_of_the_engine_fails_the_job(queue, engine, start, caplog):
    engine.acts = [EngineError("no clip")]
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.FAILED)
    assert row.error_code == "E_ENGINE"
    assert row.error_id in caplog.text


async def test_an_impossible_render_fails_with_a_text_for_the_member(queue, engine, start):
    engine.acts = [Unsupported("This needs a picture.")]
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.FAILED)
    assert (row.error_code, row.error_text) == ("E_UNSUPPORTED", "This needs a picture.")


@pytest.mark.parametrize("error", [EngineClosed(), Cancelled()])
async def test_a_failure_outside_the_job_is_not_counted(queue, engine, start, error):
    engine.acts = [error]
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.RENDERED)
    assert (row.crashes, row.restarts, row.claim) == (0, 0, 2)


async def test_a_closed_engine_does_not_make_the_loop_spin(queue, engine, start, monkeypatch):
    monkeypatch.setattr(engine_loop_module, "TROUBLE_PAUSE", 0.1)
    engine.acts = [EngineClosed()] * 1000
    await queued(queue)
    start()
    await asyncio.sleep(0.35)
    assert 1 < len(engine.renders) <= 5


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

    async def unreadable(*, last):
        if next(failures, None) is not None:
            raise CannotWrite("disk full")
        return await claim(last=last)

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


async def test_the_row_takes_progress_now_and_then_and_only_where_it_changed(
    queue, engine, start, monkeypatch
):
    monkeypatch.setattr(runs, "NOTE_SECONDS", 0.1)
    written = []
    progress = queue.claims.progress

    async def counted(job, claim, stage, fraction, take):
        written.append((time.monotonic(), fraction))
        return await progress(job, claim, stage, fraction, take)

    monkeypatch.setattr(queue.claims, "progress", counted)

    async def many_steps(on_event, cancel):
        for step in range(100):
            on_event(Progress(stage=Stage.DRAWING, fraction=step / 100))
            await asyncio.sleep(0.003)
        await asyncio.sleep(0.35)

    engine.acts = [many_steps]
    job = await queued(queue)
    start()
    await comes_to(queue, job, State.RENDERED)
    times = [at for at, _ in written]
    assert 2 <= len(written) <= 12
    assert all(later - sooner >= 0.09 for sooner, later in itertools.pairwise(times))
    assert len({fraction for _, fraction in written}) == len(written)


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
    assert "polishing (take 2)" in messages.running(recipe(), live.stage, live.fraction, live.take)
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
    kept = [await queue.take_previews.of_job(job.id) for job in jobs]
    assert [list(sheets) for sheets in kept] == [[1, 2], [], [1]]
    assert blobs.read(kept[0][2]) == b"take 2"


async def test_a_picture_that_cannot_be_put_by_costs_no_clip(
    queue, engine, start, tmp_path, monkeypatch, caplog
):
    async def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(queue.take_previews, "save", full)
    engine.acts = [discarding(tmp_path, 1)]
    job = await queued(queue)
    start()
    await comes_to(queue, job, State.RENDERED)
    assert "could not save the discarded takes" in caplog.text


async def test_the_pause_between_two_jobs_is_measured(queue, engine, start):
    for member in range(3):
        await queued(queue, member)
    engine_loop = start()
    await until(lambda: engine_loop.tally.rendered == 3)
    assert len(engine_loop._pauses.seconds) == 2
    assert 0 < engine_loop.idle(0.95) < 0.5


async def test_a_cancelled_job_is_no_pause(queue, engine, start):
    """Between two clips another job was drawn and cancelled: the engine did not rest meanwhile."""

    async def cancelled_in_the_end(on_event, cancel):
        await asyncio.sleep(0.3)
        raise RenderFailed("E_ENGINE", "no")

    engine.acts = [None, cancelled_in_the_end, None]
    for member in range(3):
        await queued(queue, member)
    engine_loop = start()
    await until(lambda: engine_loop.tally.rendered == 2)
    assert engine_loop.idle(1.0) < 0.25


async def test_nothing_measured_is_no_pause(queue, blobs, engine):
    assert engine_loop_with(queue, blobs, engine).idle(0.95) == 0.0
