"""What can go wrong with what must survive.

DatabaseError            anything below; the rest is a bug
├── DatabaseBusy         another program holds this database
├── DatabaseDamaged      SQLite cannot trust the file; it is left as it is
├── NewerDatabase        a newer Framekiln has written this database
├── OldSqlite            the SQLite under this Python lacks what the queue needs
├── DatabaseClosed       used before open or after close
└── CannotWrite          the disk is full, read-only, failing or held by another; nothing was kept
"""

from __future__ import annotations

from pathlib import Path


class DatabaseError(Exception):
    """The root of what this package raises about the database itself."""


class DatabaseBusy(DatabaseError):
    """Another program holds this database."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"another bot is using the folder {path.parent}: {path.name} is locked; "
            "stop the other one, or give this one a folder of its own"
        )


class DatabaseDamaged(DatabaseError):
    """SQLite cannot trust the file; it is left as it is.

    Attributes:
        detail: what SQLite said.
    """

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(
            f"{path} is damaged ({detail}); nothing was changed or deleted; move it aside together with its "
            "-wal and -shm files, and put the newest backup in its place (framekiln restore does both)"
        )
        self.detail = detail


class NewerDatabase(DatabaseError):
    """A newer Framekiln has written this database.

    Attributes:
        found: the version in the file.
        known: the newest version that this program knows.
    """

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"the database has version {found}, this program knows up to {known}; "
            "update the program, or restore the backup that was made before the update"
        )
        self.found = found
        self.known = known


class OldSqlite(DatabaseError):
    """The SQLite under this Python lacks what the queue needs."""

    def __init__(self, found: str, needed: str) -> None:
        super().__init__(f"SQLite {found} is too old: {needed} or newer is needed")


class DatabaseClosed(DatabaseError):
    """Used after close."""

    def __init__(self) -> None:
        super().__init__("the database is closed")


class CannotWrite(DatabaseError, OSError):
    """The disk is full, read-only or failing; nothing of the transaction was kept."""
