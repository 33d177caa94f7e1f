"""The invitation on this machine's disk, for nobody else's eyes, and the lock of the folder that it is in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import system
from bot.link.invitation import Invitation

INVITATION = "invitation"
LOCK = "worker.lock"


class NoInvitation(Exception):
    """There is none here; the text says what to do."""


class RunsAlready(Exception):
    """Another process works in this folder."""


def store(folder: Path, invitation: Invitation) -> Path:
    """Write it where only this account can read it. Returns the file.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path, fresh = folder / INVITATION, folder / f"{INVITATION}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(invitation.line() + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return path


def load(folder: Path) -> Invitation:
    """Read it.

    Raises:
        NoInvitation: there is none.
        BadInvitation: it is damaged.
        OSError: it cannot be read.
    """
    path = folder / INVITATION
    try:
        return Invitation.from_line(path.read_text("utf-8", "replace"))
    except FileNotFoundError:
        raise NoInvitation(
            f"There is no invitation in {folder}. The owner of the bot sends you one; then run "
            "framekiln worker join and paste it behind."
        ) from None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of the folder during the block.

    Raises:
        RunsAlready: one is in it.
        OSError: the lock cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / LOCK).open("a", encoding="utf-8") as file:
        try:
            system.lock(file.fileno())
        except BlockingIOError:
            raise RunsAlready(f"A worker runs already in {folder}.") from None
        yield
