"""A member's data as ZIP files that they can download."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import system
from db.codes import BotCode
from db.files import Blobs
from db.jobs.retention import UNDELIVERED
from db.states import State
from engine.core.recipe import Recipe, Role
from engine.provenance.seal import Sealer

DATA = "data.json"
SUFFIXES: Mapping[Role, str] = {
    Role.PICTURE: "png",
    Role.END: "png",
    Role.LIKE: "png",
    Role.REFERENCE: "mp4",
    Role.BEFORE: "mp4",
    Role.SOUND: "wav",
}
"""What a file is, by what it was given for."""

SPARE = 16 * 1024
"""Bytes that a file may grow by: its entry in the archive, and the seal of a clip."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A file of the export.

    Attributes:
        name: in the archive.
        path: the blob.
        size: bytes.
        recipe: of a clip that the bot made, which is sealed as any that leaves; None for what was given.
    """

    name: str
    path: Path
    size: int
    recipe: str | None = None


@dataclass(frozen=True, kw_only=True)
class Export:
    """A plan of archives.

    Attributes:
        data: the JSON of everything that is no file.
        archives: the files of each; the first archive holds ``data`` too.
        left_out: names of files that are too large by themselves.
    """

    data: bytes
    archives: tuple[tuple[Piece, ...], ...]
    left_out: tuple[str, ...]


def clips_before(known: Mapping[str, list[dict[str, Any]]]) -> set[str]:
    """The digests of finished clips that a member's jobs went on from, their own or another's."""
    jobs = known.get("job", ())
    return {
        digest for job in jobs for role, digest in json.loads(job["inputs"]).items() if role == Role.BEFORE
    }


def plan(
    known: Mapping[str, list[dict[str, Any]]],
    facts: Mapping[str, Any],
    blobs: Blobs,
    makers: Mapping[str, str],
    *,
    limit: int,
) -> Export | None:
    """Plan an export.

    Args:
        known: rows about the member, by table.
        facts: what else is known.
        blobs: where the files are; those that are gone are left out.
        makers: the recipe of each clip of :func:`clips_before`; a clip without one cannot be sealed, and is
            left out.
        limit: bytes of an archive.

    Returns:
        None if even the text alone is too large.
    """
    jobs = known.get("job", ())
    pieces = list(_pieces(jobs, blobs, makers))
    left_out = tuple(piece.name for piece in pieces if piece.size + SPARE > limit)
    held_back = [_clip_name(job) for job in jobs if job["clip_sha256"] is not None and _is_held_back(job)]
    document = {
        **facts,
        "left out": [*left_out, *held_back],
        **{table: [_read(row) for row in rows] for table, rows in known.items()},
    }
    data = json.dumps(document, ensure_ascii=False, indent=1).encode()
    room = limit - len(zlib.compress(data)) - 2 * SPARE
    if room < 0:
        return None
    archives: list[list[Piece]] = [[]]
    for piece in pieces:
        needed = piece.size + SPARE
        if needed > limit:
            continue
        if needed > room:
            archives.append([])
            room = limit
        archives[-1].append(piece)
        room -= needed
    return Export(data=data, archives=tuple(map(tuple, archives)), left_out=left_out)


def archive(export: Export, number: int, sealer: Sealer, folder: Path) -> io.BufferedRandom:
    """Make one archive, counted from 0. Reads and writes files: call it in a thread.

    Returns:
        An open file at its beginning, with no name in the folder; the caller closes it.
    """
    whole = system.nameless_file(folder)
    try:
        with zipfile.ZipFile(whole, "w") as made:
            if number == 0:
                made.writestr(DATA, export.data, zipfile.ZIP_DEFLATED)
            for piece in export.archives[number]:
                _add(made, piece, sealer)
        whole.seek(0)
    except BaseException:
        whole.close()
        raise
    return whole


def _add(made: zipfile.ZipFile, piece: Piece, sealer: Sealer) -> None:
    """Put one file into an archive. Only one is in memory at a time."""
    try:
        content = piece.path.read_bytes()
    except FileNotFoundError:
        return  # it was swept since the plan was made
    if piece.recipe is not None:
        content = sealer.seal(content, Recipe.from_json(piece.recipe)).mp4
    made.writestr(piece.name, content, zipfile.ZIP_STORED)


def _pieces(jobs: Iterable[Mapping[str, Any]], blobs: Blobs, makers: Mapping[str, str]) -> Iterator[Piece]:
    """The files of some jobs, each under the suffix of what it is.

    There is nothing of what was taken down, and no clip that moderators hold back.
    """
    seen = set()
    for job in jobs:
        if job["deleted_at"] is not None:
            continue
        for role, digest in json.loads(job["inputs"]).items():
            made = role == Role.BEFORE
            if digest in seen or not blobs.exists(digest) or (made and digest not in makers):
                continue
            seen.add(digest)
            path = blobs.path(digest)
            yield Piece(
                name=f"given/{digest[:16]}.{SUFFIXES[Role(role)]}",
                path=path,
                size=path.stat().st_size,
                recipe=makers[digest] if made else None,
            )
        clip = job["clip_sha256"]
        if clip is not None and blobs.exists(clip) and not _is_held_back(job):
            path = blobs.path(clip)
            yield Piece(name=_clip_name(job), path=path, size=path.stat().st_size, recipe=job["recipe"])


def _clip_name(job: Mapping[str, Any]) -> str:
    return f"clips/{job['id']}.mp4"


def _is_held_back(job: Mapping[str, Any]) -> bool:
    """Whether a clip waits for moderators, was rejected by them, or was cancelled before they had decided."""
    if job["state"] == State.DELIVERED or job["error_code"] in UNDELIVERED:
        return False
    waited = job["held_reason"] is not None and not job["looked_at"]
    return job["state"] == State.HELD or job["error_code"] == BotCode.REVIEW or waited


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its JSON as what it stands for."""
    return {
        name: json.loads(value) if name in {"recipe", "receipt", "inputs", "seen"} and value else value
        for name, value in row.items()
    }
