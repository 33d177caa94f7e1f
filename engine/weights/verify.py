"""Whether installed weights are still what was pulled: every byte is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.weights.digest import SHA256, matches
from engine.weights.headers import is_whole
from engine.weights.lock import FileRecord, Lock
from engine.weights.model_spec import ModelSpec, PackageSource
from engine.weights.placed_by_hand import SUFFIX
from engine.weights.store import Store


@dataclass(frozen=True, kw_only=True)
class FileCheck:
    """What was found.

    Attributes:
        name: the entry.
        problems: one line each; none: all is well.
        unknown: files without a known digest, because the owner copied them here; they are whole.
    """

    name: str
    problems: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def verify(spec: ModelSpec, store: Store, *, tell: Callable[[str], None]) -> FileCheck:
    """Read all files of an installed entry.

    Args:
        spec: the entry.
        store: where it is.
        tell: told each file before it is read.

    Raises:
        FetchFailed: ``E_LOCK``: the lock file cannot be read.
    """
    folder = store.path(spec.name)
    record = store.record(spec.name)
    if record is not None:  # the lock file is the one that an owner keeps a copy of
        locked = Lock(store.folder).records().get(spec.name, record)
        record = locked if locked.revision == record.revision else record
    known = _shipped(spec)
    if record is not None:
        known |= {path: [*known.get(path, []), file.digest] for path, file in record.files.items()}
        sizes = dict(record.files)
        paths = {path: folder / path for path in record.files}
    else:
        sizes = {}
        paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    problems, unknown = [], []
    for name, path in sorted(paths.items()):
        tell(name)
        digests = known.get(name, [])
        if problem := _problem(path, sizes.get(name), digests):
            problems.append(f"{name}: {problem}")
        elif not digests and path.suffix == SUFFIX:
            unknown.append(name)
    return FileCheck(name=spec.name, problems=tuple(problems), unknown=tuple(unknown))


def _shipped(spec: ModelSpec) -> dict[str, list[str]]:
    """What the catalogue knows of the files."""
    if isinstance(spec.source, PackageSource):
        return {spec.source.file: [SHA256 + spec.source.sha256]}
    return {path: [SHA256 + digest] for path, digest in spec.source.sha256.items()}


def _problem(path: Path, recorded: FileRecord | None, digests: list[str]) -> str:
    if not path.is_file():
        return "is missing"
    size = path.stat().st_size
    if recorded is not None and recorded.size != size:
        return f"has {size} bytes instead of {recorded.size}"
    if not all(matches(path, digest) for digest in sorted(set(digests))):
        return "has changed since it was pulled"
    if not digests and path.suffix == SUFFIX and not is_whole(path):
        return "is cut off or damaged"
    return ""
