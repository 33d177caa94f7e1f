"""The owner's own checkpoints and styles by their digests: a name says nothing on another machine.

A file of gigabytes takes a while to read. So its digest is remembered, also for the next process, for as long
as its size, its time and its inode are the same.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.weights.digest import CHUNK
from engine.weights.fingerprints import Print, print_of
from engine.weights.store import Store

log = logging.getLogger(__name__)


class OwnKind(StrEnum):
    """What a file of the owner's is."""

    CHECKPOINT = "checkpoint"
    STYLE = "style"


@dataclass(frozen=True, kw_only=True)
class OwnFile:
    """A checkpoint or a style of the owner's.

    Attributes:
        name: by which the store knows it.
        path: a file, or a checkpoint's folder in diffusers' layout.
        sha256: of its bytes, in hex; of a folder, of the names and digests of all files in it.
        size: bytes of a file; 0 for a folder.
    """

    kind: OwnKind
    name: str
    path: Path
    sha256: str
    size: int


class Interrupted(Exception):
    """A look was given up."""


class OwnFiles:
    """Knows the digests of what is in a store.

    Attributes:
        found: as of the latest look.
    """

    def __init__(self, store: Store, remembered: Path) -> None:
        """Make one that has not looked yet.

        Args:
            store: where the files are.
            remembered: a file of its own, in which digests outlive this process.
        """
        self._store = store
        self._remembered = remembered
        self._known: dict[str, tuple[Print, str]] | None = None
        self.found: tuple[OwnFile, ...] = ()

    def digest_of(self, kind: OwnKind, name: str) -> str | None:
        """The digest of a file by its name; None: there is none, or it has not been looked at."""
        return next((file.sha256 for file in self.found if (file.kind, file.name) == (kind, name)), None)

    def by_digest(self, sha256: str) -> OwnFile | None:
        """The file with a digest; None: it is not here."""
        return next((file for file in self.found if file.sha256 == sha256), None)

    @property
    def digests(self) -> frozenset[str]:
        """Of all of them."""
        return frozenset(file.sha256 for file in self.found)

    def look(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Look at the disk, and read what is new. It can take minutes: call it in a thread.

        Args:
            stop: asked again and again; True: give up. What was read so far is remembered.
        """
        known = self._load() if self._known is None else self._known
        seen: dict[str, tuple[Print, str]] = {}
        found: list[OwnFile] = []
        before = {(file.kind, file.name): file for file in self.found}
        try:
            for kind, names, path_of in (
                (OwnKind.CHECKPOINT, self._store.checkpoints(), self._store.checkpoint),
                (OwnKind.STYLE, self._store.styles(), self._store.style),
            ):
                for name in names:
                    file = _looked_at(kind, name, path_of(name), known, seen, stop)
                    before.pop((kind, name), None)
                    if file is not None:
                        found.append(file)
                    self.found = (*found, *before.values())  # a long look is of use before its end
        except Interrupted:
            seen = {**known, **seen}
        else:
            self.found = tuple(found)
        self._known = seen
        if seen != known:
            self._store_away(seen)

    def _load(self) -> dict[str, tuple[Print, str]]:
        try:
            told = json.loads(self._remembered.read_text("utf-8"))
            return {
                str(path): ((int(size), int(changed), int(inode)), str(digest))
                for path, (size, changed, inode, digest) in told.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.info("the digests of checkpoints and styles are computed again: %s", error)
            return {}

    def _store_away(self, seen: Mapping[str, tuple[Print, str]]) -> None:
        fresh = self._remembered.with_suffix(".new")
        try:
            fresh.write_text(json.dumps({path: [*stat, digest] for path, (stat, digest) in seen.items()}))
            fresh.replace(self._remembered)
        except OSError as error:
            log.info("the digests of checkpoints and styles are not remembered: %s", error)


def _looked_at(
    kind: OwnKind,
    name: str,
    path: Path,
    known: Mapping[str, tuple[Print, str]],
    seen: dict[str, tuple[Print, str]],
    stop: Callable[[], bool],
) -> OwnFile | None:
    """One file or folder; None where it cannot be read now, or changes meanwhile."""
    try:
        if not path.is_dir():
            digest = _digest(path, known, seen, stop)
            return OwnFile(kind=kind, name=name, path=path, sha256=digest, size=path.stat().st_size)
        files = sorted(each for each in path.rglob("*") if each.is_file() and not _is_hidden(each, path))
        told = "".join(f"{each.relative_to(path)}\0{_digest(each, known, seen, stop)}\n" for each in files)
    except OSError as error:
        log.info("%s %s: its digest is not known: %s", kind, name, error)
        return None
    return OwnFile(kind=kind, name=name, path=path, sha256=hashlib.sha256(told.encode()).hexdigest(), size=0)


def _digest(
    path: Path,
    known: Mapping[str, tuple[Print, str]],
    seen: dict[str, tuple[Print, str]],
    stop: Callable[[], bool],
) -> str:
    """Of one file, read only if it is another than it was.

    Raises:
        OSError: it cannot be read, or is being written.
        Interrupted: it was to stop.
    """
    before, remembered = print_of(path), known.get(str(path))
    if remembered is not None and remembered[0] == before:
        seen[str(path)] = remembered
        return remembered[1]
    reckoned, left = hashlib.sha256(), before[0]
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(left, CHUNK))):  # no further: it may be growing
            if stop():
                raise Interrupted
            reckoned.update(chunk)
            left -= len(chunk)
    if print_of(path) != before:
        raise OSError(f"{path.name} is being written")
    seen[str(path)] = before, reckoned.hexdigest()
    return reckoned.hexdigest()


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
