"""``framekiln webhooks``: what another program is told of jobs, and whether it listens."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import click

from bot.cli.output import data_dir
from bot.cli.rows.one_transaction import one_transaction
from bot.config.paths import DATABASE

LONGEST_LIST = 100


@click.group()
def webhooks() -> None:
    """Tell another program what happens to jobs."""


@webhooks.command("list")
def list_them() -> None:
    """List the messages that were not taken yet, the oldest first. The bot can be running."""
    from db.jobs.webhooks import waiting  # noqa: PLC0415 - the command line starts without it

    with one_transaction() as connection:
        events = waiting(connection, LONGEST_LIST + 1)
    for event in events[:LONGEST_LIST]:
        when = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        how = "given up" if event.is_given_up else f"tries: {event.tries}"
        error = f", {event.error}" if event.error else ""
        click.echo(f"{event.id}  {when} UTC  {event.type}  job {event.job}  {how}{error}")
    if len(events) > LONGEST_LIST:
        click.echo("… and more")
    if not events:
        click.echo("No message is waiting.")


@webhooks.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
def resend(ids: tuple[str, ...]) -> None:
    """Send messages again: those with these IDs, or all that were given up. The bot does it when it runs."""
    from db.jobs.webhooks import send_again  # noqa: PLC0415 - as above

    with one_transaction() as connection:
        count = send_again(connection, ids)
    if missing := len(set(ids)) - count if ids else 0:
        raise click.ClickException(f"{missing} of them are not waiting; see framekiln webhooks list")
    click.echo(f"messages to be sent again: {count}")


@webhooks.command()
def test() -> None:
    """Send a signed test message, and say what became of it (exit status 0 or 1)."""
    from bot import serving_policies  # noqa: PLC0415 - as above
    from bot.config.settings import load_settings  # noqa: PLC0415
    from bot.webhooks.sender import Outlet  # noqa: PLC0415
    from db.jobs.webhooks import listens_again  # noqa: PLC0415

    policy = serving_policies.for_webhooks(load_settings())
    if not policy.url:
        raise click.ClickException("FRAMEKILN_WEBHOOK_URL is not set")
    answer = asyncio.run(Outlet(policy, clock=time.time).test())
    if answer.error:
        raise click.ClickException(f"the message was not taken: {answer.error}")
    if (data_dir() / DATABASE).exists():
        with one_transaction() as connection:
            listens_again(connection)
    click.echo(f"The message was taken: HTTP {answer.status}.")
