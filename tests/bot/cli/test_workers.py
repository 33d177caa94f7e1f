"""`framekiln workers` and `framekiln broker`, beside a running bot and without one."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from click.testing import CliRunner

from bot import serving_policies
from bot.broker.broker import Broker
from bot.broker.reach import complete, is_local
from bot.broker.store import BrokerStore
from bot.cli.main import main
from bot.cli.rows.broker_findings import examine_workers
from bot.config.settings import load_settings
from bot.link.invitation import Invitation
from db.fleet.workers import Workers
from db.sqlite.connection import Database
from db.sqlite.lock import taken
from tests.bot.broker.conftest import dialling, free_port
from tests.until import PATIENCE


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FRAMEKILN_BROKER_PORT", str(free_port()))
    monkeypatch.setenv("FRAMEKILN_BROKER_HOST", "127.0.0.1")
    return tmp_path / "data"


def run(*words: str, well: bool = True):
    found = CliRunner().invoke(main, words)
    assert (found.exit_code == 0) is well, found.output
    return found


def rows(data):
    async def read():
        async with await Database.open(data / "framekiln.db") as db:
            return await Workers(db).all(removed=True)

    return asyncio.run(read())


def test_from_nothing_to_an_invitation_without_a_bot(data):
    said = run("workers", "on", "--address", "127.0.0.1").output
    port = load_settings().broker_port
    assert f"They dial 127.0.0.1:{port}." in said
    assert said.count("✓") == 2
    assert "address of your own network" in said
    invited = run("workers", "invite", "alice")
    invitation = Invitation.from_line(invited.stdout.splitlines()[0])
    assert invitation.address == f"127.0.0.1:{port}"
    secrets = BrokerStore(data).secrets()
    assert secrets is not None
    assert invitation.fingerprint == secrets.certificate.fingerprint
    (worker,) = rows(data)
    assert (worker.id, worker.name, worker.trust) == (invitation.worker, "alice", "friend")
    assert invitation.seed not in (data / "framekiln.db").read_bytes().decode("latin-1")
    assert stat_of(data / "framekiln.db") == 0o600


def stat_of(path):
    return path.stat().st_mode & 0o777


async def test_a_running_bot_follows_each_command(data):
    """The whole way: on, invite, remove, off, while the bot holds the database, with a real broker."""

    async def command(*words):
        return await asyncio.to_thread(run, *words)

    async with await Database.open(data / "framekiln.db") as db:
        broker = Broker(
            BrokerStore(data), serving_policies.for_broker(load_settings()), keys=Workers(db).keys
        )
        running = asyncio.create_task(broker.loop.run())
        (data / "health.json").write_text(json.dumps({"time": time.time()}))
        said = (await command("workers", "on", "--address", "127.0.0.1")).output
        assert said.count("✓") == 2
        assert "trial" not in said
        line = (await command("workers", "invite", "alice", "--trust", "own")).stdout.splitlines()[0]
        invited = Invitation.from_line(line)
        worker = broker.login
        assert worker is not None
        login = type(worker)(
            host=invited.host,
            port=invited.port,
            seed=invited.seed,
            fingerprint=invited.fingerprint,
            name="",
        )
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    async with dialling(login) as caller:
                        await command("workers", "remove", "alice")
                        await caller.gone()
                    break
                except Exception:  # noqa: BLE001 - not known yet: the bot looks once a second
                    await asyncio.sleep(0.05)
            await command("workers", "off")
            while broker.login is not None:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
        assert broker.child is None
        broker.loop.stop()
        await running
        await broker.close()


def test_workers_are_trusted_listed_and_removed_by_name_or_id_while_the_bot_holds_the_database(data):
    run("workers", "on", "--address", "example.org")
    run("workers", "invite", "alice")
    run("workers", "invite", "bob", "--trust", "public")
    alice = next(worker for worker in rows(data) if worker.name == "alice")
    with taken(data / "framekiln.db"):
        assert "every server" in run("workers", "trust", "alice", "own").output
        listed = run("workers", "list").output.splitlines()
        assert [line.split()[1:3] for line in listed] == [["alice", "own"], ["bob", "public"]]
        assert "never seen" in listed[0]
        run("workers", "remove", alice.id)
        assert "alice" not in run("workers", "list").output
        assert "removed" in run("workers", "list", "--removed").output
        assert "no worker called alice" in run("workers", "remove", "alice", well=False).output
        assert "no worker called alice" in run("workers", "trust", "alice", "own", well=False).output
        run("workers", "invite", "alice")  # the name is free again


def test_a_name_is_given_once(data):
    run("workers", "on", "--address", "example.org")
    run("workers", "invite", "alice")
    assert "there is a worker called alice" in run("workers", "invite", "alice", well=False).output


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 41, " alice"])
def test_a_name_is_a_short_printable_line(name):
    assert "a name has" in run("workers", "invite", name, well=False).output


def test_what_was_never_turned_on_says_so():
    for words in (("workers", "invite", "alice"), ("workers", "off"), ("broker", "export", "there")):
        assert "framekiln workers on" in run(*words, well=False).output
    assert "framekiln workers invite" in run("workers", "list", well=False).output


def test_on_again_keeps_the_keys_and_the_address(data):
    run("workers", "on", "--address", "example.org:5000")
    before = BrokerStore(data).secrets()
    run("workers", "off")
    assert "They dial example.org:5000." in run("workers", "on").output
    assert BrokerStore(data).secrets() == before


def test_a_port_that_is_taken_is_said(data):
    import socket

    with socket.socket() as taking:
        taking.bind(("127.0.0.1", load_settings().broker_port))
        taking.listen()
        assert "address already in use" in run("workers", "on").output


def findings():
    return {found.name: found for found in examine_workers(load_settings())}


def test_the_doctor_says_how_it_stands(data, monkeypatch):
    assert "are off" in findings()["workers"].text
    run("workers", "on", "--address", "example.org")
    found = findings()
    assert (found["broker"].ok, found["certificate"].ok, found["port"].ok) == (True, True, True)
    assert "nobody was invited" in found["workers"].text
    run("workers", "invite", "alice")
    assert "1 may come; none was here yet" in findings()["workers"].text
    (data / "health.json").write_text(json.dumps({"time": time.time()}))
    assert findings()["port"].wrong
    (data / "workers/certificate.pem").write_text("damaged")
    assert findings()["certificate"].wrong
    (data / "workers/key.pem").unlink()
    assert "gone" in findings()["certificate"].text
    monkeypatch.setattr("bot.broker.binary.DIGESTS", {})
    assert findings()["broker"].mend == "pip install 'framekiln[workers]'"
    (data / "workers/wanted.json").write_text("{")
    assert findings()["workers"].mend == "framekiln workers on"


def test_an_external_broker_is_looked_for_and_exported(data, tmp_path):
    assert "--external needs --address" in run("workers", "on", "--external", well=False).output
    said = run("workers", "on", "--external", "--address", f"127.0.0.1:{free_port()}").output
    assert "does not answer" in said
    assert "framekiln broker export" in said
    assert "framekiln broker export" in run("workers", "invite", "alice").output
    run("broker", "export", "there")
    assert {path.name for path in (tmp_path / "there").iterdir()} == {
        "broker.conf",
        "certificate.pem",
        "key.pem",
        "keeper.nkey",
        "keeper.json",
    }
    assert rows(data)[0].key in (tmp_path / "there/broker.conf").read_text()


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("example.org", "example.org:4222"),
        ("example.org:5000", "example.org:5000"),
        ("tls://example.org:5000/", "example.org:5000"),
        ("192.0.2.7", "192.0.2.7:4222"),
        ("2001:db8::7", "[2001:db8::7]:4222"),
        ("[2001:db8::7]", "[2001:db8::7]:4222"),
        ("[2001:db8::7]:5000", "[2001:db8::7]:5000"),
    ],
)
def test_an_address_is_taken_as_people_write_it(written, address):
    assert complete(written, 4222) == address


@pytest.mark.parametrize("written", ["", "a b", "example.org:0", "example.org:70000", "a:b:c", "http://x/y"])
def test_what_is_no_address_is_said(written):
    with pytest.raises(ValueError, match=r"address|Octet|IPv6|parts|digits"):
        complete(written, 4222)


def test_an_address_of_this_network_is_told_from_one_of_the_world():
    local = ["192.168.1.5:1", "127.0.0.1:1", "[fe80::1]:1", "pc:1", "pc.local:1"]
    assert all(is_local(address) for address in local)
    assert not any(is_local(address) for address in ("example.org:1", "1.1.1.1:1", "[2606:4700::1]:1"))
