"""A broker, a small bot and a worker with an engine that draws nothing, each over real sockets."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from bot.link.messages import Told
from bot.worker.calibrated import CalibratedEngine
from bot.worker.copies import COPIES
from bot.worker.policy import WorkerPolicy
from bot.worker.running import Worker
from engine.weights.own_files import OwnFiles
from engine.weights.store import CHECKPOINTS, STYLES, Store
from tests.fleet.broker import Broker
from tests.fleet.sleeper import Sleeper
from tests.fleet.small_bot import QUICK, SmallBot

WORKER = "abcd2345"
POLICY = WorkerPolicy(
    keep_seconds=3600, clips_waiting=3, refused_seconds=1.0, weights_bytes=10_000_000, stop_grace=2.0
)


@pytest.fixture
def broker(tmp_path):
    made = Broker(folder=tmp_path / "broker")
    made.add(WORKER)
    made.start()
    yield made
    made.kill()


@pytest.fixture
async def small_bot(broker, tmp_path):
    folder = tmp_path / "bot"
    folder.mkdir()
    async with SmallBot(broker.login(), folder) as made:
        yield made


@pytest.fixture
def said():
    """What the worker printed."""
    return []


@pytest.fixture
def engine(tmp_path):
    return Sleeper(tmp_path / "spool")


@pytest.fixture
def working(broker, tmp_path, engine, said):
    """A worker that runs during the block; the value is its task, and the event that stops it."""

    @asynccontextmanager
    async def run(*, port=None, name=WORKER, folder="worker", policy=POLICY, draws=None):
        copies = tmp_path / folder / COPIES
        store = Store(
            tmp_path / "models",
            extra_checkpoints=(copies / CHECKPOINTS,),
            extra_styles=(copies / STYLES,),
        )
        own = OwnFiles(store, tmp_path / "digests.json")
        worker = Worker(
            broker.invitation(name, port=port),
            CalibratedEngine(lambda: draws or engine, tmp_path / folder / "gate.json"),
            folder=tmp_path / folder,
            policy=policy,
            look=lambda: Told(name="Sleeper", families=("sketch",), files=tuple(sorted(own.digests))),
            own=own,
            say=said.append,
            clock=time.time,
            line_limits=QUICK,
        )
        stop = asyncio.Event()
        task = asyncio.create_task(worker.run(stop))
        try:
            yield task, stop
        finally:
            stop.set()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return run
