"""Whether the data folder is still the one that the bot opened.

A folder that is deleted under the running bot lives on for as long as the bot has its files open, and is gone
with the next restart, with everything that was taken in meanwhile. So nothing more is taken in.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.supervisor import Loop
from db.sqlite.connection import Database

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two looks; who asks for something is a look, too."""

RESERVE_PAUSE = 10.0
"""Seconds between two tries to set room aside."""

SAY_EVERY = 60.0
"""Seconds between two lines of the log."""


class DataWatch:
    """Compares the database with what lies under its name.

    Attributes:
        gone_since: Unix seconds; None while it is there.
    """

    def __init__(self, database: Path, *, clock: Callable[[], float]) -> None:
        """Make one while the database is there.

        Args:
            database: the file that is open.
            clock: returns Unix seconds.
        """
        self._path = database
        self._clock = clock
        self._identity = _identity(database)
        self._said = float("-inf")
        self.gone_since: float | None = None
        self.loop = Loop("data watch", self._one_look, every=EVERY)

    def is_there(self) -> bool:
        """Look now."""
        there = _identity(self._path) == self._identity
        if there and self.gone_since is not None:
            self.gone_since = None
            log.warning("%s is back", self._path)
        elif not there and self.gone_since is None:
            self.gone_since = self._clock()
        return there

    async def _one_look(self) -> None:
        if not self.is_there() and time.monotonic() - self._said >= SAY_EVERY:
            self._said = time.monotonic()
            log.critical("%s", self.trouble())

    def trouble(self) -> str | None:
        """What is wrong, for the owner; None: nothing."""
        if self.gone_since is None:
            return None
        since = datetime.fromtimestamp(self.gone_since, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return (
            f"{self._path} was deleted or replaced under the running bot, noticed at {since}: no request is "
            "taken. Everything since then is lost when the bot ends. Put the folder back, or stop the bot "
            "and restore a backup"
        )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def disk_reserve(database: Database) -> Loop:
    """Set the room aside again that a full disk has used, as soon as there is enough."""

    async def hold() -> None:
        await asyncio.to_thread(database.reserve.hold)

    return Loop("disk reserve", hold, every=RESERVE_PAUSE)
