"""A real broker, and clients that dial in as the bot, as workers and as nobody."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from nats.aio.client import Client

from bot import serving_policies
from bot.broker.binary import find_binary
from bot.broker.broker import Broker
from bot.broker.child import READY
from bot.broker.configuration import Place, configuration
from bot.broker.keys import new_seed, public_key
from bot.broker.store import CERTIFICATE, KEY, BrokerStore, Wanted, write_private
from bot.link import certificate
from bot.link.connection import Login, _end
from tests.policies import DEFAULTS
from tests.until import PATIENCE, until

ALICE, BOB = "a11ce000", "b0b00000"
NOW = time.time()


class Known:
    """Somebody with a key."""

    def __init__(self):
        self.seed = new_seed()
        self.key = public_key(self.seed)


class Caller:
    """A client of the broker, and what the broker said to it."""

    def __init__(self, client, errors):
        self.client, self.errors = client, errors

    @property
    def refused(self):
        return [str(error) for error in self.errors if "permissions violation" in str(error).lower()]

    async def hears(self, subject, queue=""):
        heard = []

        async def note(message):
            heard.append(message)

        await self.client.subscribe(subject, queue=queue, cb=note)
        await self.settle()
        return heard

    async def says(self, subject, data=b"", **more):
        await self.client.publish(subject, data, **more)
        await self.settle()

    async def settle(self):
        """Wait until the broker has read all that was said. nats-py's ping overtakes what it still holds."""
        await self.client.flush()
        await self.client.flush()

    async def was_refused(self):
        """Wait until the broker has refused something; how often it did."""
        await until(lambda: self.refused)
        await self.settle()
        return len(self.refused)

    async def gone(self):
        """Wait until the broker has hung up; it never hangs up on a client that answers its pings."""
        await until(lambda: not self.client.is_connected)


@asynccontextmanager
async def dialling(login):
    der = await certificate.fetch(login.host, login.port, fingerprint=login.fingerprint, seconds=PATIENCE)
    client, errors = Client(), []

    async def note(error):
        errors.append(error)

    try:
        await client.connect(
            f"tls://{login.host}:{login.port}",
            nkeys_seed_str=login.seed,
            tls=certificate.trusting(der),
            tls_hostname=certificate.NAME,
            tls_handshake_first=True,
            allow_reconnect=False,
            error_cb=note,
            connect_timeout=PATIENCE,
        )
    except BaseException:
        await _end(client)  # nats-py leaves the socket of a login that was refused
        raise
    try:
        yield Caller(client, errors)
    finally:
        await client.close()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def login_of(who, login):
    return replace(login, seed=who.seed)


class Standing:
    """A broker that runs for a whole module, with two workers."""

    def __init__(self, folder):
        self.store = BrokerStore(folder)
        self.secrets = self.store.make_secrets(NOW)
        self.alice, self.bob = Known(), Known()
        self.login = Login(
            host="127.0.0.1",
            port=free_port(),
            seed=self.secrets.seed,
            fingerprint=self.secrets.certificate.fingerprint,
            name="test",
        )
        here = self.store.folder
        place = Place(
            host="127.0.0.1",
            port=self.login.port,
            certificate=str(here / CERTIFICATE),
            key=str(here / KEY),
            connections=100,
        )
        text = configuration(
            place,
            bot=public_key(self.secrets.seed),
            workers={ALICE: self.alice.key, BOB: self.bob.key},
        )
        write_private(here / "broker.conf", text)
        self.process = subprocess.Popen(
            [find_binary(None), "-c", here / "broker.conf"], stderr=subprocess.PIPE, text=True
        )
        said = self.process.stderr
        assert said is not None
        while READY not in (line := said.readline()):
            assert line

    def close(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    broker = Standing(tmp_path_factory.mktemp("data"))
    yield broker
    broker.close()


@pytest.fixture
def store(tmp_path):
    return BrokerStore(tmp_path)


@pytest.fixture
def policy():
    return replace(serving_policies.for_broker(DEFAULTS), host="127.0.0.1", port=free_port())


@pytest.fixture
def keys():
    """Who may come; a test changes it."""
    return {}


@pytest.fixture
async def broker(store, policy, keys):
    """A broker that the owner wants, after its first look; the test has it look again."""
    store.make_secrets(NOW)
    store.want(Wanted(on=True, address=f"127.0.0.1:{policy.port}"))

    async def read():
        return dict(keys)

    made = Broker(store, policy, keys=read)
    await made.look()
    assert made.trouble == ""
    yield made
    await made.close()
