"""Numbered SQL files bring an older database up to date, one transaction each.

``PRAGMA user_version`` holds the number of the last file that was applied. SQLite's data definition is
transactional, so a step that fails leaves the version before it, whole.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files

from db.errors import NewerDatabase


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One step.

    Attributes:
        version: the database's version after it; the first is 1, and none is left out.
        name: the file's name.
        sql: without BEGIN and COMMIT.
    """

    version: int
    name: str
    sql: str


def shipped_migrations() -> list[Migration]:
    """Read the steps that ship with the program, in order."""
    found = []
    for entry in files("db").joinpath("migrations").iterdir():
        match = re.fullmatch(r"(\d{4})_\w+\.sql", entry.name)
        if match:
            sql = entry.read_text(encoding="utf-8")
            found.append(Migration(version=int(match[1]), name=entry.name, sql=sql))
    return sorted(found, key=lambda migration: migration.version)


def migrate(
    connection: sqlite3.Connection, migrations: Sequence[Migration], *, backup: Callable[[], object]
) -> int:
    """Apply the steps that are new to the database, and return its version.

    Args:
        connection: outside a transaction.
        backup: called once before the first step, unless the database is new.

    Raises:
        NewerDatabase: the database has seen steps that this program does not know.
    """
    if [migration.version for migration in migrations] != list(range(1, len(migrations) + 1)):
        raise ValueError("migrations must be numbered 1, 2, 3, … without a gap")
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise NewerDatabase(version, len(migrations))
    missing = migrations[version:]
    if missing and version > 0:
        backup()
    for migration in missing:
        _apply(connection, migration)
    return len(migrations)


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{migration.sql}\n;PRAGMA user_version = {migration.version};\nCOMMIT;"
        )
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        error.add_note(f"in the migration {migration.name}; the database is as it was before it")
        raise
