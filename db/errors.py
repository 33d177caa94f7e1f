"""Every error that this package raises on purpose. Any other sqlite3 error is a bug.

::

    StoreError                   the root
    ├── DatabaseError            about the file as a whole
    │   ├── DatabaseBusy         another program holds this database
    │   ├── DatabaseDamaged      SQLite cannot trust the file; it is left as it is
    │   ├── NewerDatabase        a newer Framekiln has written this database
    │   ├── OldSqlite            the SQLite under this Python lacks what the queue needs
    │   ├── DatabaseClosed       used after close
    │   └── CannotWrite          the disk is full, read-only or failing; also an OSError
    ├── NotAccepted              a job was not accepted; nothing was written
    │   ├── LimitReached         a limit of the owner's or of the moderators'
    │   ├── MemberBanned         a moderator has blocked this member
    │   ├── Draining             this guild takes no new jobs
    │   ├── AskedBeforeErase     the member has asked to be erased since
    │   ├── KeyGone              the API key by which it was asked for has ended since
    │   └── ParentGone           what it was to be made from was deleted meanwhile
    ├── TooManyKeys              a member has as many API keys as the owner allows
    ├── InvalidMove              a job cannot go from this state to that one; a bug
    └── BlobDamaged              a file's content does not match its name; also a ValueError
"""

from __future__ import annotations

import errno
from enum import StrEnum
from pathlib import Path


class StoreError(Exception):
    """The root of the errors that this package raises on purpose."""


class DatabaseError(StoreError):
    """The database as a whole cannot be used, or not written."""


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
    """The disk is full, read-only or failing; the transaction was rolled back.

    Attributes:
        errno: why, as the operating system would have said it.
    """

    def __init__(self, text: str, code: int = errno.EIO) -> None:
        super().__init__(code, text)


class Limit(StrEnum):
    """Which limit was reached; the names are those of :class:`db.jobs.enqueue.EnqueueLimits`."""

    PER_MEMBER_WAITING = "per_member_waiting"
    PER_MEMBER_HOUR = "per_member_hour"
    PER_MEMBER_DAY = "per_member_day"
    PER_GUILD_WAITING = "per_guild_waiting"
    TOTAL_WAITING = "total_waiting"
    DIRECT_WAITING = "direct_waiting"
    """``per_guild_waiting``, for all that is asked outside of guilds by their members."""

    STRANGER_DAY = "stranger_day"
    STRANGERS_WAITING = "strangers_waiting"


class NotAccepted(StoreError):
    """A job was not accepted; nothing was written."""


class LimitReached(NotAccepted):
    """The job was not accepted: a limit is reached.

    Attributes:
        which: the limit.
        allowed: its value.
        retry_after: seconds until it allows another job, or None where that depends on other jobs.
    """

    def __init__(self, which: Limit, allowed: float, retry_after: float | None = None) -> None:
        super().__init__(f"the limit {which} = {allowed} is reached")
        self.which = which
        self.allowed = allowed
        self.retry_after = retry_after


class MemberBanned(NotAccepted):
    """The job was not accepted: a moderator of this guild has blocked this member.

    Attributes:
        reason: the moderator's words, as given.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("this member may not ask for clips in this guild")
        self.reason = reason


class Draining(NotAccepted):
    """The job was not accepted: this guild finishes its jobs and takes no new ones."""


class AskedBeforeErase(NotAccepted):
    """It was not accepted: the member has asked to be erased since, or is being erased now."""


class KeyGone(NotAccepted):
    """The job was not accepted: the API key by which it was asked for has ended since."""


class ParentGone(NotAccepted):
    """The job was not accepted: the words or files that it was to be made from were deleted meanwhile."""


class TooManyKeys(StoreError):
    """A member has as many API keys as the owner allows; nothing was written."""


class InvalidMove(StoreError):
    """A job was about to make a move that is not allowed; nothing was written."""

    def __init__(self, job: str, old: str, new: str) -> None:
        super().__init__(f"job {job} cannot go from {old} to {new}")
        self.old = old
        self.new = new


class BlobDamaged(StoreError, ValueError):
    """The content does not match the name.

    Attributes:
        expected, found: hex SHA-256.
    """

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"the blob {expected} has the content of {found}")
        self.expected = expected
        self.found = found
