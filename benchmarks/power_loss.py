"""Cut the power in the middle of the queue's work, and see what is still there.

    python -m benchmarks.power_loss [--cuts 100] [--jobs 60] [--seed 0]

The real queue takes jobs through their lives; the statements that it sends are written down and sent again
through apsw, into a file system of our own that notes each write and each sync. A power cut is a place in
that log: what was synced before it survives, of the rest nothing does, or (every second cut) whichever writes
chance leaves. The database that is left is opened by the SQLite of this Python and must hold exactly what
some number of transactions had made, all acknowledged ones among them.

The same is done with ``synchronous`` at NORMAL and OFF, which must lose something, or the cuts would prove
nothing. Clips and pictures are looked at in another way: when a blob's name is handed out, to be put into a
row, its content, its name and its folder must have been synced already.

apsw brings an SQLite of its own; both versions are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import hashlib
import os
import random
import sqlite3
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import apsw

from benchmarks.kill_db import FAR
from db.files import Blobs
from db.jobs.job import NewJob
from db.queue import Queue
from db.sqlite.connection import Database
from tests.policies import queue_on

if TYPE_CHECKING:
    from typing_extensions import Buffer

NAME = "framekiln.db"
SECTOR = 512
SYNCHRONOUS = {2: "FULL", 1: "NORMAL", 0: "OFF"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change to a file. ``at`` and ``data`` of a write; ``size`` of a truncation; neither: a sync."""

    file: str
    at: int = 0
    data: bytes | None = None
    size: int | None = None


@dataclass
class Disk:
    """All that was done to the files, in order, and where a transaction was acknowledged.

    Attributes:
        acknowledged: for each transaction, how many changes had been made when its COMMIT returned.
    """

    changes: list[Change] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)

    def after(self, cut: int, dice: random.Random | None) -> dict[str, bytes]:
        """The files as they are after a power cut.

        Args:
            cut: how many changes had been made.
            dice: chooses which unsynced writes survive, and how much of each; None: none of them does.
        """
        synced: dict[str, bytearray] = {}
        waiting: dict[str, list[Change]] = collections.defaultdict(list)
        for change in self.changes[:cut]:
            waiting[change.file].append(change)
            if change.data is None and change.size is None:
                content = synced.setdefault(change.file, bytearray())
                for each in waiting.pop(change.file):
                    _apply(content, each)
        if dice is not None:
            for name, changes in waiting.items():
                for each in changes:
                    if dice.random() < 0.5:
                        _apply(synced.setdefault(name, bytearray()), each, dice)
        return {name: bytes(content) for name, content in synced.items()}


def _apply(content: bytearray, change: Change, dice: random.Random | None = None) -> None:
    if change.size is not None:
        del content[change.size :]
    if change.data is not None:
        data = change.data
        if dice is not None and len(data) > SECTOR:  # torn: only the first sectors arrived
            data = data[: dice.randrange(1, len(data) // SECTOR + 1) * SECTOR]
        content.extend(bytes(max(0, change.at + len(data) - len(content))))
        content[change.at : change.at + len(data)] = data


class _File(apsw.VFSFile):
    """A file that notes what is done to it."""

    def __init__(self, disk: Disk, name: str | apsw.URIFilename, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        path = name if isinstance(name, str) else name.filename()
        self._name = Path(path).name

    def xWrite(self, data: Buffer, offset: int) -> None:  # noqa: N802 - SQLite's name
        super().xWrite(data, offset)
        self._disk.changes.append(Change(file=self._name, at=offset, data=bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - same
        super().xTruncate(newsize)
        self._disk.changes.append(Change(file=self._name, size=newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802 - same
        super().xSync(flags)
        self._disk.changes.append(Change(file=self._name))


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        super().__init__("framekiln power", "")
        self._disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802 - same
        return _File(self._disk, name, flags)


async def statements(folder: Path, jobs: int, seed: int) -> tuple[int, list[list[str]]]:
    """Let the real queue work.

    Returns:
        The ``synchronous`` that its connection has, and what it sent, transaction by transaction.
    """
    sent: list[str] = []
    async with await Database.open(folder / NAME) as db:
        await db.write(lambda connection: connection.set_trace_callback(sent.append))
        sent.clear()
        await _work(queue_on(db), random.Random(seed), jobs)
        [(level,)] = await db.read("PRAGMA synchronous")
        await db.write(lambda connection: connection.set_trace_callback(None))
    transactions: list[list[str]] = []
    for statement, before in zip(sent, ["", *sent], strict=False):
        if statement == before:
            continue  # SQLite tells of a statement once more for each trigger that it fires
        if statement.startswith("BEGIN"):
            transactions.append([])
        if transactions:
            transactions[-1].append(statement)
    return level, [one for one in transactions if one[-1] == "COMMIT"]


async def _work(queue: Queue, dice: random.Random, jobs: int) -> None:
    for number in range(jobs):
        new = NewJob(
            key=str(number),
            kind="animate",
            guild_id=dice.randrange(1, 3),
            channel_id=1,
            user_id=dice.randrange(1, 6),
            recipe='{"prompt": "%s"}' % ("a cat " * dice.randrange(1, 200)),
            profile="camera-fast",
            inputs={},
        )
        await queue.entry.enqueue(new, FAR)
        job = await queue.claims.claim()
        if job is None:
            continue
        handed_in = await queue.claims.hand_in(
            job.id,
            job.claim,
            clip_sha256="0" * 64,
            clip_size=1,
            receipt="{}",
            gpu_seconds=1.0,
            charged_seconds=1.0,
        )
        if handed_in and await queue.delivery.begin_posting(job.id):
            await queue.delivery.record_posted(job.id, number + 1)


def replay(start: Path, transactions: list[list[str]], synchronous: int) -> tuple[Disk, list[str]]:
    """Send the transactions again, through a file system that notes everything.

    Args:
        start: a database of which all is on the disk.
        transactions: what to send.
        synchronous: SQLite's own numbers.

    Returns:
        What was done to the files, and a digest of the data after 0, 1, 2, … transactions.
    """
    disk = Disk()
    vfs = _Vfs(disk)
    disk.changes += [Change(file=NAME, data=start.read_bytes()), Change(file=NAME)]
    connection = apsw.Connection(str(start), vfs="framekiln power")
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA wal_autocheckpoint = 40")  # several checkpoints in a short run
        digests = [_digest(connection)]
        for statements_of_one in transactions:
            for statement in statements_of_one:
                connection.execute(statement).fetchall()
            disk.acknowledged.append(len(disk.changes))
            digests.append(_digest(connection))
    finally:
        connection.close()
        vfs.unregister()
    return disk, digests


def _digest(connection: Any) -> str:
    """All that the tables hold."""
    digest = hashlib.sha256()
    for table in ("job", "member", "render_time"):
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):  # noqa: S608 - names of ours
            digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


@dataclass(kw_only=True)
class Found:
    """What the cuts of one setting came to."""

    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0
    cuts_that_lost: int = 0
    damaged: int = 0


def cut(disk: Disk, digests: list[str], folder: Path, *, cuts: int, seed: int) -> Found:
    """Cut the power at random places, and look."""
    dice = random.Random(seed)
    found = Found(cuts=cuts)
    numbers = {digest: number for number, digest in enumerate(digests)}
    for number in range(cuts):
        place = dice.randrange(2, len(disk.changes) + 1)
        kept = disk.after(place, dice if number % 2 else None)
        acknowledged = sum(one <= place for one in disk.acknowledged)
        found.acknowledged += acknowledged
        reached = _reached(kept, numbers, folder)
        if reached is None:
            found.damaged += 1
        elif reached < acknowledged:
            found.lost += acknowledged - reached
            found.cuts_that_lost += 1
    return found


def _reached(files: dict[str, bytes], numbers: dict[str, int], folder: Path) -> int | None:
    """How many transactions the files hold; None where they are damaged, or hold a part of one."""
    for old in folder.glob(f"{NAME}*"):
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    connection = sqlite3.connect(folder / NAME)
    try:
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            return None
        return numbers.get(_digest(connection))
    except sqlite3.DatabaseError:
        return None
    finally:
        connection.close()


class Synced:
    """What of the files in a folder is on the disk, as far as the syncs of this process can tell."""

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {}
        self.contents: dict[int, str] = {}
        self._real = os.fsync

    def __enter__(self) -> Self:
        os.fsync = self._note  # type: ignore[assignment]
        return self

    def __exit__(self, *_: object) -> None:
        os.fsync = self._real

    def _note(self, descriptor: int) -> None:
        self._real(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            self.names[str(path)] = {entry.name for entry in path.iterdir()}
        else:
            self.contents[path.stat().st_ino] = hashlib.sha256(path.read_bytes()).hexdigest()

    def holds(self, path: Path, sha256: str, top: Path) -> bool:
        """Whether the file would be there after a power cut: content, name, and its folders up to ``top``."""
        named = all(
            each.name in self.names.get(str(each.parent), ())
            for each in (path, *path.parents)
            if top in each.parents
        )
        return named and self.contents.get(path.stat().st_ino) == sha256


def blobs_at_risk(folder: Path, count: int) -> int:
    """How many blobs a row could name that a power cut would take away."""
    at_risk = 0
    with Synced() as synced:
        blobs = Blobs(folder / "blobs")
        for number in range(count):
            data = f"picture {number}".encode() * 1000
            if number % 2:
                source = folder / f"clip {number}"
                source.write_bytes(data)
                digest = blobs.adopt(source)
            else:
                digest = blobs.put(data)
            at_risk += not synced.holds(blobs.path(digest), digest, folder)
    return at_risk


def run(*, cuts: int, jobs: int, seed: int, folder: Path) -> tuple[dict[str, Found], str]:
    """Make the cuts for each setting.

    Returns:
        What they came to, by ``synchronous``, and which of these is the queue's own.
    """
    ours, transactions = asyncio.run(statements(folder, jobs, seed))
    found = {}
    for level, name in SYNCHRONOUS.items():
        start = folder / f"{name}" / NAME
        start.parent.mkdir()
        asyncio.run(_empty(start))
        disk, digests = replay(start, transactions, level)
        ground = folder / f"{name} after"
        ground.mkdir()
        found[name] = cut(disk, digests, ground, cuts=cuts, seed=seed)
    return found, SYNCHRONOUS[ours]


async def _empty(path: Path) -> None:
    async with await Database.open(path):
        pass


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="framekiln-power-") as folder:
        found, ours = run(cuts=given.cuts, jobs=given.jobs, seed=given.seed, folder=Path(folder))
        blobs = 50
        at_risk = blobs_at_risk(Path(folder), blobs)
    print(f"SQLite: {apsw.sqlite_lib_version()} writes, {sqlite3.sqlite_version} reads\n")
    print(f"{'synchronous':12}{'cuts':>6}{'acknowledged':>14}{'lost':>8}{'in cuts':>9}{'damaged':>9}")
    for name, each in found.items():
        mark = "  ours" if name == ours else ""
        print(
            f"{name:12}{each.cuts:6}{each.acknowledged:14}{each.lost:8}{each.cuts_that_lost:9}"
            f"{each.damaged:9}{mark}"
        )
    print(f"\nblobs that a row could name and a power cut take away: {at_risk} of {blobs}")
    own = found[ours]
    good = not (own.lost or own.damaged or at_risk) and found["NORMAL"].lost and found["OFF"].lost
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
