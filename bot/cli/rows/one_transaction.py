"""A way into the database for commands that change a few rows beside a running bot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from bot.cli.output import data_dir, no_database
from bot.config.paths import DATABASE

LOCKED_SECONDS = 10.0
"""How long a running bot is waited for."""


@contextmanager
def one_transaction() -> Iterator[sqlite3.Connection]:
    """The database, in one short transaction that waits for those of a running bot. Rows have names.

    Raises:
        click.ClickException: there is no database, or it cannot be used.
    """
    with _opened("rw") as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        with connection:
            yield connection


@contextmanager
def reading() -> Iterator[sqlite3.Connection]:
    """The database, to read only; each statement sees its own moment. Rows have names.

    Raises:
        click.ClickException: there is no database, or it cannot be used.
    """
    with _opened("ro") as connection:
        yield connection


@contextmanager
def _opened(mode: str) -> Iterator[sqlite3.Connection]:
    path = data_dir() / DATABASE
    if not path.exists():
        raise no_database(path)
    address = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=LOCKED_SECONDS)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection
    except sqlite3.Error as error:
        raise click.ClickException(f"the database cannot be used: {error}") from error
