"""How long it will take, from measured times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import wait as wait_module
from bot.wait import FEW, UNKNOWN_SECONDS, Waits, _quantiles
from tests.bot.house import hand_in, queued, recipe

FAST = {"quality": "fast"}


async def measured(db, *seconds: float, profile: str = recipe().profile) -> None:
    def insert(connection):
        rows = [(profile, each) for each in seconds]
        connection.executemany("INSERT INTO render_time (profile, seconds) VALUES (?, ?)", rows)

    await db.write(insert)


@given(st.lists(st.floats(0.01, 3600), min_size=1))
def test_a_range_lies_within_what_was_measured(times):
    span = _quantiles(times)
    slack = 1e-9 * max(times)
    assert min(times) - slack <= span.low <= span.middle + slack
    assert span.middle <= span.high + slack
    assert span.high <= max(times) + slack


async def test_before_anything_is_measured_a_guess_stands_in(queue):
    wait = await Waits(queue).for_new(recipe().profile)
    assert (wait.position, wait.low, wait.high) == (1, UNKNOWN_SECONDS / 2, UNKNOWN_SECONDS * 2)


async def test_a_profile_with_few_renders_is_taken_for_the_average_one(queue, db):
    own, other = recipe().profile, recipe(**FAST).profile
    await measured(db, *[100.0] * (FEW - 1), profile=own)
    await measured(db, *[10.0] * 50, profile=other)
    assert (await Waits(queue).for_new(own)).own == pytest.approx(10.0)
    await measured(db, 100.0, profile=own)
    assert (await Waits(queue).for_new(own)).own == pytest.approx(100.0)


async def test_each_job_waits_for_those_before_it(queue, db):
    await measured(db, *[10.0] * FEW)
    jobs = [await queued(queue, user) for user in range(3)]
    forecast = await Waits(queue).forecast()
    waits = [forecast.waits[job.id] for job in jobs]
    assert [wait.position for wait in waits] == [1, 2, 3]
    assert [wait.low for wait in waits] == pytest.approx([10, 20, 30])
    assert [wait.high for wait in waits] == pytest.approx([10, 20, 30])
    assert (forecast.ahead, forecast.low) == (3, pytest.approx(30))


async def test_the_job_that_runs_may_be_nearly_done_or_have_just_begun(queue, db):
    await measured(db, *[10.0] * FEW)
    await queued(queue, 1)
    await queue.claim()
    waiting = await queued(queue, 2)
    forecast = await Waits(queue).forecast()
    wait = forecast.waits[waiting.id]
    assert (wait.position, wait.low, wait.high) == (1, pytest.approx(10), pytest.approx(20))
    assert forecast.ahead == 2


async def test_only_the_latest_renders_count(queue, db):
    await measured(db, *[1000.0] * 200)
    await measured(db, *[2.0] * wait_module.SAMPLE)
    assert (await Waits(queue).for_new(recipe().profile)).high == pytest.approx(2.0)


async def test_a_finished_render_is_learnt_from(queue, blobs):
    for user in range(FEW):
        await queued(queue, user)
        await hand_in(queue, blobs, await queue.claim())
    assert (await Waits(queue).for_new(recipe().profile)).own == pytest.approx(3.0)


async def test_a_forecast_is_made_once_a_second_however_many_ask(queue, db, monkeypatch):
    waits = Waits(queue)
    first = await waits.forecast()
    calls = db.calls
    assert await waits.forecast() is first
    assert db.calls == calls
    monkeypatch.setattr(wait_module, "FRESH_SECONDS", 0.0)
    assert await waits.forecast() is not first
