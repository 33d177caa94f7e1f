"""What is done once in a while: a copy of the database each day, and what nobody needs any more goes."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from db.files import Blobs
from db.privacy.departed_guilds import Guilds
from db.privacy.personal import Personal
from db.queue import Queue
from db.sqlite.connection import Database
from db.sqlite.rescue import drop_set_aside

log = logging.getLogger(__name__)

SWEEP_EVERY = 3600.0
DAY = 24 * 3600.0
BACKUP_EVERY = DAY
LAST_BACKUP = "last_backup"


@dataclass(frozen=True, kw_only=True)
class Keep:
    """How long what is kept.

    Attributes:
        inputs_days: members' pictures and clips, after their job has ended.
        clips_days: finished clips, after they were posted.
        starred_days: clips with a star, after the last star.
        sheets_days: pictures of discarded takes.
        prompts_days: words of a job, after it has ended.
        left_guild_days: everything of a guild, after the bot has left it.
        set_aside_days: databases that were set aside, damaged or replaced.
        backups: daily copies of the database; 0 for none.
    """

    inputs_days: float = 7.0
    clips_days: float = 7.0
    starred_days: float = 90.0
    sheets_days: float = 7.0
    prompts_days: float = 30.0
    left_guild_days: float = 30.0
    set_aside_days: float = 30.0
    backups: int = 7


class Housekeeping:
    """Sweeps files, clears words away, forgets guilds and keeps backups."""

    def __init__(
        self,
        *,
        database: Database,
        queue: Queue,
        blobs: Blobs,
        personal: Personal,
        guilds: Guilds,
        backup_dir: Path,
        keep: Keep,
    ) -> None:
        """Make one.

        Args:
            database: is backed up.
            queue: knows what is still needed.
            blobs: are swept.
            personal: clears words away.
            guilds: knows which the bot has left.
            backup_dir: where the copies go.
            keep: how long.
        """
        self._database = database
        self._queue = queue
        self._blobs = blobs
        self._personal = personal
        self._guilds = guilds
        self._backup_dir = backup_dir
        self._keep = keep

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            # One after the other, and the next also where one has failed.
            for chore in (self.forget, self.sweep, self.back_up_if_due, self.drop_set_aside):
                try:
                    await chore()
                except Exception:
                    log.exception("the housekeeping failed")
            await asyncio.sleep(SWEEP_EVERY)

    async def forget(self) -> int:
        """Clear away the words of old jobs, and guilds that the bot has left; return how many jobs."""
        now = time.time()
        count = 0
        while words := (await self._personal.forget_words(days=self._keep.prompts_days, now=now)).jobs:
            count += len(words)
        for guild in await self._guilds.to_forget(days=self._keep.left_guild_days, now=now):
            deleted = await self._guilds.forget(guild)
            log.info("forgot a server that the bot has left: %d jobs", deleted)
            count += deleted
        return count

    async def sweep(self) -> int:
        """Delete the pictures and clips that no job needs any more, and return how many."""
        needed = await self._queue.retention.blobs_in_use(
            now=time.time(),
            keep_inputs_days=self._keep.inputs_days,
            keep_clips_days=self._keep.clips_days,
        )
        gone = await asyncio.to_thread(self._blobs.sweep, needed)
        if gone:
            log.info("deleted %d files that are no longer needed", gone)
        return gone

    async def back_up_if_due(self) -> bool:
        """Copy the database if the last copy is a day old; say whether it was."""
        if not self._keep.backups:
            return False
        last = float(await self._queue.meta.get(LAST_BACKUP) or 0)
        now = time.time()
        if 0 <= now - last < BACKUP_EVERY:
            return False
        path = await self._database.backup(self._backup_dir, keep=self._keep.backups)
        await self._queue.meta.set(LAST_BACKUP, str(now))
        log.info("backed up the database to %s", path.name)
        return True

    async def drop_set_aside(self) -> int:
        """Delete databases that were set aside long ago, and return how many."""
        before = time.time() - self._keep.set_aside_days * DAY
        gone = await asyncio.to_thread(drop_set_aside, self._database.path, before=before)
        if gone:
            log.info("deleted %d databases that were set aside long ago", gone)
        return gone
