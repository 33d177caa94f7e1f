"""What is done once in a while: a copy of the database each day, and files that nothing needs any more."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from db.connection import Database
from db.files import Blobs
from db.queue import Queue

log = logging.getLogger(__name__)

SWEEP_EVERY = 3600.0
BACKUP_EVERY = 24 * 3600.0
LAST_BACKUP = "last_backup"


class Housekeeping:
    """Sweeps files and keeps backups."""

    def __init__(
        self,
        *,
        database: Database,
        queue: Queue,
        blobs: Blobs,
        backup_dir: Path,
        keep_days: float,
        keep_starred_days: float,
        keep_sheets_days: float,
        backups: int,
    ) -> None:
        """Make one.

        Args:
            database: is backed up.
            queue: knows what is still needed.
            blobs: are swept.
            backup_dir: where the copies go.
            keep_days: days that pictures and clips are kept.
            keep_starred_days: days that a star keeps a clip.
            keep_sheets_days: days that pictures of discarded takes are kept.
            backups: daily copies that are kept; 0 for none.
        """
        self._database = database
        self._queue = queue
        self._blobs = blobs
        self._backup_dir = backup_dir
        self._keep_days = keep_days
        self._keep_starred_days = keep_starred_days
        self._keep_sheets_days = keep_sheets_days
        self._backups = backups

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            # One after the other, and the second also where the first failed.
            for chore in (self.sweep, self.back_up_if_due):
                try:
                    await chore()
                except Exception:
                    log.exception("the housekeeping stumbled")
            await asyncio.sleep(SWEEP_EVERY)

    async def sweep(self) -> int:
        """Delete the pictures and clips that no job needs any more, and return how many."""
        needed = await self._queue.blobs_in_use(
            now=time.time(),
            keep_inputs_days=self._keep_days,
            keep_starred_days=self._keep_starred_days,
            keep_sheets_days=self._keep_sheets_days,
        )
        gone = await asyncio.to_thread(self._blobs.sweep, needed)
        if gone:
            log.info("%d files were no longer needed", gone)
        return gone

    async def back_up_if_due(self) -> bool:
        """Copy the database if the last copy is a day old; say whether it was."""
        if not self._backups:
            return False
        last = float(await self._queue.meta_get(LAST_BACKUP) or 0)
        now = time.time()
        if 0 <= now - last < BACKUP_EVERY:
            return False
        path = await self._database.backup(self._backup_dir, keep=self._backups)
        await self._queue.meta_set(LAST_BACKUP, str(now))
        log.info("the database is backed up to %s", path.name)
        return True
