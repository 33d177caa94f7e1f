"""A bot that is killed at any step goes on with what its ledger says."""

from __future__ import annotations

import asyncio
import sys

import pytest

from db.sqlite.connection import Database
from engine.elsewhere.hosted.money import micros
from tests.db.asking import enqueued
from tests.engine.elsewhere.hosted.conftest import agreed
from tests.fake_services.server import CLIP
from tests.policies import queue_on
from tests.ready_database import put_database
from tests.until import PATIENCE, until


@pytest.fixture
async def job(tmp_path):
    async with await Database.open(put_database(tmp_path / "bot.db")) as database:
        queue = queue_on(database)
        await agreed(queue)
        return (await enqueued(queue)).id


async def begin(tmp_path, services, job, service):
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.engine.elsewhere.hosted.drawing_program"),
        *(str(tmp_path), services.url, job, service),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def to_its_end(program) -> str:
    out, error = await program.communicate()
    return (out + error).decode().strip().splitlines()[-1]


async def spent(tmp_path) -> int:
    async with await Database.open(tmp_path / "bot.db") as database:
        return await queue_on(database).purchases.spent_today()


@pytest.mark.parametrize(("service", "call"), [("replicate", "submit"), ("fal", "look")])
async def test_a_kill_at_any_step_pays_once(tmp_path, services, job, service, call):
    """The service hears the call, and the bot is dead before it hears the answer."""
    reached, go = asyncio.Event(), asyncio.Event()

    async def stall(name: str) -> None:
        if name == call and not go.is_set():
            reached.set()
            await go.wait()

    services.stall = stall
    program = await begin(tmp_path, services, job, service)
    await asyncio.wait_for(reached.wait(), PATIENCE)
    program.kill()
    await program.wait()
    go.set()
    await until(lambda: services.calls[call] >= 1)
    said = await to_its_end(await begin(tmp_path, services, job, service))
    assert services.calls["submit"] == 1
    assert len(services.works) == 1
    assert said == str(len(CLIP))
    assert await spent(tmp_path) == micros("0.1")
