"""``framekiln broker``: a broker on another machine."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.rows.broker_trial import is_there, settings_or_exit, store_of, wanted_or_exit
from bot.cli.rows.one_transaction import one_transaction


@click.group()
def broker() -> None:
    """Run the broker of the workers on another machine than the bot."""


@broker.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export(folder: Path) -> None:
    """Write what a broker elsewhere needs into FOLDER: configuration, certificate and key."""
    from bot.broker.broker import export as write  # noqa: PLC0415 - the command line starts without it
    from bot.broker.child import CONFIGURATION  # noqa: PLC0415
    from bot.broker.errors import BrokerUnusable  # noqa: PLC0415
    from bot.broker.reach import split  # noqa: PLC0415
    from db.fleet.workers import all_workers  # noqa: PLC0415

    settings = settings_or_exit()
    store = store_of(settings)
    wanted = wanted_or_exit(store)
    is_there(make=True)
    with one_transaction() as connection:
        keys = {worker.id: worker.key for worker in all_workers(connection)}
    port = split(wanted.address)[1]
    try:
        if (secrets := store.secrets()) is None:
            raise click.ClickException("there are no keys: framekiln workers on makes them")
        write(folder.expanduser(), secrets, keys, port=port, connections=settings.broker_connections)
    except (BrokerUnusable, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{folder} holds what the broker needs, its secret key among it. Copy the folder to a machine of "
        f"your own with TCP port {port} open, and run there, in the folder:\n"
        f"  nats-server -c {CONFIGURATION}\n"
        "After each invitation or removal, export again, copy the folder again, and run there:\n"
        "  nats-server --signal reload"
    )
    if not wanted.external:
        click.echo("The bot still runs its own: framekiln workers on --external --address HOST", err=True)
