"""`framekiln doctor` and the broker: who keeps it, whose list it has, and how many can sign in."""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import asynccontextmanager
from functools import partial

import pytest
from click.testing import CliRunner

from bot.broker.broker import Broker
from bot.broker.configuration import Place, configuration
from bot.broker.keeper import Keeper
from bot.broker.keeping import WHERE, Kept, NoList, answer_subject
from bot.broker.keys import new_seed, public_key
from bot.broker.served import Served
from bot.broker.store import BrokerStore
from bot.cli.main import main
from bot.cli.rows import keeper_findings
from bot.cli.rows.broker_findings import examine_workers
from bot.config.settings import load_settings
from bot.link import subjects
from bot.link.connection import Line
from bot.serving_policies import for_broker
from db.fleet.workers import Workers
from db.sqlite.connection import Database
from tests.bot.broker.conftest import free_port
from tests.present import present
from tests.until import PATIENCE, until


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    port = free_port()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FRAMEKILN_BROKER_PORT", str(port))
    monkeypatch.setenv("FRAMEKILN_BROKER_HOST", "127.0.0.1")
    return tmp_path / "data"


async def run(*words):
    found = await asyncio.to_thread(CliRunner().invoke, main, words)
    assert found.exit_code == 0, found.output


async def found():
    """Name → finding."""
    settings = load_settings()
    return {each.name: each for each in await asyncio.to_thread(lambda: list(examine_workers(settings)))}


@pytest.fixture
async def there(data, tmp_path):
    """The folder of a broker elsewhere, exported while one worker was invited."""
    await run("workers", "on", "--external", "--address", f"127.0.0.1:{load_settings().broker_port}")
    await run("workers", "invite", "alice")
    await run("broker", "export", str(tmp_path / "there"))
    return tmp_path / "there"


@asynccontextmanager
async def keeping(folder):
    said: list[str] = []
    stop = asyncio.Event()
    task = asyncio.create_task(Keeper(folder, binary=None, host="127.0.0.1", say=said.append).run(stop))
    try:
        await until(lambda: said)
        yield
    finally:
        stop.set()
        await task


@asynccontextmanager
async def a_bot(data):
    """A running bot that tells the keeper who may come."""
    (data / "health.json").write_text(json.dumps({"time": time.time()}))
    async with await Database.open(data / "framekiln.db") as db:
        broker = Broker(BrokerStore(data), for_broker(load_settings()), keys=Workers(db).keys)
        await broker.look()
        line = Line(present(broker.login), answers=subjects.ANSWERS_TO_BOT, hears={})
        task = asyncio.create_task(line.run())
        try:
            async with asyncio.timeout(PATIENCE):
                await line.up.wait()

            async def pass_on(told):
                return (await line.request(WHERE, told, reply=answer_subject(), seconds=PATIENCE)).data

            broker.told_by(pass_on)
            await broker.look()
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await broker.close()


async def test_a_broker_elsewhere_is_asked_who_keeps_it_and_who_can_sign_in(data, there, monkeypatch):
    monkeypatch.setattr(keeper_findings, "LOOK_SECONDS", PATIENCE)  # the keeper's own line may come up late

    async with keeping(there):
        seen = await found()
        assert "over TLS" in seen["port"].text
        assert seen["broker"].text == "takes the bot's key"
        assert "has heard nothing of the bot" in seen["keeper"].text
        assert seen["users"].text == "1 worker can sign in: all that may come"
        await run("workers", "invite", "bob")
        seen = await found()
        assert "1 worker can sign in, and the bot would tell it another list, of 2" in seen["users"].text
        assert seen["users"].mend == "Start the bot."
        async with a_bot(data):
            seen = await found()
            assert re.search(r"heard from the bot \d+ s ago", seen["keeper"].text)
            assert (seen["users"].ok, seen["users"].text[:9]) == (True, "2 workers")
            monkeypatch.setattr(keeper_findings, "FRESH", -1.0)
            assert (await found())["keeper"].wrong, "the bot runs, and the keeper hears nothing of it"


async def test_a_broker_that_nothing_keeps_is_told_apart_from_one_with_other_keys(data, there, monkeypatch):
    monkeypatch.setattr(keeper_findings, "LOOK_SECONDS", 1.0)

    secrets = present(BrokerStore(data).secrets())
    place = Place(
        host="127.0.0.1",
        port=load_settings().broker_port,
        certificate=str(there / "certificate.pem"),
        key=str(there / "key.pem"),
        connections=10,
        log=str(there / "broker.log"),
        pid=str(there / "broker.pid"),
    )
    served = Served(there, binary=None)
    try:
        await served.be(place, configuration(place, bot=public_key(secrets.seed), workers={}))

        async def says(words):
            """What is found; None where a busy machine took longer than LOOK_SECONDS."""
            seen = await found()
            return seen if words in seen["broker"].text else None

        seen = await until(partial(says, "takes the bot's key"))
        assert seen["broker"].ok
        assert (seen["keeper"].wrong, "broker run FOLDER" in seen["keeper"].mend) == (True, True)
        await served.be(place, configuration(place, bot=public_key(new_seed()), workers={}))
        seen = await until(partial(says, "does not take the bot's key"))
        assert "broker export FOLDER" in seen["broker"].mend
    finally:
        await served.end()


async def test_the_bots_own_broker_has_the_databases_list_or_the_doctor_says_so(data):
    await run("workers", "on", "--address", "127.0.0.1")
    await run("workers", "invite", "alice")
    (data / "health.json").write_text(json.dumps({"time": time.time()}))
    async with await Database.open(data / "framekiln.db") as db:
        broker = Broker(BrokerStore(data), for_broker(load_settings()), keys=Workers(db).keys)
        try:
            await broker.look()
            assert (await found())["users"].text == "1 worker can sign in: all that may come"
            await run("workers", "invite", "bob")
            assert (await found())["users"].wrong
            await broker.look()
            assert (await found())["users"].text == "2 workers can sign in: all that may come"
        finally:
            await broker.close()


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"release": 1}'])
def test_what_is_no_answer_of_a_keeper_is_told_apart(answer):
    kept = Kept(release="1", digest="a", workers=2, runs=True, told=None)
    assert Kept.from_json(kept.to_json()) == kept
    with pytest.raises(NoList):
        Kept.from_json(answer)
