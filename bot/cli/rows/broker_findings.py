"""What ``framekiln doctor`` finds of workers and their broker."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bot.cli.finding import Finding
from bot.cli.rows.keeper_findings import examine_elsewhere, examine_here
from bot.config.paths import DATABASE
from bot.config.settings import Settings

if TYPE_CHECKING:
    from bot.broker.store import BrokerStore, Secrets, Wanted
    from db.fleet.workers import Worker

SOON_DAYS = 60
DAY = 86_400.0
LOOK_SECONDS = 2.0


def examine_workers(settings: Settings) -> Iterator[Finding]:
    """The broker's program, port and certificate, and the workers; one line where the owner wants none."""
    from bot.broker.binary import INSTALL, find_binary  # noqa: PLC0415 - only needed here
    from bot.broker.errors import BrokerUnusable  # noqa: PLC0415 - same
    from bot.broker.store import BrokerStore  # noqa: PLC0415 - same

    store = BrokerStore(settings.data_dir)
    try:
        wanted = store.wanted()
    except BrokerUnusable as error:
        yield Finding(name="workers", ok=False, wrong=True, text=str(error), mend="framekiln workers on")
        return
    if wanted is None or not wanted.on:
        yield Finding(name="workers", ok=True, text="are off; framekiln workers on lets other machines draw")
        return
    if find_spec("nats") is None:
        text = "need the package nats-py; until then the bot draws alone"
        yield Finding(name="workers", ok=False, wrong=True, text=text, mend=INSTALL)
    if not wanted.external:
        try:
            yield Finding(name="broker", ok=True, text=f"{find_binary(settings.broker_binary)} can run")
        except BrokerUnusable as error:
            yield Finding(name="broker", ok=False, wrong=True, text=str(error), mend=INSTALL)
    yield from _keys_and_port(settings, store, wanted)
    yield _seen(settings)


def _keys_and_port(settings: Settings, store: BrokerStore, wanted: Wanted) -> Iterator[Finding]:
    from bot import serving_policies  # noqa: PLC0415 - only needed here
    from bot.broker.broker import own_end  # noqa: PLC0415 - same
    from bot.broker.errors import BrokerUnusable  # noqa: PLC0415 - same
    from bot.broker.reach import Reached, look  # noqa: PLC0415 - same
    from bot.ops.health import look as look_at_bot  # noqa: PLC0415 - same

    gone = "Put data/workers back from a backup, or run framekiln workers on and invite again."
    try:
        secrets = store.secrets()
        if secrets is None:
            yield Finding(name="certificate", ok=False, wrong=True, text="the keys are gone", mend=gone)
            return
        fingerprint, days = secrets.certificate.fingerprint, _days_left(secrets.certificate.expires)
    except (BrokerUnusable, ValueError) as error:
        yield Finding(name="certificate", ok=False, wrong=True, text=str(error), mend=gone)
        return
    lasts = days > SOON_DAYS
    mend = "" if lasts else f"Move {store.folder} away, run framekiln workers on, and invite again."
    yield Finding(name="certificate", ok=lasts, wrong=not lasts, text=f"is valid for {days} days", mend=mend)
    runs, _ = look_at_bot(settings.data_dir, now=time.time())
    if not runs and not wanted.external:
        yield Finding(name="port", ok=True, text=f"{settings.broker_port}; the broker starts with the bot")
        return
    address = wanted.address if wanted.external else own_end(serving_policies.for_broker(settings))
    reached = asyncio.run(look(address, fingerprint, seconds=LOOK_SECONDS))
    told = {
        Reached.OURS: f"{address} is answered by the broker, over TLS, with the invitations' certificate",
        Reached.OTHER: f"{address} is answered by something else",
        Reached.NOTHING: f"{address} is not answered",
    }
    mend = "" if reached is Reached.OURS else "framekiln workers on says more, and so does the bot's log."
    ours = reached is Reached.OURS
    yield Finding(name="port", ok=ours, wrong=not ours, text=told[reached], mend=mend)
    if ours:
        yield from _who_can_sign_in(settings, store, wanted, secrets, bot_runs=runs)


def _who_can_sign_in(
    settings: Settings, store: BrokerStore, wanted: Wanted, secrets: Secrets, *, bot_runs: bool
) -> Iterator[Finding]:
    from bot.broker.errors import BrokerUnusable  # noqa: PLC0415 - only needed here

    try:
        workers = {worker.id: worker.key for worker in _invited(settings)}
        if not wanted.external:
            yield examine_here(settings, store, secrets, workers)
            return
        yield from examine_elsewhere(
            store,
            secrets,
            workers,
            address=wanted.address,
            connections=settings.broker_connections,
            bot_runs=bot_runs,
        )
    except (BrokerUnusable, OSError, ValueError, sqlite3.Error) as error:
        yield Finding(name="users", ok=False, wrong=True, text=f"cannot be looked at: {error}")


def _days_left(expires: datetime) -> int:
    return int((expires.timestamp() - time.time()) / DAY)


def _invited(settings: Settings) -> list[Worker]:
    """Those that may come.

    Raises:
        sqlite3.Error: the database cannot be read.
    """
    from db.fleet.workers import all_workers  # noqa: PLC0415 - only needed here

    path = settings.data_dir / DATABASE
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return all_workers(connection)


def _seen(settings: Settings) -> Finding:
    """How many may come, and when one was last here."""
    try:
        found = _invited(settings)
    except sqlite3.Error as error:
        return Finding(name="workers", ok=False, text=f"the database cannot be read: {error}")
    if not found:
        mend = "framekiln workers invite NAME"
        return Finding(name="workers", ok=False, text="nobody was invited yet", mend=mend)
    last = max((worker.seen_at for worker in found if worker.seen_at is not None), default=None)
    when = (
        "none was here yet"
        if last is None
        else f"the last sign of one at {datetime.fromtimestamp(last, UTC):%Y-%m-%d %H:%M} UTC"
    )
    return Finding(name="workers", ok=last is not None, text=f"{len(found)} may come; {when}")
