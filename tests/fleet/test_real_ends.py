"""The bot's real hub, a real broker and real workers in one process: who may stay."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sqlite3
import time
from dataclasses import replace

import pytest

from bot.fleet.capability import Ability
from bot.worker.calibrated import CalibratedEngine
from bot.worker.copies import COPIES
from bot.worker.ends import Ended
from bot.worker.running import Worker
from engine.core.recipe import Style
from engine.weights.own_files import OwnFiles
from engine.weights.store import STYLES, Store
from tests.engine.weights import kinds
from tests.fleet import bot_process
from tests.fleet.abuse import ABILITY
from tests.fleet.broker import Broker
from tests.fleet.relay import Relay
from tests.fleet.sleeper import Sleeper, order_text
from tests.fleet.small_bot import QUICK
from tests.fleet.worker_process import CAPS, POLICY
from tests.policies import DEFAULTS
from tests.until import PATIENCE, until

NAME = "abcd2345"


@pytest.fixture
async def bot(tmp_path):
    """A bot that runs, with 40 jobs that wait; the value is its broker."""
    broker = Broker(folder=tmp_path / "broker")
    broker.add(NAME)
    data = tmp_path / "bot"
    data.mkdir()
    await bot_process.fill(data, [(order_text(0.2), {})] * 40, [ABILITY])
    await bot_process.invite(data, {NAME: broker.workers[NAME][1]})
    broker.start()
    living = asyncio.create_task(bot_process.live(data, broker.login()))
    yield broker
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
    broker.kill()


@contextlib.asynccontextmanager
async def a_worker(broker, folder, *, name=NAME, port=None, clock=time.time, caps=CAPS, policy=POLICY):
    copies = folder / COPIES
    store = Store(folder / "models", extra_styles=(copies / STYLES,))
    own = OwnFiles(store, folder / "digests.json")
    worker = Worker(
        broker.invitation(name, port=port),
        CalibratedEngine(lambda: Sleeper(folder / "spool"), folder / "gate.json"),
        folder=folder,
        policy=policy,
        look=lambda: caps.model_copy(update={"files": tuple(own.digests)}),
        own=own,
        say=lambda _: None,
        clock=clock,
        line_limits=QUICK,
    )
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield task
    finally:
        stop.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def delivered(tmp_path, count):
    posted = bot_process.Notes(path=tmp_path / "bot" / "posted.jsonl")
    await until(lambda: len(posted.read()) >= count)
    return posted.read()


async def test_of_two_processes_with_one_key_the_younger_goes_on(bot, tmp_path):
    async with a_worker(bot, tmp_path / "older") as older:
        await delivered(tmp_path, 1)
        async with a_worker(bot, tmp_path / "younger") as younger:
            with pytest.raises(Ended, match="in use by another program"):
                await asyncio.wait_for(older, PATIENCE)
            before = len(await delivered(tmp_path, 1))
            posted = await delivered(tmp_path, before + 3)
            assert not younger.done()
    jobs = [line["job"] for line in posted]
    assert len(jobs) == len(set(jobs))
    assert all(line["right"] for line in posted)


async def test_a_worker_that_begins_anew_goes_on_although_its_machines_clock_was_set_back(bot, tmp_path):
    async with a_worker(bot, tmp_path / "one"):
        await delivered(tmp_path, 1)
    async with a_worker(bot, tmp_path / "one", clock=lambda: time.time() - 3600) as again:
        before = len(await delivered(tmp_path, 1))
        await delivered(tmp_path, before + 2)
        assert not again.done()


async def test_a_worker_that_the_owner_removes_ends_with_a_plain_word(bot, tmp_path):
    async with a_worker(bot, tmp_path / "one") as worker:
        await delivered(tmp_path, 1)
        with (
            contextlib.closing(sqlite3.connect(tmp_path / "bot" / "bot.db", timeout=10)) as database,
            database,
        ):
            database.execute("UPDATE worker SET removed_at = 1")
        with pytest.raises(Ended, match="removed this machine"):
            await asyncio.wait_for(worker, PATIENCE)


async def test_a_worker_that_falls_silent_while_its_clip_is_fetched_is_waited_for_no_longer(tmp_path):
    broker = Broker(folder=tmp_path / "broker")
    data, other = tmp_path / "bot", "bcde3456"
    data.mkdir()
    for name in (NAME, other):
        broker.add(name)
    await bot_process.fill(data, [(order_text(0.2, size=9_000_000), {})], [ABILITY])
    await bot_process.invite(data, {name: key for name, (_, key) in broker.workers.items()})
    settings = DEFAULTS.model_copy(update={"worker_lease_seconds": 3.0, "worker_beat_seconds": 0.5})
    broker.start()
    living = asyncio.create_task(bot_process.live(data, broker.login(), settings))
    claims = bot_process.Notes(path=data / "claims.jsonl")
    try:
        async with (
            Relay(broker.port, delay=0.05) as relay,
            a_worker(broker, tmp_path / "one", port=relay.port),
        ):
            async with asyncio.timeout(PATIENCE):
                while not list((data / "fetched").glob("*.mp4")):  # noqa: ASYNC110 - the bot writes it
                    await asyncio.sleep(0.02)
            relay.stall()
            began = time.time()
            async with a_worker(broker, tmp_path / "two", name=other):
                posted = await delivered(tmp_path, 1)
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        broker.kill()
    assert [line["worker"] for line in claims.read()] == [NAME, other]
    assert claims.read()[1]["t"] - began < 6
    assert posted[0]["right"]


async def test_a_worker_fetches_the_owners_style_and_draws_in_it(tmp_path):
    broker = Broker(folder=tmp_path / "broker")
    data = tmp_path / "bot"
    broker.add(NAME)
    style = kinds.write(data / "models" / "styles" / "ink.safetensors", kinds.LORA_SD15)
    digest = hashlib.sha256(style.read_bytes()).hexdigest()
    ability = Ability(engine="animatediff", files=(digest,)).to_json()
    job = order_text(0.2, engine="animatediff", styles=(Style(name="ink"),))
    await bot_process.fill(data, [(job, {})] * 2, [ability])
    await bot_process.invite(data, {NAME: broker.workers[NAME][1]})
    settings = DEFAULTS.model_copy(update={"worker_beat_seconds": 0.5})
    broker.start()
    living = asyncio.create_task(bot_process.live(data, broker.login(), settings))
    caps = CAPS.model_copy(update={"families": ("animatediff",)})
    policy = replace(POLICY, weights_bytes=1_000_000)
    try:
        async with a_worker(broker, tmp_path / "one", caps=caps, policy=policy):
            posted = await delivered(tmp_path, 2)
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        broker.kill()
    assert all(line["right"] for line in posted)
    copy = tmp_path / "one" / COPIES / STYLES / f"{digest}.safetensors"
    assert copy.read_bytes() == style.read_bytes()
