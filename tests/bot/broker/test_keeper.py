"""A broker on another machine, which hears from the bot who may come: real programs over a real socket."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from nats.errors import Error

from bot.broker.broker import Broker, export
from bot.broker.errors import BrokerUnusable
from bot.broker.keeper import Keeper
from bot.broker.keeping import FILE, LARGEST, WHERE, Guests, NoList, answer_subject
from bot.broker.keys import new_seed, public_key
from bot.broker.store import Wanted
from bot.link import subjects
from bot.link.connection import Line
from bot.link.errors import LinkError
from tests import ROOT
from tests.bot.broker.conftest import ALICE, BOB, NOW, Known, dialling, login_of
from tests.present import present
from tests.until import PATIENCE, until


@pytest.fixture
def folder(store, policy, tmp_path):
    """What was exported before anybody was invited."""
    secrets = store.make_secrets(NOW)
    there = tmp_path / "there"
    seed = store.keeper_seed(make=True)
    export(there, secrets, {}, keeper=seed, port=policy.port, connections=policy.connections)
    return there


@asynccontextmanager
async def keeping(folder):
    said: list[str] = []
    stop = asyncio.Event()
    keeper = Keeper(folder, binary=None, host="127.0.0.1", say=said.append)
    task = asyncio.create_task(keeper.run(stop))
    try:
        await until(lambda: said)
        yield said
    finally:
        stop.set()
        await task


@asynccontextmanager
async def a_bot(store, policy, keys):
    """The bot's side: the broker that it wants elsewhere, and its line there."""
    store.want(Wanted(on=True, address=f"127.0.0.1:{policy.port}", external=True))

    async def read():
        return dict(keys)

    broker = Broker(store, policy, keys=read)
    await broker.look()
    line = Line(present(broker.login), answers=subjects.ANSWERS_TO_BOT, hears={})

    async def pass_on(data):
        try:
            return (await line.request(WHERE, data, reply=answer_subject(), seconds=5)).data
        except LinkError:
            return b""

    broker.told_by(pass_on)
    task = asyncio.create_task(line.run())
    try:
        async with asyncio.timeout(PATIENCE):
            await line.up.wait()
        yield broker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await broker.close()


async def let_in(who, login):
    try:
        async with dialling(login_of(who, login)):
            return True
    except (Error, OSError):
        return False


async def test_invitations_and_removals_reach_a_broker_elsewhere_and_outlive_it(store, policy, folder):
    alice = Known()
    keys: dict[str, str] = {}
    async with keeping(folder) as said, a_bot(store, policy, keys) as broker:
        assert not await let_in(alice, broker.login)
        keys[ALICE] = alice.key
        await broker.look()
        assert said[-1] == "1 worker may come."
        async with dialling(login_of(alice, broker.login)) as worker:
            keys[BOB], login = Known().key, broker.login
            await broker.look()
            assert worker.client.is_connected
    async with keeping(folder):  # after a restart, and no bot is there
        assert await let_in(alice, login)
    async with keeping(folder), a_bot(store, policy, keys) as broker:
        goodbyes = []

        async def farewell(gone):
            goodbyes.extend(gone)

        broker.before_removal(farewell)
        await broker.look()
        async with dialling(login_of(alice, broker.login)) as worker:
            del keys[ALICE]
            await broker.look()
            await worker.gone()
        assert goodbyes == [ALICE]
        assert not await let_in(alice, broker.login)


async def test_nobody_but_the_bot_says_who_may_come(store, policy, folder):
    alice, mallory = Known(), Known()
    keys: dict[str, str] = {}
    async with keeping(folder), a_bot(store, policy, keys) as broker:
        keys[ALICE] = alice.key
        await broker.look()
        before = (folder / FILE).read_bytes()
        forged = replace(Guests.from_json(before), workers={ALICE: alice.key, BOB: mallory.key})
        async with dialling(login_of(alice, broker.login)) as worker:
            await worker.says(WHERE, forged.to_json())
            assert await worker.was_refused() == 1
        assert (folder / FILE).read_bytes() == before
        assert not await let_in(mallory, broker.login)


GOOD = Guests(
    bot=public_key(new_seed()), keeper=public_key(new_seed()), port=4222, connections=10, workers={}
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        replace(GOOD, port=0).to_json(),
        replace(GOOD, bot="U").to_json(),
        replace(GOOD, workers={"../../x": GOOD.bot}).to_json(),
        replace(GOOD, workers={ALICE: "not a key"}).to_json(),
        GOOD.to_json() + b" " * LARGEST + b"x",
    ],
)
def test_what_is_no_list_changes_nothing(data):
    assert Guests.from_json(GOOD.to_json()) == GOOD
    with pytest.raises(NoList):
        Guests.from_json(data)


def test_a_folder_that_is_not_whole_is_named(tmp_path):
    with pytest.raises(BrokerUnusable, match="framekiln broker export writes one"):
        Keeper(tmp_path, binary=None, host="127.0.0.1", say=print)


async def test_the_command_runs_it_until_it_is_told_to_stop(folder, tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from bot.cli.main import main; main()"),
        *("broker", "run", folder, "--host", "127.0.0.1"),
        stdout=subprocess.PIPE,
        env={**os.environ, "FRAMEKILN_DATA_DIR": str(tmp_path / "none"), "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            assert b"0 workers may come." in await process.stdout.readline()
            process.terminate()
            assert b"Stopped." in await process.stdout.read()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
