"""``framekiln broker``: a broker on another machine."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.rows.broker_trial import is_there, settings_or_exit, store_of, wanted_or_exit
from bot.cli.rows.one_transaction import one_transaction
from bot.ops.program_name import program


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
        write(
            folder.expanduser(),
            secrets,
            keys,
            keeper=store.keeper_seed(make=True),
            port=port,
            connections=settings.broker_connections,
        )
    except (BrokerUnusable, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{folder} holds what the broker needs, secret keys among it. Copy the folder, once, to a machine of "
        f"your own with TCP port {port} open, and run there:\n"
        "  pip install 'framekiln[workers]'\n"
        f"  framekiln broker run {folder.name}\n"
        "The bot tells it of each invitation and removal. With a nats-server of your own instead, run\n"
        f"  nats-server -c {CONFIGURATION}\n"
        "in the folder; after each invitation or removal, export and copy again, and run there:\n"
        "  nats-server --signal reload"
    )
    if not wanted.external:
        click.echo(f"The bot still runs its own: {program()} workers on --external --address HOST", err=True)


@broker.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--host", default="0.0.0.0", show_default=True, help="IP address on which it listens.")  # noqa: S104 - its purpose
def run(folder: Path, host: str) -> None:
    """Run the broker of a FOLDER that was exported, and follow the bot's invitations and removals."""
    import asyncio  # noqa: PLC0415 - as above

    from bot.broker.errors import BrokerUnusable  # noqa: PLC0415
    from bot.broker.keeper import Keeper  # noqa: PLC0415
    from bot.broker.keeper import run as keep  # noqa: PLC0415
    from bot.ops.logs import set_up_logs  # noqa: PLC0415

    settings = settings_or_exit()
    level = "WARNING" if settings.log_level == "INFO" else settings.log_level
    set_up_logs(level, settings.log_format, [], backlog=settings.log_backlog)

    whole = folder.absolute()

    async def live() -> None:
        await keep(Keeper(whole, binary=settings.broker_binary, host=host, say=click.echo))

    try:
        asyncio.run(live())
    except (BrokerUnusable, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("Stopped.")
