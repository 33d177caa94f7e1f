"""``framekiln backup``, ``restore`` and ``check``: look after the database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import click

from bot.cli.output import BACKUP, OutputFile, data_dir, no_database
from bot.config.paths import BACKUPS, BLOBS, DATABASE
from bot.ops.file_modes import private_files


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace PATH if it is there already.")
def backup(path: Path | None, *, force: bool) -> None:
    """Back up the database to PATH, or to the folder of daily backups. The bot can be running.

    In a folder, the backup's name has the date and time.
    """
    data = data_dir()
    database = data / DATABASE
    if not database.exists():
        raise no_database(database)
    with private_files():
        click.echo(str(_backed_up(database, None if path is None else path.expanduser(), force=force)))


def _backed_up(database: Path, path: Path | None, *, force: bool) -> Path:
    from db.sqlite.backup import copy_into, stamped, write_backup  # noqa: PLC0415 - as above

    data = database.parent
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            # An erasure reaches the daily backups only. So one in the data folder is one of them.
            if path is None or _is_one_of(path, [data, data / BACKUPS]):
                return write_backup(connection, data / BACKUPS, name=database.stem, keep=_kept())
            if path.is_dir():
                path /= stamped(database.stem)
            output = OutputFile(path, BACKUP, data=data, may_replace=force)
            with output.draft() as draft:
                copy_into(connection, draft)
            return output.path
    except (sqlite3.Error, OSError) as error:
        raise click.ClickException(f"the database could not be backed up: {error}") from error


def _is_one_of(path: Path, folders: list[Path]) -> bool:
    return path.is_dir() and any(folder.is_dir() and path.samefile(folder) for folder in folders)


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
def restore(file: Path | None, *, yes: bool) -> None:
    """Replace the database with a backup: FILE, or the newest good one. Stop the bot first.

    The current database is set aside, not deleted.
    """
    from db.errors import DatabaseError  # noqa: PLC0415 - the command line starts without it
    from db.sqlite.backup import copies  # noqa: PLC0415
    from db.sqlite.lock import taken  # noqa: PLC0415
    from db.sqlite.migrate import shipped_migrations  # noqa: PLC0415
    from db.sqlite.rescue import flaw, put_in_place  # noqa: PLC0415

    data = data_dir()
    database = data / DATABASE
    known = len(shipped_migrations())
    try:
        with private_files(), taken(database):
            if file is not None and database.exists() and file.samefile(database):
                raise click.ClickException(f"{file} is the database itself; give one of its backups")
            if file is None:
                good = (copy for copy in copies(data / BACKUPS, database.stem) if flaw(copy, known) is None)
                file = next(good, None)
            elif (wrong := flaw(file, known)) is not None:
                raise click.ClickException(f"{file} cannot be used: {wrong}")
            if file is None:
                raise click.ClickException(f"there is no good backup in {data / BACKUPS}")
            if not yes:
                click.confirm(f"Replace {database} with {file}?", abort=True)
            click.echo(str(put_in_place(database, file)))
    except (DatabaseError, OSError) as error:
        raise click.ClickException(str(error)) from error


@click.command()
def check() -> None:
    """Check the database and its files for damage (exit status 0 or 1). The bot can be running."""
    from db.sqlite.integrity import problems  # noqa: PLC0415 - the command line starts without it

    data = data_dir()
    if not (data / DATABASE).exists():
        raise no_database(data / DATABASE)
    found = list(problems(data / DATABASE, data / BLOBS))
    for problem in found:
        click.echo(problem)
    if found:
        raise SystemExit(1)
    click.echo("The database and all its files are intact.")


def _kept() -> int:
    from bot.config.settings import load_settings  # noqa: PLC0415 - same

    return max(1, load_settings().backups)
