"""Who says what happened, and which loops hear of it."""

from __future__ import annotations

import asyncio
from unittest.mock import Mock

from bot.loops.runs import Run
from bot.signals import JobSignals
from db.states import JobId

JOB = JobId("0123456789abcdef")


def test_everything_that_is_connected_is_called():
    signals = JobSignals()
    one, two = Mock(), Mock()
    signals.changed.connect(one)
    signals.changed.connect(two)
    signals.changed(JOB)
    one.assert_called_once_with(JOB)
    two.assert_called_once_with(JOB)


async def test_each_loop_hears_what_it_waits_for(app):
    """What a moderator lets go on may be drawn, posted and shown: all of them look at once."""
    loops = (app.engines.loops[0].loop, app.deliverer.loop, app.cases.loop)
    app.board._refreshed = 5.0
    app.signals.released(JOB)
    assert [loop._woken.is_set() for loop in loops] == [True] * 3
    assert list(app.board._dirty) == [JOB]
    assert app.board._refreshed == 0.0


async def test_a_signal_wakes_no_other_loop(app):
    engine_loop, deliverer, cases = (
        app.engines.loops[0].loop,
        app.deliverer.loop,
        app.cases.loop,
    )
    for signal, woken in (
        (app.signals.queued, engine_loop),
        (app.signals.rendered, deliverer),
        (app.signals.discord_is_back, deliverer),
        (app.signals.case_changed, cases),
    ):
        signal()
        assert [loop for loop in (engine_loop, deliverer, cases) if loop._woken.is_set()] == [woken]
        woken._woken.clear()
    app.signals.changed(JOB)
    app.signals.places_changed()
    assert not any(loop._woken.is_set() for loop in (engine_loop, deliverer, cases))


async def test_a_client_that_is_connected_says_that_discord_is_back(app):
    app.messenger.attach(Mock())
    assert app.deliverer._is_back


async def test_a_cancel_reaches_the_job_that_runs_and_no_other(app):
    begun: asyncio.Future[Run] = asyncio.get_running_loop().create_future()

    async def work(run: Run) -> None:
        begun.set_result(run)
        await run.cancel.wait()

    await app.engines.loops[0]._runs.begin(JOB, work, alone=False)
    run = await begun
    app.signals.cancel_requested(JobId("f" * 16))
    assert not run.cancel.is_set()
    app.signals.cancel_requested(JOB)
    assert run.cancel.is_set()
