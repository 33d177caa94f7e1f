"""Several engines: each takes the jobs of its own lane, and what goes wrong with one stops no other."""

from __future__ import annotations

import time

import pytest

from bot import policies
from bot.loops import absence, gpu_faults
from bot.loops.absence import Absence
from bot.loops.alerts import engine_trouble, engines_trouble
from bot.loops.engines import Engines
from bot.loops.render_tally import RenderTally
from bot.seats import Seat
from bot.text import moderation_texts
from db.states import State
from engine.core.errors import Away, RenderFailed, UserError
from engine.core.shortages import RanShort, Shortage
from engine.process.host import HostState
from tests.bot.fixtures import HouseEngine, queued, until_cancelled
from tests.bot.loops.engine_loop.bench import comes_to
from tests.clock import CLOCK
from tests.policies import DEFAULTS, shortages
from tests.present import present
from tests.until import until

THERE = "comfyui"


@pytest.fixture
def seats(tmp_path):
    """Two on this machine and a server."""
    return [
        Seat(name="GPU 0", engine=HouseEngine(tmp_path / "0")),
        Seat(name="GPU 1", engine=HouseEngine(tmp_path / "1")),
        Seat(name="the attic", engine=HouseEngine(tmp_path / "2"), lane=THERE, draws=lambda: {"wan"}),
    ]


@pytest.fixture
def begin(seats, start, signals):
    """Start the loops of all seats."""

    def begun() -> Engines:
        tally, noted = RenderTally(), shortages()
        given = {"signals": signals, "tally": tally, "others": seats, "shortages": noted}
        return Engines([start(seat=seat, **given) for seat in seats], tally)

    return begun


def drawn(seat) -> list[str]:
    return [job for job, *_ in seat.engine.renders]


async def test_two_seats_draw_at_the_same_time_and_each_job_once(queue, seats, begin, signals):
    for seat in seats[:2]:
        seat.engine.acts = [until_cancelled]
    jobs = [await queued(queue, member) for member in range(4)]
    engines = begin()
    await until(lambda: len(engines.progress) == 2)
    assert [engines.drawing(job.id).name for job in jobs[:2]] == ["GPU 0", "GPU 1"]
    assert [row.seat for row in await queue.jobs.running()] == ["GPU 1", "GPU 0"]
    assert engines.drawing(jobs[2].id) is None
    await queue.claims.cancel(jobs[1].id)
    signals.cancel_requested(jobs[1].id)
    await comes_to(queue, jobs[1], State.CANCELLED)
    for job in jobs[2:]:
        await comes_to(queue, job, State.RENDERED)
    assert drawn(seats[0]) == [jobs[0].id], "the other one went on alone"
    await engines.stop(0)
    assert (await queue.jobs.get(jobs[0].id)).state is State.QUEUED
    assert engines.tally.rendered == 2
    assert sorted(drawn(seats[0]) + drawn(seats[1])) == sorted(job.id for job in jobs)
    assert drawn(seats[2]) == []


async def test_a_seat_takes_its_own_lane_and_what_it_can_draw(queue, seats, begin, signals):
    here = await queued(queue)
    wan, ltx = [await queued(queue, lane=THERE, engine=engine) for engine in ("wan", "ltx")]
    begin()
    for job in (here, wan):
        await comes_to(queue, job, State.RENDERED)
    assert drawn(seats[2]) == [wan.id]
    assert (await queue.jobs.get(ltx.id)).state is State.QUEUED
    seats[2].draws = lambda: {"ltx"}
    signals.queued()
    await comes_to(queue, ltx, State.RENDERED)


async def test_a_gpu_that_is_broken_costs_no_job_anything_while_another_works(
    queue, seats, begin, monkeypatch
):
    monkeypatch.setattr(gpu_faults, "FIRST_PAUSE", 60.0)
    seats[0].engine.acts = [RenderFailed("E_DEVICE", "the GPU is gone")] * 100
    jobs = [await queued(queue, member) for member in range(6)]
    engines = begin()
    for job in jobs:
        row = await comes_to(queue, job, State.RENDERED)
        assert (row.crashes, row.restarts, row.seat) == (0, 0, "GPU 1")
    assert len(drawn(seats[0])) <= 2, "it rests after that"
    engines.loops[0].outcomes.gpu.met(jobs[0].id)
    engines.loops[0].outcomes.gpu.met(jobs[1].id)
    assert present(engines_trouble(engines)).startswith("⚠️ GPU 0 has not worked since")
    assert engine_trouble(engines.loops[1], named=True) is None


@pytest.mark.parametrize("error", [RanShort(Shortage.MEMORY), OSError(28, "full")])
async def test_what_one_engine_runs_short_of_is_not_waited_for_by_the_other(queue, seats, begin, error):
    seats[0].engine.acts = [error] * 100
    jobs = [await queued(queue, member) for member in range(4)]
    engines = begin()
    for job in jobs:
        assert (await comes_to(queue, job, State.RENDERED)).claim <= 2
    assert len(drawn(seats[0])) == 1
    waiting = await queued(queue, 9)
    assert engines.loops[0].outcomes.short is not None
    assert engines.short_for(waiting) is None, "it waits for neither: the other one draws it"


async def test_an_engine_that_is_not_ready_leaves_the_jobs_to_one_that_is(queue, seats, begin):
    seats[0].engine.state = HostState.RESTARTING
    jobs = [await queued(queue, member) for member in range(3)]
    begin()
    for job in jobs:
        await comes_to(queue, job, State.RENDERED)
    assert drawn(seats[0]) == []
    seats[1].engine.state = HostState.DOWN
    job = await queued(queue)
    await comes_to(queue, job, State.RENDERED)  # as with one engine, whose process is still starting


async def test_a_server_that_is_away_costs_its_jobs_nothing_and_the_others_go_on(
    queue, seats, begin, monkeypatch
):
    monkeypatch.setattr(absence, "FIRST_PAUSE", 0.2)
    seats[2].engine.acts = [Away("the attic", "connection refused")] * 2
    far = await queued(queue, lane=THERE, engine="wan")
    engines = begin()
    await until(lambda: engines.away_for(far))
    waits = await queue.jobs.get(far.id)
    assert (waits.state, engines.away_for(waits)) == (State.QUEUED, "the attic")
    assert engines.away_for(await queued(queue)) is None
    assert present(engines_trouble(engines)).startswith("⚠️ the attic can't be reached since <t:")
    here = [await queued(queue, member) for member in range(3)]
    for job in here:
        await comes_to(queue, job, State.RENDERED)
    assert (await queue.jobs.get(far.id)).state is not State.RENDERED, "the others did not wait for it"
    row = await comes_to(queue, far, State.RENDERED)
    assert (row.claim, row.crashes, row.restarts, row.stumbles) == (3, 0, 0, 0)
    assert engines.away_for(row) is None
    assert engines_trouble(engines) is None


async def test_a_server_that_answers_with_a_refusal_is_there(queue, seats, begin, monkeypatch):
    monkeypatch.setattr(absence, "FIRST_PAUSE", 0.01)
    seats[2].engine.acts = [Away("the attic"), UserError("E_SIZE", "too large")]
    far = await queued(queue, lane=THERE, engine="wan")
    engines = begin()
    await comes_to(queue, far, State.FAILED)
    assert engines.away_for(far) is None


async def test_what_is_away_for_one_job_only_draws_the_others(queue, seats, begin, monkeypatch):
    monkeypatch.setattr(absence, "FIRST_PAUSE", 0.01)
    seats[2].engine.acts = [Away("the attic")] * 2
    far = [await queued(queue, member, lane=THERE, engine="wan") for member in range(3)]
    begin()
    for job in far:
        await comes_to(queue, job, State.RENDERED)
    first, second, third = (job.id for job in far)
    assert drawn(seats[2]) == [first, first, second, third, first]


async def test_what_is_away_for_all_jobs_keeps_their_order(queue, seats, begin, monkeypatch):
    monkeypatch.setattr(absence, "FIRST_PAUSE", 0.01)
    seats[2].engine.acts = [Away("the attic")] * 3
    far = [await queued(queue, member, lane=THERE, engine="wan") for member in range(2)]
    begin()
    for job in far:
        await comes_to(queue, job, State.RENDERED)
    first, second = (job.id for job in far)
    assert drawn(seats[2]) == [first, first, second, first, second]


async def test_a_job_of_a_lane_that_is_gone_says_what_it_waits_for(queue, begin):
    engines = begin()
    assert engines.away_for(await queued(queue, lane="fal")) == "fal"


def test_the_pauses_grow_to_the_owners_limit_and_an_old_absence_counts_no_more(monkeypatch):
    limit = policies.for_absences(DEFAULTS).pause_last
    found = Absence(policies.for_absences(DEFAULTS), clock=CLOCK)
    pauses = []
    for _ in range(12):
        found.met(Away("the attic"))
        pauses.append(found.pause())
    assert pauses[:3] == [absence.FIRST_PAUSE * factor for factor in (1, 2, 4)]
    assert pauses[-1] == limit == 120.0
    assert found.where == "the attic"
    later = time.monotonic() + absence.REMEMBERED * limit + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert [found.where, found.since] == [None, None]


def test_where_there_is_one_engine_the_texts_do_not_name_it():
    assert "The engine or its GPU" in moderation_texts.engine_trouble(1.0)
    assert moderation_texts.engine_back(None) == moderation_texts.ENGINE_BACK
    assert "GPU 1 is working again" in moderation_texts.engine_back("GPU 1")
