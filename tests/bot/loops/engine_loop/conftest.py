"""An engine loop on a queue, with an engine that follows a script."""

from __future__ import annotations

import asyncio

import pytest

from bot import supervisor
from bot.loops import engine_loop as engine_loop_module
from bot.loops import outcomes
from bot.loops.engine_loop import EngineLoop
from bot.signals import JobSignals
from tests.bot.fixtures import FakeEngine, engine_loop_with
from tests.until import PATIENCE


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(engine_loop_module, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(outcomes, "TROUBLE_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "RESTART_FIRST", 0.02)


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
        await asyncio.wait_for(task, PATIENCE)
