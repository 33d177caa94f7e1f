"""What was installed, exactly: the lock file of a folder of weights, and each entry's own manifest.

The lock outlives an entry's removal, so that a later pull gets the same bytes, or says that they changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import Code
from engine.weights.fetch import FetchFailed, unwritten

LOCK = "models.lock.json"
MANIFEST = ".framekiln.json"


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """A file.

    Attributes:
        size: bytes.
        digest: see :mod:`engine.weights.digest`.
    """

    size: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """An entry of the catalogue as it was pulled.

    Attributes:
        origin: ``owner/name`` on the hub, or ``package==version``.
        revision: the commit; "" for a package.
        licence: the name of the one that was accepted.
        accepted: when, ISO 8601; "": a script said yes to all.
        files: path → what it must be.
    """

    origin: str
    revision: str
    licence: str
    accepted: str
    files: Mapping[str, FileRecord]


class Lock:
    """The lock file."""

    def __init__(self, folder: Path) -> None:
        """Make one; nothing is read before it is asked for."""
        self._path = folder / LOCK

    def records(self) -> dict[str, Record]:
        """Name → record.

        Raises:
            FetchFailed: ``E_LOCK``: the file cannot be understood.
        """
        try:
            told = json.loads(self._path.read_text("utf-8"))
            return {str(name): _record(entry) for name, entry in told["models"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise FetchFailed(
                Code.LOCK,
                f"{self._path} cannot be read ({type(error).__name__}). Restore it from a backup; or delete "
                "it, and what is pulled next will be trusted as it comes.",
            ) from error

    def put(self, name: str, record: Record) -> None:
        """Keep a record."""
        self._write(self.records() | {name: record})

    def forget(self, name: str) -> None:
        """Let a record go: the next pull trusts what it finds."""
        self._write({kept: record for kept, record in self.records().items() if kept != name})

    def _write(self, records: Mapping[str, Record]) -> None:
        entries = {name: asdict(records[name]) for name in sorted(records)}
        _write_whole(self._path, {"version": 1, "models": entries})


def read_manifest(folder: Path) -> Record | None:
    """What a pull wrote last into an entry's folder; None: it was not pulled, or not to the end."""
    try:
        return _record(json.loads((folder / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_manifest(folder: Path, record: Record) -> None:
    """Say that an entry is there, whole."""
    _write_whole(folder / MANIFEST, asdict(record))


def _record(told: Any) -> Record:
    files = {str(path): FileRecord(**file) for path, file in told["files"].items()}
    return Record(**{**told, "files": files})


def _write_whole(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file that is there whole, or as it was before.

    Raises:
        FetchFailed: ``E_ROOM``.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(content, file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise unwritten(path, error) from error
