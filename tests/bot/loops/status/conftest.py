"""A status board with a messenger that notes what it is told."""

from __future__ import annotations

import asyncio
from unittest.mock import AsyncMock, create_autospec

import pytest

from bot import supervisor
from bot.discord_io.messenger import Messenger
from bot.forecast import Forecaster
from bot.loops import status as status_module
from bot.loops.engines import Engines
from bot.loops.status import StatusBoard
from bot.signals import JobSignals
from engine.provenance.seal import Sealer
from tests.bot.fixtures import FakeEngine, engine_loop_with, queued
from tests.bot.loops.status.bench import with_message
from tests.clock import CLOCK
from tests.policies import shortages
from tests.until import until


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(status_module, "TICK_SECONDS", 0.005)
    monkeypatch.setattr(status_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(supervisor, "RESTART_FIRST", 0.02)


@pytest.fixture
def messenger():
    made = create_autospec(Messenger, instance=True, spec_set=True)
    made.send.return_value = 901
    return made


@pytest.fixture
def engine_loop(queue, blobs, tmp_path):
    return engine_loop_with(queue, blobs, FakeEngine(tmp_path / "spool"))


@pytest.fixture
def make(queue, messenger, engine_loop):
    def made(interval: float = 0.02) -> StatusBoard:
        return StatusBoard(
            give_up_after=48 * 3600.0,
            clock=CLOCK,
            shortages=shortages(),
            owed=queue.owed,
            delivery=queue.delivery,
            jobs=queue.jobs,
            moderation=queue.moderation,
            signals=JobSignals(),
            messenger=messenger,
            engines=Engines([engine_loop], engine_loop.tally),
            forecaster=Forecaster(queue.jobs, clock=CLOCK),
            dress=lambda job, draft: None,
            sealer=Sealer(None),
            may_show=AsyncMock(return_value=True),
            interval=interval,
        )

    return made


@pytest.fixture
async def start(make):
    """Start a board; it ends as if the process died, without a last look."""
    tasks = []

    async def started(interval: float = 0.02) -> StatusBoard:
        board = make(interval)
        tasks.append((board, asyncio.create_task(board.loop.run())))
        await until(lambda: board._refreshed)  # its first look is over
        return board

    yield started
    for board, task in tasks:
        for each in [task, *board._tasks]:
            each.cancel()
        await asyncio.gather(task, *board._tasks, return_exceptions=True)


@pytest.fixture
async def job(queue):
    """A waiting job with a status message."""
    return await with_message(queue, await queued(queue))
