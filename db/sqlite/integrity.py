"""Checks whether the data that must survive is intact. It only reads, so the bot may be running."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from db.errors import BlobDamaged
from db.files import Blobs
from db.sqlite.migrate import shipped_migrations
from db.states import NEEDS_CLIP, NEEDS_INPUTS, sql_list

_NEEDED = f"""
SELECT id, inputs, NULL AS clip FROM job WHERE state IN ({sql_list(NEEDS_INPUTS)})
UNION ALL
SELECT id, '{{}}', clip_sha256 FROM job WHERE state IN ({sql_list(NEEDS_CLIP)})
"""


def problems(path: Path, blobs: Path) -> Iterator[str]:
    """Say what is wrong, one line per problem; no lines if nothing is.

    Args:
        path: the database.
        blobs: the folder of blobs.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield from _inside(connection)
            needed = connection.execute(_NEEDED).fetchall()
    except sqlite3.DatabaseError as error:
        yield f"the database cannot be read: {error}"
        return
    kept = Blobs(blobs)
    for job, inputs, clip in needed:
        for digest in {*json.loads(inputs).values(), *({clip} - {None})}:
            try:
                kept.verify(digest)
            except FileNotFoundError:
                yield f"job {job}: the file {digest[:12]}… is missing"
            except BlobDamaged as damage:
                yield f"job {job}: {damage}"


def _inside(connection: sqlite3.Connection) -> Iterator[str]:
    for (problem,) in connection.execute("PRAGMA integrity_check").fetchall():
        if problem != "ok":
            yield f"the database is damaged: {problem}"
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        yield f"row {row} of {table} points to a missing row of {parent}"
    [(version,)] = connection.execute("PRAGMA user_version").fetchall()
    known = len(shipped_migrations())
    if version < known:
        yield f"the database has version {version}; the next start will bring it to {known}"
    elif version > known:
        yield f"the database has version {version}, this program knows up to {known}"
