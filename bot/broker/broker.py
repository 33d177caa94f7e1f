"""Sees to it that there is a broker when the owner wants workers, and that it knows who may come.

Rows and files are the truth: what the owner wants is in a file, who may come is in the database, and both are
looked at every second. So ``framekiln workers`` needs no way to speak with a running bot.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from importlib.util import find_spec
from pathlib import Path

from bot.broker.binary import INSTALL
from bot.broker.child import CONFIGURATION, LOG, PID, BrokerChild
from bot.broker.configuration import Place, configuration
from bot.broker.errors import BrokerUnusable
from bot.broker.keeping import FILE as KEEPER_FILE
from bot.broker.keeping import SEED as KEEPER_SEED
from bot.broker.keeping import Guests, receipt_for
from bot.broker.keys import is_public_key, public_key
from bot.broker.policy import BrokerPolicy
from bot.broker.served import Served
from bot.broker.store import CERTIFICATE, KEY, BrokerStore, Secrets, Wanted, write_private
from bot.link.connection import Login
from bot.link.subjects import WORKER_ID
from bot.supervisor import Loop

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
FIRST_PAUSE, LAST_PAUSE = 1.0, 30.0
"""Seconds until a broker that could not be had is tried again; they double."""

STEADY_AFTER = 60.0
"""Seconds that it must have run before the pauses begin small again."""

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - the address to dial for each of them
BOT = "framekiln bot"

TELL_AGAIN = 60.0
"""Seconds after which a broker elsewhere is told again who may come: its disk may have been set back."""

PassOn = Callable[[bytes], Awaitable[bytes]]
"""Tells the keeper of a broker elsewhere; returns its answer, b"" where none came."""

Keys = Mapping[str, str]
"""Worker's id → the public half of its key."""


class Broker:
    """The broker, as the rest of the bot sees it.

    Attributes:
        login: how the bot gets in; None: there is no broker.
        trouble: why there is none although the owner wants one; "": all is well.
        loop: keeps it as it should be.
    """

    def __init__(
        self, store: BrokerStore, policy: BrokerPolicy, *, keys: Callable[[], Awaitable[Keys]]
    ) -> None:
        """Make it; it is off until :attr:`loop` runs.

        Args:
            store: what the owner wants, and the keys.
            policy: how it is run.
            keys: reads the keys of all workers that may come.
        """
        self._store = store
        self._policy = policy
        self._keys = keys
        self._served = Served(store.folder.absolute(), binary=policy.binary)
        self._refused: set[str] = set()
        self._known: Collection[str] = ()
        self._farewells: list[Callable[[Collection[str]], Awaitable[None]]] = []
        self._listeners: list[Callable[[Login | None], None]] = []
        self._kept = b""
        self._tell_again = 0.0
        self._pass_on: PassOn | None = None
        self._pause = FIRST_PAUSE
        self._not_before = 0.0
        self._tried: Wanted | None = None
        self._up_since = 0.0
        self.login: Login | None = None
        self.trouble = ""
        self.loop = Loop("broker", self.look, every=LOOK_EVERY)

    @property
    def child(self) -> BrokerChild | None:
        """The broker's process, where it is a child of the bot."""
        return self._served.child

    def on_change(self, listener: Callable[[Login | None], None]) -> None:
        """Have somebody told whenever :attr:`login` is another."""
        self._listeners.append(listener)

    def told_by(self, pass_on: PassOn) -> None:
        """Have the keeper of a broker elsewhere told over the bot's line to it."""
        self._pass_on = pass_on

    def before_removal(self, farewell: Callable[[Collection[str]], Awaitable[None]]) -> None:
        """Have workers told that they may not come any more, before the broker cuts them off."""
        self._farewells.append(farewell)

    def wake(self) -> None:
        """Look now: somebody was removed."""
        self.loop.wake()

    async def close(self) -> None:
        """End it. The loop has ended."""
        await self._end()
        self._tell(None)

    async def look(self) -> None:
        """Compare what is with what should be, once."""
        try:
            wanted = await asyncio.to_thread(self._store.wanted)
            if wanted is None or not wanted.on:
                if self.child is not None or self.login is not None:
                    log.info("workers are off")
                await self.close()
                self._well()
                return
            if self._waits(wanted):
                return
            self._tried = wanted
            await self._be(wanted)
        except BrokerUnusable as error:
            await self._end()
            self._tell(None)
            self._fail(str(error))

    async def _be(self, wanted: Wanted) -> None:
        """Be as the owner wants.

        Raises:
            BrokerUnusable: it cannot be done.
        """
        if find_spec("nats") is None:
            raise BrokerUnusable(f"the package nats-py is not installed: {INSTALL}")
        secrets = await asyncio.to_thread(self._store.secrets)
        if secrets is None:
            raise BrokerUnusable("the broker's keys are gone: framekiln workers on makes new ones")
        if wanted.external:
            await self._end()
            host, _, port = wanted.address.rpartition(":")
            self._up(secrets, host.strip("[]"), int(port))
            await self._tell_keeper(secrets, int(port))
            return
        await self._embedded(secrets)

    async def _tell_keeper(self, secrets: Secrets, port: int) -> None:
        """Have the broker elsewhere know who may come, if something keeps it that can be told."""
        seed = await asyncio.to_thread(self._store.keeper_seed)
        if not seed or self._pass_on is None:
            return
        workers = await self._may_come()
        guests = guests_of(secrets, workers, keeper=seed, port=port, connections=self._policy.connections)
        data, now = guests.to_json(), time.monotonic()
        if data == self._kept and now < self._tell_again:
            return
        await self._part_with(workers)
        if await self._pass_on(data) == receipt_for(data):
            if data != self._kept:
                log.info("the broker elsewhere knows that %d workers may come", len(workers))
            self._kept, self._tell_again = data, now + TELL_AGAIN

    async def _embedded(self, secrets: Secrets) -> None:
        """Have a child that runs with the right configuration."""
        place = place_in(self._store.folder.absolute(), self._store, self._policy)
        workers = await self._may_come()
        text = configuration(place, bot=public_key(secrets.seed), workers=workers)
        await self._part_with(workers)
        if await self._served.be(place, text):
            self._up_since = time.monotonic()
            log.info("workers are on: the broker listens on %s, port %d", place.host, place.port)
            self._up(secrets, EVERYWHERE.get(place.host, place.host), place.port)
        elif time.monotonic() - self._up_since > STEADY_AFTER:
            self._pause = FIRST_PAUSE

    async def _part_with(self, workers: Collection[str]) -> None:
        """Say goodbye to those that could come and may not any more: a broker only hangs up."""
        gone = set(self._known) - set(workers)
        self._known = tuple(workers)
        if gone:
            for farewell in self._farewells:
                await farewell(gone)

    async def _may_come(self) -> dict[str, str]:
        """The keys of those who may come. A row that is damaged keeps one worker out, and no other."""
        keys = await self._keys()
        found = whole(keys)
        for worker in keys.keys() - found.keys() - self._refused:
            self._refused.add(worker)
            log.error("worker %r has an id or a key that is none, and cannot come", worker)
        return found

    def _up(self, secrets: Secrets, host: str, port: int) -> None:
        try:
            fingerprint = secrets.certificate.fingerprint
        except ValueError as error:
            raise BrokerUnusable(f"the broker's certificate is damaged: {error}") from error
        self._well()
        self._tell(Login(host=host, port=port, seed=secrets.seed, fingerprint=fingerprint, name=BOT))

    def _waits(self, wanted: Wanted) -> bool:
        """Whether the last attempt was too short ago. Another wish of the owner's is tried at once."""
        return bool(self.trouble) and wanted == self._tried and time.monotonic() < self._not_before

    def _fail(self, why: str) -> None:
        if why != self.trouble:
            log.error("there are no workers: %s", why)
        self.trouble = why
        self._not_before = time.monotonic() + self._pause
        self._pause = min(LAST_PAUSE, self._pause * 2)

    def _well(self) -> None:
        self.trouble = ""
        self._not_before = 0.0

    def _tell(self, login: Login | None) -> None:
        if login != self.login:
            self.login = login
            for listener in self._listeners:
                listener(login)

    async def _end(self) -> None:
        await self._served.end()


def whole(keys: Keys) -> dict[str, str]:
    """Those whose id and key are what they should be: with a single key that is none, no broker starts."""
    return {worker: key for worker, key in keys.items() if WORKER_ID.fullmatch(worker) and is_public_key(key)}


def guests_of(secrets: Secrets, workers: Keys, *, keeper: str, port: int, connections: int) -> Guests:
    """What the keeper of a broker elsewhere is to know.

    Args:
        secrets: the bot's.
        workers: that may come.
        keeper: its secret key.
        port: on which its broker listens.
        connections: at the same time.

    Raises:
        BrokerUnusable: a package is missing.
    """
    return Guests(
        bot=public_key(secrets.seed),
        keeper=public_key(keeper),
        port=port,
        connections=connections,
        workers=dict(workers),
    )


def own_end(policy: BrokerPolicy) -> str:
    """``host:port`` at which this machine reaches its own broker."""
    host = EVERYWHERE.get(policy.host, policy.host)
    return f"[{host}]:{policy.port}" if ":" in host else f"{host}:{policy.port}"


def place_in(folder: Path, store: BrokerStore, policy: BrokerPolicy) -> Place:
    """Where a broker on this machine listens, with its log and its process id in ``folder``."""
    keys = store.folder.absolute()
    return Place(
        host=policy.host,
        port=policy.port,
        certificate=str(keys / CERTIFICATE),
        key=str(keys / KEY),
        connections=policy.connections,
        log=str(folder / LOG),
        log_bytes=policy.log_bytes,
        pid=str(folder / PID),
    )


def export(
    folder: Path, secrets: Secrets, workers: Keys, *, keeper: str, port: int, connections: int
) -> None:
    """Write what a broker on another machine needs into a folder: configuration, certificate and keys.

    Args:
        folder: where to.
        secrets: the bot's.
        workers: that may come.
        keeper: the secret key of what keeps the broker there.
        port: on which it listens.
        connections: at the same time.

    Raises:
        OSError: it cannot be written.
        BrokerUnusable: a package is missing.
    """
    place = Place(host="0.0.0.0", port=port, certificate=CERTIFICATE, key=KEY, connections=connections)  # noqa: S104 - that is its purpose
    guests = guests_of(secrets, workers, keeper=keeper, port=port, connections=connections)
    text = configuration(place, bot=guests.bot, workers=workers, keeper=guests.keeper)
    write_private(folder / KEEPER_FILE, guests.to_json().decode())
    write_private(folder / KEEPER_SEED, keeper + "\n")
    write_private(folder / CERTIFICATE, secrets.certificate.certificate)
    write_private(folder / KEY, secrets.certificate.key)
    write_private(folder / CONFIGURATION, text)
