"""``framekiln update``: a newer program, with a backup of the database before it and no job lost.

Jobs are in the database, and a bot that is stopped puts what it draws back to the front of the queue. So an
update stops the bot, backs up, updates and starts it again. It never changes the code under a bot that runs:
what is imported late would be of another release.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from bot.cli.output import data_dir
from bot.cli.setting_up.installation import UpdateFailed, installation
from bot.cli.setting_up.service_files import UNIT_NAME
from bot.config.paths import BACKUPS, DATABASE

STOP_SECONDS = 90.0


@click.command()
@click.option("--check", is_flag=True, help="Only say what would be done. Exit status 0: there is an update.")
@click.option("--yes", is_flag=True, help="Update without asking.")
def update(*, check: bool, yes: bool) -> None:
    """Update this program. The database is backed up first, and no job is lost.

    A bot that runs as the unit of framekiln setup is stopped and started again. Stop any other by hand.
    """
    found = installation()
    try:
        pending = found.pending()
    except UpdateFailed as error:
        raise click.ClickException(str(error)) from error
    if not pending:
        click.echo("There is nothing newer.")
        sys.exit(1 if check else 0)
    click.echo("This would be installed:")
    for line in pending:
        click.echo(f"  {line}")
    if check:
        return
    by_unit = _is_running_unit()
    click.echo(
        "Then: "
        + ("stop the bot, " if by_unit else "")
        + "back up the database, update"
        + (", start the bot." if by_unit else ".")
    )
    if not by_unit and _is_running():
        raise click.ClickException("the bot is running: stop it first; its jobs wait in the database")
    if not yes and not (sys.stdin.isatty() and click.confirm("Do that?")):
        raise click.ClickException("nothing was changed; --yes updates without asking")
    with _stopped(by_unit=by_unit):
        _back_up()
        try:
            found.apply()
        except UpdateFailed as error:
            raise click.ClickException(str(error)) from error
    click.echo("Updated. The database is brought along at the next start." if not by_unit else "Updated.")


@contextmanager
def _stopped(*, by_unit: bool) -> Iterator[None]:
    """Keep the unit stopped meanwhile. It is started again whatever happens."""
    if not by_unit:
        yield
        return
    _systemctl("stop", UNIT_NAME)
    try:
        yield
    finally:
        _systemctl("start", UNIT_NAME)


def _back_up() -> None:
    """Copy the database among the daily backups.

    Raises:
        click.ClickException: it could not be copied, so nothing is updated.
    """
    import sqlite3  # noqa: PLC0415 - only needed here

    from bot.config.settings import load_settings  # noqa: PLC0415
    from bot.ops.file_modes import private_files  # noqa: PLC0415
    from db.sqlite.backup import write_backup  # noqa: PLC0415

    data = data_dir()
    database = data / DATABASE
    if not database.exists():
        return
    keep = max(1, load_settings().backups)
    try:
        address = f"{database.absolute().as_uri()}?mode=ro"
        with private_files(), closing(sqlite3.connect(address, uri=True)) as connection:
            path = write_backup(connection, data / BACKUPS, name=database.stem, keep=keep)
    except (sqlite3.Error, OSError) as error:
        raise click.ClickException(
            f"the database could not be backed up, so nothing was done: {error}"
        ) from error
    click.echo(f"The database is backed up in {path}.")


def _is_running() -> bool:
    from bot.ops.health import look  # noqa: PLC0415 - only needed here

    alive, _ = look(data_dir(), now=time.time())
    return alive


def _is_running_unit() -> bool:
    try:
        return _systemctl("is-active", "--quiet", UNIT_NAME, check=False) == 0
    except click.ClickException:
        return False


def _systemctl(*words: str, check: bool = True) -> int:
    try:
        done = subprocess.run(
            ["systemctl", "--user", *words],  # noqa: S607 - wherever the system has it
            check=check,
            capture_output=True,
            text=True,
            timeout=STOP_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise click.ClickException(f"systemctl {words[0]} failed: {error}") from error
    return done.returncode
