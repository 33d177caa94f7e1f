"""One connection to one SQLite file, in one process.

Each transaction is a plain function that runs whole in the connection's own thread. No await stands between
``BEGIN`` and ``COMMIT``, so a task that is cancelled can neither leave a transaction open nor keep half of
one. ``synchronous=FULL`` costs about 0.2 ms here; in simulated power cuts ``NORMAL`` lost every
transaction since the last checkpoint.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import aiosqlite

from db.errors import CannotWrite, DatabaseClosed, DatabaseDamaged, OldSqlite
from db.sqlite.backup import clear_unfinished, write_backup
from db.sqlite.lock import Locks, take
from db.sqlite.migrate import Migration, migrate, shipped_migrations
from db.sqlite.rescue import Rescue, rescue
from db.sqlite.reserve import Reserve

log = logging.getLogger(__name__)

T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any]

OLDEST_SQLITE = (3, 35, 0)
"""``RETURNING``, which a claim needs, came with it."""

_UNWRITABLE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_CANTOPEN: errno.EIO,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
}
"""What is nobody's fault and passes, in the words of the operating system."""

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY_CODE = 0xFF  # the low byte of an extended result code, https://www.sqlite.org/rescode.html


class _Thread(aiosqlite.Connection):
    """aiosqlite's connection, with its "run this in your thread" given a public name."""

    async def run(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        result: T = await self._execute(fn, self._conn)  # type: ignore[no-untyped-call]
        return result


class Watch:
    """Tells that rows of some tables may have changed.

    Attributes:
        changes: rises with each changed row, before the transaction ends; a rollback does not take it back.
    """

    def __init__(self) -> None:
        self.changes = 0

    def count(self) -> None:
        """Note one changed row. SQLite calls this."""
        self.changes += 1


class Database:
    """The open database. Make one with :meth:`open`.

    Attributes:
        path: the file.
        calls: how many transactions and reads were run.
        busy_seconds: the time that they took in the connection's thread, waiting for the disk included.
        rescued: what was done about a damaged file; None where it was whole.
        reserve: room on the disk, so that the state can be written when the disk is full.
    """

    def __init__(
        self, path: Path, thread: _Thread, locks: Locks, rescued: Rescue | None = None, reserve: int = 0
    ) -> None:
        self.path = path
        self.reserve = Reserve(path.parent, reserve)
        self.rescued = rescued
        self.calls = 0
        self.busy_seconds = 0.0
        self._thread = thread
        self._locks = locks
        self._turn = asyncio.Lock()
        self._writes: set[asyncio.Task[Any]] = set()
        self._closed = False

    @classmethod
    async def open(
        cls,
        path: Path | str,
        *,
        backup_dir: Path | str | None = None,
        migrations: Sequence[Migration] | None = None,
        mend: bool = False,
        reserve: int = 0,
    ) -> Self:
        """Open the file, make it if it is not there, and bring it to the newest version.

        Args:
            path: on a local disk; WAL does not work over a network.
            backup_dir: where the backup before a migration goes; ``backups`` beside the file by default.
            migrations: those that ship with the program by default.
            mend: set a damaged file aside, and go on with the newest good backup;
                see :mod:`db.sqlite.rescue`.
            reserve: bytes to set aside on the disk; see :mod:`db.sqlite.reserve`.

        Raises:
            DatabaseBusy: another program holds it.
            DatabaseDamaged: the file fails SQLite's check, and is not to be mended.
            NewerDatabase: a newer program has written it.
            OldSqlite: SQLite is older than 3.35.
        """
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise OldSqlite(sqlite3.sqlite_version, ".".join(map(str, OLDEST_SQLITE)))
        path, locks = take(Path(path))
        try:
            folder = path.parent / "backups" if backup_dir is None else Path(backup_dir)
            steps = shipped_migrations() if migrations is None else migrations
            rescued = None
            try:
                thread = await _connect(path, steps, folder)
            except DatabaseDamaged as error:
                if not mend:
                    raise
                rescued = await asyncio.to_thread(
                    rescue, path, folder, reason=error.detail, version=len(steps)
                )
                thread = await _connect(path, steps, folder)
        except BaseException:
            locks.close()
            raise
        database = cls(path, thread, locks, rescued, reserve)
        try:
            await asyncio.to_thread(clear_unfinished, folder, path.stem)
            await asyncio.to_thread(database.reserve.hold)
        except OSError as error:  # neither is worth not starting for
            log.warning("could not tidy the folder of the database: %s", error)
        return database

    async def write(self, fn: Callable[[sqlite3.Connection], T], *, reserved: bool = True) -> T:
        """Run ``fn`` inside one transaction and commit, or roll back whatever it raises.

        The caller may be cancelled while it waits; the transaction then still ends, wholly.

        Args:
            fn: runs in the connection's thread; it neither begins nor commits, and keeps no cursor. Where the
                disk is full, it runs a second time.
            reserved: on a full disk, use the room that is set aside. Not for what can be refused.

        Raises:
            CannotWrite: the disk is full, read-only or failing, or another program holds the file.
            DatabaseClosed: the database is closed.
        """

        def transaction(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = fn(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk makes SQLite roll back by itself
                    connection.execute("ROLLBACK")
                raise
            return result

        def with_reserve(connection: sqlite3.Connection) -> T:
            try:
                return transaction(connection)
            except sqlite3.OperationalError as error:
                if _code_of(error) != sqlite3.SQLITE_FULL or not self.reserve.release():
                    raise
            return transaction(connection)

        return await self._shielded(self._run(with_reserve if reserved else transaction))

    async def read(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Return all rows at once: an open cursor would keep the log from being checkpointed."""
        return await self._run(lambda connection: connection.execute(sql, parameters).fetchall())

    async def look(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``fn``, which only reads. Nothing is written meanwhile, and nothing has to be writable."""
        return await self._run(fn)

    async def watch(self, *tables: str) -> Watch:
        """Count the changes to tables from now on, whoever makes them through this connection.

        Args:
            tables: names of ours.
        """
        watch = Watch()
        name = f"watch_{id(watch)}"

        def begin(connection: sqlite3.Connection) -> None:
            connection.create_function(name, 0, watch.count)
            for table in tables:
                for change in ("INSERT", "UPDATE", "DELETE"):
                    # Of this connection only: the file knows nothing of it.
                    connection.execute(
                        f"CREATE TEMP TRIGGER {name}_{table}_{change} AFTER {change} ON main.{table} "
                        f"BEGIN SELECT {name}(); END"
                    )

        await self._shielded(self._run(begin))
        return watch

    async def backup(self, folder: Path | str, *, keep: int) -> Path:
        """Write a whole, compact copy of the committed data, and keep the ``keep`` newest copies.

        Other calls wait meanwhile: about 16 ms for a few megabytes.
        """
        target = Path(folder)
        return await self._shielded(
            self._run(lambda connection: write_backup(connection, target, name=self.path.stem, keep=keep))
        )

    async def fold(self) -> bool:
        """Fold the log into the file and empty it, so that it no longer holds anything deleted.

        Returns:
            False where another program is reading the database: then the log stays, and so does what was
            deleted. It is not waited for, since every other call would wait as well.
        """

        def checkpoint(connection: sqlite3.Connection) -> bool:
            (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.execute(f"PRAGMA busy_timeout = {patience}")
            return not busy

        return await self._shielded(self._run(checkpoint))

    async def close(self) -> None:
        """Wait for what was begun, fold the log into the file, and let go. Closing twice is closing once."""
        async with self._turn:
            if self._closed:
                return
            self._closed = True
            try:
                await self._thread.run(
                    lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                )
            except sqlite3.Error as error:  # a full disk, say: the log holds all that was committed
                log.warning("%s is closed with its log beside it: %s", self.path, error)
            finally:
                await self._thread.close()
                self._locks.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        def timed(connection: sqlite3.Connection) -> T:
            start = time.perf_counter()
            try:
                return fn(connection)
            finally:
                self.calls += 1
                self.busy_seconds += time.perf_counter() - start

        async with self._turn:
            if self._closed:
                raise DatabaseClosed
            with _plain_errors(self.path):
                return await self._thread.run(timed)

    async def _shielded(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        self._writes.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)


async def _connect(path: Path, steps: Sequence[Migration], backups: Path) -> _Thread:
    with _plain_errors(path):
        await asyncio.to_thread(_look, path)
    thread = _Thread(lambda: _open_file(path), iter_chunk_size=64)
    await thread
    try:
        with _plain_errors(path):
            await thread.run(lambda connection: _prepare(connection, path, steps, backups))
    except BaseException:
        await thread.close()
        raise
    return thread


def _look(path: Path) -> None:
    """Raise where the file is damaged. Only a connection that may not write is sure to leave it as it is.

    SQLite would delete the log of an empty file, and fold that of a broken one into it.
    """
    log = path.with_name(path.name + "-wal")
    if not path.exists() or not path.stat().st_size:
        if log.exists() and log.stat().st_size:
            raise DatabaseDamaged(path, "it is empty, but its log is not")
        return
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        problems = [row[0] for row in connection.execute("PRAGMA quick_check").fetchall()]
    if problems != ["ok"]:
        raise DatabaseDamaged(path, str(problems[0]))


def _open_file(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)  # prompts are private
    return sqlite3.connect(path, isolation_level=None)


def _prepare(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration], backup_dir: Path
) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON").fetchall()  # erased data is not left in free pages
    # The copy before a migration deletes no other one: how many are kept is the owner's choice.
    migrate(
        connection, migrations, backup=lambda: write_backup(connection, backup_dir, name=path.stem, keep=None)
    )


def _code_of(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """Give SQLite's result codes the names that the rest of the program acts on."""
    try:
        yield
    except sqlite3.Error as error:
        code = _code_of(error)
        if code in _UNWRITABLE:
            raise CannotWrite(f"{path} cannot be written: {error}", _UNWRITABLE[code]) from error
        if code in _DAMAGED:
            raise DatabaseDamaged(path, str(error)) from error
        raise
