"""The clips that members kept. It only reads, so another program can use it while the bot runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.errors import DatabaseDamaged

_KEPT = """
SELECT recipe, receipt, EXISTS (SELECT 1 FROM star WHERE star.job = job.id AND starred) AS starred
FROM job
WHERE state = 'delivered' AND deleted_at IS NULL AND receipt IS NOT NULL
ORDER BY seq
"""


@dataclass(frozen=True, kw_only=True)
class KeptJob:
    """A delivered clip that was not taken down.

    Attributes:
        recipe, receipt: JSON, opaque to this package.
        starred: a member keeps it.
    """

    recipe: str
    receipt: str
    starred: bool = False


def kept_jobs(path: Path) -> list[KeptJob]:
    """Read them, oldest first; none if there is no database yet.

    Raises:
        DatabaseDamaged: SQLite cannot read the file.
    """
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute(_KEPT).fetchall()
    except sqlite3.DatabaseError as error:
        raise DatabaseDamaged(path, str(error)) from error
    return [
        KeptJob(recipe=recipe, receipt=receipt, starred=bool(starred)) for recipe, receipt, starred in rows
    ]
