"""The folder in which renders work: a fresh one for each, and proof of what it holds."""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from engine.core.errors import Code, RenderFailed
from engine.core.receipt import Receipt
from engine.process import wire

MAX_CLIP_BYTES = 100_000_000
"""A file larger than this is no clip, and is not read."""

_JOB = re.compile(r"[A-Za-z0-9_]+")
_WORK = re.compile(r"[A-Za-z0-9_]+-[0-9]+")


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A finished clip, proven to be the one that the engine spoke of.

    Attributes:
        path: the MP4. Move it away, then call :meth:`engine.process.host.EngineHost.discard`.
        folder: what ``discard`` removes.
    """

    receipt: Receipt
    path: Path
    folder: Path


class Spool:
    """A folder that belongs to one engine host."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._numbers = itertools.count(1)

    def name(self, job: str) -> Path:
        """A folder for one render of a job, not made yet; its name was never given before.

        Raises:
            ValueError: the job's id holds more than letters, digits and underscores.
        """
        if not _JOB.fullmatch(job):
            raise ValueError(f"{job!r} cannot name a folder")
        return self._root / f"{job}-{next(self._numbers)}"

    def sweep(self) -> None:
        """Remove the work folders that a former process left, and nothing else that may lie there."""
        self._root.mkdir(parents=True, exist_ok=True)
        for entry in self._root.iterdir():
            if _WORK.fullmatch(entry.name) and entry.is_dir() and not entry.is_symlink():
                remove(entry)


def make(folder: Path) -> None:
    """Make a work folder, when its render begins."""
    folder.mkdir()


def remove(folder: Path) -> None:
    """Remove a work folder; what cannot be removed is left to the next sweep."""
    shutil.rmtree(folder, ignore_errors=True)


def verified(result: wire.Result, folder: Path) -> Rendered:
    """Believe a result: the file lies in the work folder, and is the one that was spoken of.

    Raises:
        RenderFailed: ``E_RESULT``: it is not.
    """
    path = (folder / result.path).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        _distrust(f"{result.path!r} is not a file in the work folder")
    size = path.stat().st_size
    if size > MAX_CLIP_BYTES:
        _distrust(f"{result.path!r} has {size} bytes")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        receipt = Receipt.from_json(result.receipt)
    except ValueError as error:
        _distrust(str(error))
    if not found == result.sha256 == receipt.sha256:
        _distrust(f"the file is {found}, the result says {result.sha256}, the receipt {receipt.sha256}")
    return Rendered(receipt=receipt, path=path, folder=folder)


def _distrust(detail: str) -> NoReturn:
    raise RenderFailed(Code.RESULT, "The engine's clip was damaged on the way.", detail)
