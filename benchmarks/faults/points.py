"""The points at which the bot's process may fail: counted as they pass, and the n-th one made to fail.

Nothing here is part of the product. The bot's process is forked from one that holds its modules, and before
the bot begins, the functions of the standard library through which it reaches the disk and its pipes are
wrapped.
The errors are those that really occur at such a place.
"""

from __future__ import annotations

import asyncio
import builtins
import errno
import functools
import io
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from benchmarks.faults import places
from benchmarks.faults.places import Place, Places

T = TypeVar("T")

SCALE = 40.0
"""An outage in a sweep, and the pauses in which the bot waits for its end, are this much shorter."""

DIED = 9
"""The exit status of a life that was ended at a point."""

_WRITES = ("BEGIN", "COMMIT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VACUUM")
_FULL_DEVICE = "/dev/full"


class Kind(StrEnum):
    """What fails. HTTP calls are made to fail by the fake of Discord, the others here."""

    DATABASE = "database"
    BUSY = "busy"
    """Beginning a write, while another program holds the database for too long."""

    HTTP = "http"
    PIPE = "pipe"
    RENAME = "rename"
    FSYNC = "fsync"
    FILE = "file"
    """Opening or making a file, or a folder."""

    WRITE = "write"
    """Writing into a file that was opened: the disk is full."""

    UNLINK = "unlink"
    FULL_8 = "full-8s"
    FULL_90 = "full-90s"
    """From the n-th write to the database or a file on, all of them fail for so many seconds of the bot's own
    time, here and in the engine's process; then there is room."""

    LITTLE_LEFT = "1.5MB-left"
    """For 90 s there is room for the database, and none for a clip or a picture."""

    NO_HANDLES = "no-handles"
    """For 90 s no file can be opened and no process started, here or in the engine's process."""

    READ_ONLY = "read-only"
    """For 90 s nothing in the folder can be changed."""

    DEATH = "death"
    """The process is gone before any of these would have happened."""


_NEED_ROOM = (Kind.DATABASE, Kind.FILE, Kind.WRITE)
_HOLDS_CLIPS = ("blobs", "outbox", "spool")


@dataclass(frozen=True, kw_only=True)
class Outage:
    """Something that lasts, from the n-th point on.

    Attributes:
        hits: what fails meanwhile.
        code: with which errno.
        seconds: for how long.
        only_clips: only what lies in the folders of pictures and clips.
    """

    hits: tuple[Kind, ...]
    code: int
    seconds: float
    only_clips: bool = False

    def takes(self, hit: str, what: str) -> bool:
        """Whether something fails meanwhile."""
        lies_there = not self.only_clips or any(f"{name}/" in what for name in _HOLDS_CLIPS)
        return hit in self.hits and lies_there


OUTAGES = {
    Kind.FULL_8: Outage(hits=_NEED_ROOM, code=errno.ENOSPC, seconds=8 / SCALE),
    Kind.FULL_90: Outage(hits=_NEED_ROOM, code=errno.ENOSPC, seconds=90 / SCALE),
    Kind.LITTLE_LEFT: Outage(hits=(Kind.WRITE,), code=errno.ENOSPC, seconds=90 / SCALE, only_clips=True),
    Kind.NO_HANDLES: Outage(hits=(Kind.NO_HANDLES,), code=errno.EMFILE, seconds=90 / SCALE),
    Kind.READ_ONLY: Outage(
        hits=(Kind.DATABASE, Kind.FILE, Kind.RENAME, Kind.UNLINK), code=errno.EROFS, seconds=90 / SCALE
    ),
}


@dataclass(frozen=True, kw_only=True)
class Point:
    """The n-th of a kind, counted from 1; 0: none fails, all are counted.

    Attributes:
        what: only those count whose name has this in it.
        key: only those count that are this place; see :mod:`benchmarks.faults.places`.
    """

    kind: Kind
    nth: int
    what: str = ""
    key: str = ""


class Points:
    """Counts what passes, and says which one fails.

    Args:
        point: which.
        counts: says whether counting has begun.
        met: called with the count and a name each time that something of the kind passes.
        announce: called with an errno and a moment of the system's monotonic clock when an outage begins.
        places: names each place; without, points have no keys.
        rearmed: gives the point that follows this one in the same life; None as long as it is the same.
    """

    def __init__(
        self,
        point: Point,
        *,
        counts: Callable[[], bool],
        met: Callable[[int, str], None],
        announce: Callable[[int, float], None] = lambda _code, _until: None,
        places: Places | None = None,
        rearmed: Callable[[], Point | None] = lambda: None,
    ) -> None:
        self._point = point
        self._outage = OUTAGES.get(point.kind)
        self._announce = announce
        self._places = places
        self._rearmed = rearmed
        self._counts = counts
        self._met = met
        self._count = 0
        self._full_until = 0.0
        self._lock = threading.Lock()

    def fails(self, kind: Kind, what: str) -> bool:
        """Count one; True where it is the one."""
        self._look_for_another()
        place = self._place(kind, what)
        if self._outage is not None:
            return self._is_out(self._outage, kind, what, place)
        if kind is not self._point.kind or not self._counts() or not self._is_meant(what, place):
            return False
        number = self._met_one(what)
        return number == self._point.nth

    def committed(self, connection: sqlite3.Connection) -> None:
        """Hear that a transaction has ended."""
        if self._places is not None:
            self._places.committed(connection)

    def _place(self, kind: Kind, what: str) -> Place | None:
        if self._places is None or not (self._point.key or self._places.is_census):
            return None
        return self._places.here(kind, what)

    def _look_for_another(self) -> None:
        with self._lock:
            other = self._rearmed()
            if other is not None:
                self._point, self._outage = other, OUTAGES.get(other.kind)
                self._count, self._full_until = 0, 0.0

    def _is_meant(self, what: str, place: Place | None) -> bool:
        key = self._point.key
        return self._point.what in what and (not key or (place is not None and key in place.keys))

    def code(self, usual: int) -> int:
        """The errno of what fails."""
        return usual if self._outage is None else self._outage.code

    def _is_out(self, outage: Outage, kind: Kind, what: str, place: Place | None) -> bool:
        if not outage.takes(kind, what) or not self._counts():
            return False
        if self._is_meant(what, place) and self._met_one(what) == self._point.nth:
            self._full_until = time.monotonic() + outage.seconds
            self._announce(outage.code, self._full_until)
        return time.monotonic() < self._full_until

    def _met_one(self, what: str) -> int:
        with self._lock:
            self._count += 1
            number = self._count
        self._met(number, what)
        return number

    def may_die(self, what: str) -> None:
        """Where this is the point of a death, the process ends here."""
        if self.fails(Kind.DEATH, what):
            os._exit(DIED)


def install(points: Points, folder: Path) -> None:
    """Wrap what the bot reaches the outside with, in this process, for good.

    Args:
        points: say what fails.
        folder: the bot's data folder; files elsewhere do not count.
    """
    places.install()
    _wrap_sqlite(points)
    _wrap_files(points, folder)
    _wrap_pipes(points)
    _wrap_http(points)


def _wrap_sqlite(points: Points) -> None:
    class Connection(sqlite3.Connection):
        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            return _statement(self, sql, points, lambda: super(Connection, self).execute(sql, parameters))

        def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
            return _statement(self, sql, points, lambda: super(Connection, self).executemany(sql, parameters))

    sqlite3.connect = functools.partial(sqlite3.connect, factory=Connection)  # type: ignore[assignment]


def _statement(
    connection: sqlite3.Connection, sql: str, points: Points, do: Callable[[], sqlite3.Cursor]
) -> sqlite3.Cursor:
    word = sql.split(None, 1)[0].upper()
    if word not in _WRITES or (word == "WITH" and not connection.in_transaction):
        return do()
    what = " ".join(sql.split())[:60]
    if points.fails(Kind.DATABASE if word != "BEGIN" else Kind.BUSY, what):
        if word == "BEGIN":
            raise _sqlite_error(sqlite3.SQLITE_BUSY, "database is locked")
        if connection.in_transaction:  # SQLite does so by itself after either of these
            sqlite3.Connection.execute(connection, "ROLLBACK")
        if points.code(errno.ENOSPC) == errno.EROFS:
            raise _sqlite_error(sqlite3.SQLITE_READONLY, "attempt to write a readonly database")
        if word == "COMMIT":
            raise _sqlite_error(sqlite3.SQLITE_IOERR_WRITE, "disk I/O error")
        raise _sqlite_error(sqlite3.SQLITE_FULL, "database or disk is full")
    points.may_die(what)
    done = do()
    if word == "COMMIT":
        points.committed(connection)
    return done


def _sqlite_error(code: int, text: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


def _wrap_files(points: Points, folder: Path) -> None:
    def failing(kind: Kind, code: int, real: Callable[..., T], *, at: int = 0) -> Callable[..., T]:
        @functools.wraps(real)
        def wrapped(*args: Any, **kwargs: Any) -> T:
            if _is_in(folder, args[at]):
                what = f"{real.__name__} {Path(args[at]).name}"
                if points.fails(kind, what):
                    raise _refused(points.code(code), args[at])
                points.may_die(what)
            return real(*args, **kwargs)

        return wrapped

    os.replace = failing(Kind.RENAME, errno.ENOSPC, os.replace, at=1)
    os.rename = failing(Kind.RENAME, errno.EIO, os.rename, at=1)
    os.mkdir = failing(Kind.FILE, errno.ENOSPC, os.mkdir)
    os.unlink = failing(Kind.UNLINK, errno.EIO, os.unlink)
    os.fsync = functools.partial(_fsync, points, os.fsync)
    io.open = builtins.open = functools.partial(_open, points, folder, io.open)


def _refused(code: int, path: Any) -> OSError:
    return OSError(code, os.strerror(code), str(path))


def _is_in(folder: Path, path: object) -> bool:
    return isinstance(path, (str, os.PathLike)) and os.fspath(path).startswith(os.fspath(folder))


def _fsync(points: Points, real: Callable[[int], None], descriptor: int) -> None:
    if points.fails(Kind.FSYNC, "fsync"):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    points.may_die("fsync")
    real(descriptor)


def _open(
    points: Points,
    folder: Path,
    real: Callable[..., Any],
    file: Any,
    mode: str = "r",
    *args: Any,
    **kwargs: Any,
) -> Any:
    if not _is_in(folder, file):
        return real(file, mode, *args, **kwargs)
    what = f"open {Path(file).name}"
    if points.fails(Kind.NO_HANDLES, what):
        raise _refused(errno.EMFILE, file)
    if mode[0] == "r":
        return real(file, mode, *args, **kwargs)
    if points.fails(Kind.FILE, what):
        raise _refused(points.code(errno.ENOSPC), file)
    points.may_die(what)
    opened = real(file, mode, *args, **kwargs)
    if points.fails(Kind.WRITE, f"write {Path(file).relative_to(folder)}"):
        full = os.open(_FULL_DEVICE, os.O_WRONLY)
        os.dup2(full, opened.fileno())  # from now on the kernel itself says ENOSPC
        os.close(full)
    return opened


def _wrap_pipes(points: Points) -> None:
    """Asyncio's own writers are the pipes and sockets to the bot's processes; aiohttp has others."""
    start = asyncio.create_subprocess_exec

    async def create_subprocess_exec(*args: Any, **kwargs: Any) -> asyncio.subprocess.Process:
        if points.fails(Kind.NO_HANDLES, "start a process"):
            raise _refused(errno.EMFILE, args[0])
        return await start(*args, **kwargs)

    asyncio.create_subprocess_exec = create_subprocess_exec
    real = asyncio.StreamWriter.write

    def write(self: asyncio.StreamWriter, data: bytes | bytearray | memoryview) -> None:
        what = f"pipe {bytes(data[:30])!r}"
        if points.fails(Kind.PIPE, what):
            broken = BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
            self.transport._fatal_error(broken, "the sweep")  # type: ignore[attr-defined]  # noqa: SLF001 - what the transport does at EPIPE
            return
        points.may_die(what)
        real(self, data)

    asyncio.StreamWriter.write = write  # type: ignore[method-assign]


def _wrap_http(points: Points) -> None:
    """Only deaths: what else can go wrong with a call is the fake's to do."""
    real = aiohttp.ClientSession._request  # noqa: SLF001 - all of its calls pass here

    @functools.wraps(real)
    async def request(self: aiohttp.ClientSession, method: str, url: Any, **kwargs: Any) -> Any:
        points.may_die(f"{method} {url}")
        return await real(self, method, url, **kwargs)

    aiohttp.ClientSession._request = request  # type: ignore[method-assign,assignment]  # noqa: SLF001 - same
