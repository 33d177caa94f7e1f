"""Blobs: files named after the hash of their content, written whole or not at all.

``root/ab/abcdef….blob`` is reached only by renaming a file that is complete and on the disk, so a name that
exists stands for its content. Files on their way are under ``root/incoming``. All functions are plain and
may wait for the disk: call them in a thread.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

from db.errors import BlobDamaged
from system import sync

_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20  # bytes

_HAND: ContextVar[set[str] | None] = ContextVar("blobs in hand", default=None)


class Blobs:
    """A folder of blobs.

    Args:
        root: made if it is not there; readable by the owner only.
    """

    def __init__(self, root: Path | str) -> None:
        self._root = Path(root).absolute()
        self._incoming = self._root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.Lock()
        self._hands: list[set[str]] = []
        self._watches: list[set[str]] = []
        self._on_their_way: set[Path] = set()
        sync(self._root.parent)  # or the whole folder could be gone after a power cut

    def path(self, sha256: str) -> Path:
        """Return where a blob is, or would be.

        Raises:
            ValueError: this is no lower-case hex SHA-256; so no name leads out of the folder.
        """
        if not _DIGEST.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 in hex: {sha256!r}")
        return self._root / sha256[:2] / f"{sha256}.blob"

    def put(self, data: bytes) -> str:
        """Write a blob and return its digest. Writing it again mends a damaged one."""
        sha256 = hashlib.sha256(data).hexdigest()
        with self._arriving() as (file, temporary):
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            self._settle(temporary, sha256)
        return sha256

    def adopt(self, path: Path | str, sha256: str | None = None) -> str:
        """Move a finished file in and return its digest; the file may be on another file system.

        Args:
            sha256: what the digest must be.

        Raises:
            BlobDamaged: the digest is another one; the file stays where it was.
            FileNotFoundError: there is no such file.
        """
        source = Path(path)
        found = _digest(source)
        if sha256 is not None and found != sha256:
            raise BlobDamaged(sha256, found)
        sync(source)
        try:
            self._settle(source, found)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy(source, found)
            source.unlink()
        return found

    def read(self, sha256: str) -> bytes:
        """Return a blob's content.

        Raises:
            BlobDamaged: the disk has not kept it as it was.
            FileNotFoundError: there is no such blob.
        """
        data = self.path(sha256).read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise BlobDamaged(sha256, found)
        return data

    def verify(self, sha256: str) -> None:
        """Return if the blob is whole.

        Raises:
            BlobDamaged: the disk has not kept it as it was.
            FileNotFoundError: there is no such blob.
        """
        found = _digest(self.path(sha256))
        if found != sha256:
            raise BlobDamaged(sha256, found)

    @contextmanager
    def in_hand(self) -> Iterator[set[str]]:
        """Keep what the block, or a thread that it waits for, puts by, until a row can name it.

        Yields:
            The digests of what was put by so far.
        """
        hand: set[str] = set()
        before = _HAND.set(hand)
        with self._lock:
            self._hands.append(hand)
        try:
            yield hand
        finally:
            with self._lock:
                self._hands = [other for other in self._hands if other is not hand]
            _HAND.reset(before)

    @contextmanager
    def arrivals(self) -> Iterator[Collection[str]]:
        """Watch what arrives while the block asks the rows which blobs they name.

        A row that was written after the answer names a blob that is in somebody's hand now, or is put by
        before the block ends.

        Yields:
            The digests of these; not to be deleted because of the answer.
        """
        with self._lock:
            watch = set[str]().union(*self._hands)
            self._watches.append(watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._watches = [other for other in self._watches if other is not watch]

    def exists(self, sha256: str) -> bool:
        """Whether there is such a blob."""
        return self.path(sha256).is_file()

    def delete(self, sha256: str, *, arrived: Collection[str] = ()) -> bool:
        """Delete a blob; False where there was none, it is one of ``arrived``, or somebody has it in hand."""
        with self._lock:
            if any(sha256 in hand for hand in (*self._hands, arrived)):
                return False
            try:
                self.path(sha256).unlink()
            except FileNotFoundError:
                return False
        return True

    def sweep(
        self, keep: Collection[str], older_than: float = 3600.0, *, arrived: Collection[str] = ()
    ) -> int:
        """Delete the blobs that are not needed, and files that never finished arriving.

        Args:
            keep: digests of the blobs that stay, beside those that somebody has in hand.
            arrived: stay as well; see ``arrivals``.
            older_than: seconds; younger files stay, as their job may not be written down yet.

        Returns:
            How many files were deleted.
        """
        newest = time.time() - older_than
        blobs = (path for path in self._root.glob("??/*.blob") if path.stem not in keep)
        deleted = sum(self.delete(path.stem, arrived=arrived) for path in blobs if _older(path, newest))
        return deleted + self.sweep_incoming(older_than)

    def sweep_incoming(self, older_than: float) -> int:
        """Delete files that never will finish arriving; return how many. What is being written stays."""
        newest = time.time() - older_than
        found = [path for path in self._incoming.iterdir() if _older(path, newest)]
        left = [path for path in found if path not in self._on_their_way]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    @contextmanager
    def _arriving(self) -> Iterator[tuple[BinaryIO, Path]]:
        temporary = self._incoming / secrets.token_hex(16)
        self._on_their_way.add(temporary)
        try:
            with temporary.open("xb") as file:
                temporary.chmod(0o600)
                yield file, temporary
        finally:
            temporary.unlink(missing_ok=True)
            self._on_their_way.discard(temporary)

    def _settle(self, finished: Path, sha256: str) -> None:
        """Give a file that is on the disk its final name."""
        final = self.path(sha256)
        if not final.parent.exists():
            final.parent.mkdir(mode=0o700, exist_ok=True)
            sync(self._root)
        os.utime(finished)  # its age, for the sweep, counts from now
        hand = _HAND.get()
        with self._lock:  # so that it is never deleted between being there and being in hand
            if hand is not None:
                hand.add(sha256)
            for watch in self._watches:
                watch.add(sha256)
            finished.replace(final)
        sync(final.parent)

    def _copy(self, source: Path, sha256: str) -> None:
        with self._arriving() as (file, temporary):
            digest = hashlib.sha256()
            with source.open("rb") as original:
                while chunk := original.read(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != sha256:
                raise BlobDamaged(sha256, digest.hexdigest())
            file.flush()
            os.fsync(file.fileno())
            self._settle(temporary, sha256)


def _older(path: Path, newest: float) -> bool:
    try:
        return path.stat().st_mtime < newest
    except FileNotFoundError:  # somebody else has just deleted it
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
