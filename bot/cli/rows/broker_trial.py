"""What the commands about workers share: what the owner wants, and whether the broker can be reached."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.output import data_dir
from bot.cli.rows.one_transaction import one_transaction
from bot.config.paths import BACKUPS, DATABASE

if TYPE_CHECKING:
    from bot.broker.policy import BrokerPolicy
    from bot.broker.reach import Reached
    from bot.broker.store import BrokerStore, Secrets, Wanted
    from bot.config.settings import Settings

START_SECONDS = 15.0
"""Most that a running bot may take to have its broker."""


def settings_or_exit() -> Settings:
    """The settings.

    Raises:
        click.ClickException: one is wrong.
    """
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415 - --help starts without it

    try:
        return load_settings()
    except BadSettings as error:
        raise click.ClickException(f"A setting is wrong. {error}") from error


def store_of(settings: Settings) -> BrokerStore:
    """What the bot keeps about its broker."""
    from bot.broker.store import BrokerStore  # noqa: PLC0415 - as above

    return BrokerStore(settings.data_dir)


def wanted_or_exit(store: BrokerStore) -> Wanted:
    """What the owner wants of workers.

    Raises:
        click.ClickException: they never asked for any, or it cannot be read.
    """
    from bot.broker.errors import BrokerUnusable  # noqa: PLC0415 - as above

    try:
        wanted = store.wanted()
    except BrokerUnusable as error:
        raise click.ClickException(str(error)) from error
    if wanted is None:
        raise click.ClickException("workers were never on: framekiln workers on")
    return wanted


def is_there(*, make: bool) -> None:
    """See to it that the database has a table of workers.

    Args:
        make: make the database, or bring it to this release's version, if no bot runs.

    Raises:
        click.ClickException: it has none.
    """
    from db.errors import DatabaseError  # noqa: PLC0415 - as above

    path = data_dir() / DATABASE
    if path.exists():
        with one_transaction() as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'worker'").fetchone():
                return
    elif not make:
        raise click.ClickException("there are no workers: framekiln workers invite NAME makes one")
    try:
        asyncio.run(_brought_up_to_date(path))
    except DatabaseError as error:
        raise click.ClickException(f"restart the bot with this release first: {error}") from error


async def _brought_up_to_date(path: Path) -> None:
    from bot.ops.file_modes import private_files  # noqa: PLC0415 - as above
    from db.sqlite.connection import Database  # noqa: PLC0415

    with private_files():
        path.parent.mkdir(parents=True, exist_ok=True)
        async with await Database.open(path, backup_dir=path.parent / BACKUPS):
            pass


async def report(settings: Settings, wanted: Wanted, secrets: Secrets) -> list[str]:
    """Say, in lines, whether the broker can be reached: here, and by the address that workers dial."""
    from bot import serving_policies  # noqa: PLC0415 - as above
    from bot.broker.broker import own_end  # noqa: PLC0415
    from bot.broker.reach import Reached, is_local, look, look_until_ours  # noqa: PLC0415
    from bot.ops.health import look as look_at_bot  # noqa: PLC0415

    fingerprint = secrets.certificate.fingerprint
    if wanted.external:
        reached = await look(wanted.address, fingerprint)
        more = "    → framekiln broker export writes what the broker there needs."
        return [_of_address(wanted, reached), *([] if reached is Reached.OURS else [more])]
    policy = serving_policies.for_broker(settings)
    runs, _ = look_at_bot(settings.data_dir, now=time.time())
    if runs:
        reached = await look_until_ours(own_end(policy), fingerprint, seconds=START_SECONDS)
        lines = [_of_port(policy, reached)]
        if reached is Reached.OURS:
            lines.append(_of_address(wanted, await look(wanted.address, fingerprint), _port(policy)))
    else:
        lines = ["· The bot is not running; the broker starts with it. A trial without the bot:"]
        lines += await _trial(policy, wanted, store_of(settings), secrets)
    if is_local(wanted.address):
        lines.append(
            "· This is an address of your own network. Workers elsewhere need --address with a name or an "
            f"address that the world knows, and the port forwarded to {_port(policy)}."
        )
    return lines


async def _trial(policy: BrokerPolicy, wanted: Wanted, store: BrokerStore, secrets: Secrets) -> list[str]:
    """Run the broker for a moment, without any worker, and look at it."""
    from bot.broker.binary import find_binary  # noqa: PLC0415 - as above
    from bot.broker.broker import own_end, place_in  # noqa: PLC0415
    from bot.broker.child import CONFIGURATION, BrokerChild  # noqa: PLC0415
    from bot.broker.configuration import configuration  # noqa: PLC0415
    from bot.broker.errors import BrokerUnusable  # noqa: PLC0415
    from bot.broker.keys import public_key  # noqa: PLC0415
    from bot.broker.reach import look  # noqa: PLC0415
    from bot.broker.store import write_private  # noqa: PLC0415

    fingerprint = secrets.certificate.fingerprint
    with tempfile.TemporaryDirectory(prefix=".framekiln-") as name:
        folder = Path(name)
        child = BrokerChild(find_binary(policy.binary), folder)
        text = configuration(place_in(folder, store, policy), bot=public_key(secrets.seed), workers={})
        try:
            write_private(folder / CONFIGURATION, text)
            await child.start()
            here, there = _of_port(policy, await look(own_end(policy), fingerprint)), _port(policy)
            return [here, _of_address(wanted, await look(wanted.address, fingerprint), there)]
        except (BrokerUnusable, OSError) as error:
            return [f"✗ It failed: {error}"]
        finally:
            await child.stop()


def _port(policy: BrokerPolicy) -> str:
    return f"TCP port {policy.port} of this machine"


def _of_port(policy: BrokerPolicy, reached: Reached) -> str:
    """Whether this machine's own broker answers."""
    if reached == "ours":
        return f"✓ The broker answers on port {policy.port} of this machine."
    if reached == "other":
        return (
            f"✗ Another program answers on port {policy.port} of this machine. Set FRAMEKILN_BROKER_PORT to "
            "another port, and restart the bot."
        )
    return (
        f"✗ Nothing answers on port {policy.port} of this machine. framekiln health and the bot's log say "
        "why; a bot of an older release must be restarted."
    )


def _of_address(wanted: Wanted, reached: Reached, to: str = "it") -> str:
    """Whether the address that workers dial leads to the broker, as seen from here."""
    if reached == "ours":
        return f"✓ {wanted.address} leads to it, as far as can be seen from this machine."
    if reached == "other":
        return f"✗ {wanted.address} leads to something else: its certificate is another."
    return (
        f"✗ {wanted.address} does not answer this machine. Forward it to {to}, and open the firewall. Some "
        "routers do not let a machine dial its own public address: then only a try from outside tells."
    )
