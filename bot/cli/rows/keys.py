"""``framekiln keys``: who may ask for clips through the HTTP API."""

from __future__ import annotations

import time

import click

from bot.cli.rows.one_transaction import one_transaction
from bot.text.wording import day

SCOPES = ("jobs:read", "jobs:write", "clips:read", "admin")
"""Those of :class:`db.api.keys.Scope`; the command line starts without it."""

LONGEST_NAME = 60
SNOWFLAKE = click.IntRange(1, 2**63 - 1)


@click.group()
def keys() -> None:
    """Let other programs ask for clips through the HTTP API."""


@keys.command()
@click.argument("server", type=SNOWFLAKE)
@click.argument("member", type=SNOWFLAKE)
@click.option("--name", default="key", show_default=True, help="What the key is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What it allows; can be given several times. Default: everything but admin.",
)
def add(server: int, member: int, name: str, scopes: tuple[str, ...]) -> None:
    """Make a key for MEMBER in SERVER, given by their ids, and show it once. The bot can be running."""
    from bot.config.settings import load_settings  # noqa: PLC0415 - the command line starts without it
    from db.api.keys import MEMBERS_SCOPES, Scope, add_key, is_banned  # noqa: PLC0415
    from db.errors import TooManyKeys  # noqa: PLC0415

    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise click.ClickException(f"a name has 1 to {LONGEST_NAME} printable characters")
    wanted = [Scope(scope) for scope in scopes] or list(MEMBERS_SCOPES)
    most = load_settings().api_keys
    with one_transaction() as connection:
        if is_banned(connection, server, member):
            raise click.ClickException("that member is blocked in that server")
        try:
            made, text = add_key(connection, server, member, name, wanted, most=most, at=time.time())
        except TooManyKeys as error:
            raise click.ClickException(f"{error}; framekiln keys remove takes one away") from error
    click.echo(text)
    click.echo(f"This is key {made.id}. It is not shown again.", err=True)


@keys.command("list")
def list_them() -> None:
    """List the keys, without their secrets. The bot can be running."""
    from db.api.keys import all_keys  # noqa: PLC0415 - as above

    with one_transaction() as connection:
        found = all_keys(connection)
    for key in found:
        used = "never used" if key.used_at is None else f"used {day(key.used_at)}"
        scopes = " ".join(sorted(key.scopes))
        click.echo(
            f"{key.id}  server {key.guild_id}  member {key.user_id}  {key.name}  {scopes}  "
            f"made {day(key.at)}, {used}"
        )
    if not found:
        click.echo("There are no keys.")


@keys.command()
@click.argument("key")
def remove(key: str) -> None:
    """End a key, given by its eight digits. Requests that come with it are refused from now on."""
    from db.api.keys import remove_key  # noqa: PLC0415 - as above

    with one_transaction() as connection:
        gone = remove_key(connection, key)
    if not gone:
        raise click.ClickException("there is no such key; see framekiln keys list")
    click.echo("The key has ended.")
