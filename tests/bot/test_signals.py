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


async def test_each_loop_hears_what_it_waits_for(services):
    """What a moderator lets go on may be drawn, posted and shown: all of them look at once."""
    loops = (services.engines.loops[0].loop, services.deliverer.loop, services.cases.loop)
    services.board._refreshed = 5.0
    services.signals.released(JOB)
    assert [loop._woken.is_set() for loop in loops] == [True] * 3
    assert list(services.board._dirty) == [JOB]
    assert services.board._refreshed == 0.0


async def test_a_signal_wakes_no_other_loop(services):
    engine_loop, deliverer, cases = (
        services.engines.loops[0].loop,
        services.deliverer.loop,
        services.cases.loop,
    )
    for signal, woken in (
        (services.signals.queued, engine_loop),
        (services.signals.rendered, deliverer),
        (services.signals.discord_is_back, deliverer),
        (services.signals.case_changed, cases),
    ):
        signal()
        assert [loop for loop in (engine_loop, deliverer, cases) if loop._woken.is_set()] == [woken]
        woken._woken.clear()
    services.signals.changed(JOB)
    services.signals.places_changed()
    assert not any(loop._woken.is_set() for loop in (engine_loop, deliverer, cases))


async def test_a_client_that_is_connected_says_that_discord_is_back(services):
    services.messenger.attach(Mock())
    assert services.deliverer._is_back


async def test_a_cancel_reaches_the_job_that_runs_and_no_other(services):
    begun: asyncio.Future[Run] = asyncio.get_running_loop().create_future()

    async def work(run: Run) -> None:
        begun.set_result(run)
        await run.cancel.wait()

    await services.engines.loops[0]._runs.begin(JOB, work, alone=False)
    run = await begun
    services.signals.cancel_requested(JobId("f" * 16))
    assert not run.cancel.is_set()
    services.signals.cancel_requested(JOB)
    assert run.cancel.is_set()
