"""``framekiln dashboard``: the owner's key for the dashboard."""

from __future__ import annotations

import click

from bot.cli.rows.one_transaction import one_transaction


@click.group()
def dashboard() -> None:
    """Get into the dashboard."""


@dashboard.command()
@click.option("--end", is_flag=True, help="End the key, and make no new one.")
def key(*, end: bool) -> None:
    """Make the owner's key, and show it once; the one before ends. The bot can be running."""
    from db.api.owner_key import end_owner_key, make_owner_key  # noqa: PLC0415 - --help starts without it

    with one_transaction() as connection:
        made = None if end else make_owner_key(connection)
        if made is None:
            gone = end_owner_key(connection)
    if made is None:
        click.echo("The key has ended." if gone else "There was no key.")
        return
    click.echo(made)
    click.echo("It is not shown again. Whoever has it can pause the bot and read its settings.", err=True)
