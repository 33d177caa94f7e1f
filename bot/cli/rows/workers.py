"""``framekiln workers``: machines of others that draw for this bot."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.cli.rows.broker_trial import is_there, report, settings_or_exit, store_of, wanted_or_exit
from bot.cli.rows.one_transaction import one_transaction
from bot.ops.program_name import program
from bot.text.wording import day

if TYPE_CHECKING:
    import sqlite3

    from db.fleet.workers import Worker

TRUST = ("own", "friend", "public")
"""Those of :class:`db.fleet.workers.Trust`; the command line starts without it."""

MEANING = {
    "own": "It is trusted as your own machine: it draws jobs of every server, and its clips are taken as "
    "they are.",
    "friend": "It draws for servers whose moderators chose /queue remote friends. Its clips are checked.",
    "public": "It draws for servers whose moderators chose /queue remote public, and only jobs without "
    "members' files. Its clips are checked.",
}
LONGEST_NAME = 40

ELSEWHERE = (
    "The bot tells the broker there within seconds, if framekiln broker run keeps it. Else it must be told "
    "by hand: framekiln broker export, copy, and have it reload."
)


@click.group()
def workers() -> None:
    """Let other machines draw for this bot."""


@workers.command()
@click.option(
    "--address",
    help="Name or address, with :PORT if it is another, by which workers find this machine. Default: the one "
    "from last time, or this machine's address in its own network.",
)
@click.option("--external", is_flag=True, help="The broker runs on another machine, at --address.")
def on(address: str | None, *, external: bool) -> None:
    """Make the keys, start the broker with the bot, and see whether it can be reached."""
    from bot.broker.binary import find_binary  # noqa: PLC0415 - the command line starts without it
    from bot.broker.errors import BrokerUnusable  # noqa: PLC0415
    from bot.broker.reach import complete, own_address  # noqa: PLC0415
    from bot.broker.store import Wanted  # noqa: PLC0415

    settings = settings_or_exit()
    store = store_of(settings)
    if external and address is None:
        raise click.UsageError("--external needs --address: where the broker runs.")
    try:
        if not external:
            find_binary(settings.broker_binary)
        secrets = store.make_secrets(time.time())
        before = store.wanted()
        if address is None:
            address = own_address() if before is None or before.external else before.address
        wanted = Wanted(on=True, address=complete(address, settings.broker_port), external=external)
        store.want(wanted)
    except (BrokerUnusable, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Workers are on. They dial {wanted.address}.")
    for line in asyncio.run(report(settings, wanted, secrets)):
        click.echo(line)
    click.echo(f"Next: {program()} workers invite NAME")


@workers.command()
def off() -> None:
    """End the broker. Keys and invitations are kept; what workers draw now, others draw again."""
    from dataclasses import replace  # noqa: PLC0415 - as above

    store = store_of(settings_or_exit())
    wanted = wanted_or_exit(store)
    try:
        store.want(replace(wanted, on=False))
    except OSError as error:
        raise click.ClickException(str(error)) from error
    click.echo("Workers are off.")


@workers.command()
@click.argument("name")
@click.option(
    "--trust", type=click.Choice(TRUST), default="friend", show_default=True, help="Whose machine it is."
)
def invite(name: str, trust: str) -> None:
    """Print a line that lets one machine, called NAME, draw for this bot. It is shown once."""
    from bot.broker.errors import BrokerUnusable  # noqa: PLC0415 - as above
    from bot.broker.keys import new_seed, public_key  # noqa: PLC0415
    from bot.link.invitation import Invitation  # noqa: PLC0415
    from bot.link.subjects import new_worker_id  # noqa: PLC0415
    from db.fleet.workers import Trust, add_worker  # noqa: PLC0415

    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise click.ClickException(f"a name has 1 to {LONGEST_NAME} printable characters")
    store = store_of(settings_or_exit())
    wanted = wanted_or_exit(store)
    try:
        fingerprint = store.make_secrets(time.time()).certificate.fingerprint
        seed = new_seed()
        made = Invitation(address=wanted.address, worker=new_worker_id(), seed=seed, fingerprint=fingerprint)
        key = public_key(seed)
    except (BrokerUnusable, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    with _rows(make=True) as connection:
        new = add_worker(connection, made.worker, key=key, name=name, trust=Trust(trust), at=time.time())
    if not new:
        raise click.ClickException(f"there is a worker called {name}; see framekiln workers list")
    click.echo(made.line())
    click.echo(
        f"\nThis is the invitation of {name} ({made.worker}). It is not shown again. Whoever has it can come "
        f"as {name}, so send it in private, to one machine only. There:\n"
        "  pip install 'framekiln[worker]'\n"
        "  framekiln worker join fkw1.…\n"
        f"{MEANING[trust]}",
        err=True,
    )
    if wanted.external:
        click.echo(ELSEWHERE, err=True)
    elif not wanted.on:
        click.echo(f"Workers are off; {program()} workers on lets them come.", err=True)


@workers.command("list")
@click.option("--removed", is_flag=True, help="Also those that were removed.")
def list_them(*, removed: bool) -> None:
    """List the workers: what they are trusted with, when they were last here, what came of them."""
    from db.fleet.workers import all_workers  # noqa: PLC0415 - as above

    with _rows() as connection:
        found = all_workers(connection, removed=removed)
    for worker in found:
        click.echo(_line(worker))
    if not found:
        click.echo(f"There are no workers. {program()} workers invite NAME makes one.")


@workers.command()
@click.argument("name")
@click.argument("level", type=click.Choice(TRUST), metavar="[own|friend|public]")
def trust(name: str, level: str) -> None:
    """Trust the worker NAME (or its id) more, or less."""
    from db.fleet.workers import Trust, trust_worker  # noqa: PLC0415 - as above

    with _rows() as connection:
        trust_worker(connection, _named(connection, name).id, Trust(level))
    click.echo(MEANING[level])


@workers.command()
@click.argument("name")
def remove(name: str) -> None:
    """Cut off the worker NAME (or its id). Its invitation is worth nothing from now on."""
    from db.fleet.workers import remove_worker  # noqa: PLC0415 - as above

    with _rows() as connection:
        remove_worker(connection, _named(connection, name).id, at=time.time())
    click.echo("The worker may not come any more. What it was drawing, others draw again.")
    wanted = store_of(settings_or_exit()).wanted()
    if wanted is not None and wanted.external:
        click.echo(ELSEWHERE, err=True)


def _rows(*, make: bool = False) -> AbstractContextManager[sqlite3.Connection]:
    """The database, with the table of workers in it."""
    is_there(make=make)
    return one_transaction()


def _named(connection: sqlite3.Connection, name: str) -> Worker:
    """The worker with this name or id.

    Raises:
        click.ClickException: there is none that may come.
    """
    from db.fleet.workers import all_workers  # noqa: PLC0415 - as above

    for worker in all_workers(connection):
        if name in {worker.name, worker.id}:
            return worker
    raise click.ClickException(f"there is no worker called {name}; see framekiln workers list")


def _line(worker: Worker) -> str:
    seen = "never seen" if worker.seen_at is None else f"seen {_minute(worker.seen_at)}"
    line = (
        f"{worker.id}  {worker.name}  {worker.trust}  invited {day(worker.invited_at)}, {seen}, "
        f"clips: {worker.clips}"
    )
    if worker.faults:
        line += f", not fit: {worker.faults}"
    if worker.removed_at is not None:
        line += f", removed {day(worker.removed_at)}" + (f": {worker.why}" if worker.why else "")
    return line


def _minute(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
