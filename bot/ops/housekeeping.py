"""Regular chores: a daily backup of the database, and deleting what is no longer needed."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

from bot.ops.shortages import Shortages, Where
from bot.supervisor import Loop
from db.community.prompt_help import PromptHelp
from db.files import Blobs
from db.jobs.retention import Retention, RetentionPolicy
from db.privacy.departed_guilds import Guilds
from db.privacy.personal import Personal
from db.sqlite.connection import Database
from db.sqlite.meta import Meta
from db.sqlite.rescue import drop_set_aside

log = logging.getLogger(__name__)

SWEEP_EVERY = 3600.0
DAY = 24 * 3600.0
BACKUP_EVERY = DAY
LAST_BACKUP = "last_backup"


class Housekeeping:
    """Sweeps files, clears words away, forgets guilds and keeps backups."""

    def __init__(
        self,
        *,
        database: Database,
        retention: Retention,
        meta: Meta,
        blobs: Blobs,
        personal: Personal,
        guilds: Guilds,
        prompt_help: PromptHelp,
        backup_dir: Path,
        shortages: Shortages,
        policy: RetentionPolicy,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            database: is backed up.
            retention: knows what is still needed.
            meta: remembers when the last backup was made.
            blobs: are swept.
            personal: clears words away.
            guilds: knows which the bot has left.
            prompt_help: forgets requests that have waited for a day.
            backup_dir: where the copies go.
            shortages: told what the machine is short of.
            policy: how long everything is kept.
            clock: returns Unix seconds.
        """
        self._database = database
        self._retention = retention
        self._meta = meta
        self._blobs = blobs
        self._personal = personal
        self._guilds = guilds
        self._prompt_help = prompt_help
        self._backup_dir = backup_dir
        self._shortages = shortages
        self._policy = policy
        self._clock = clock
        self.loop = Loop("housekeeping", self._round, every=SWEEP_EVERY)

    async def _round(self) -> bool:
        # One after the other, and the next also where one has failed.
        passed = True
        for chore in (self.forget, self.sweep, self.back_up_if_due, self.drop_set_aside):
            try:
                await chore()
            except Exception as error:
                passed = False
                if self._shortages.met(Where.HOUSEKEEPING, error) is None:
                    log.exception("the housekeeping failed")
        if passed:
            self._shortages.passed(Where.HOUSEKEEPING)
        elif self._shortages.at(Where.HOUSEKEEPING) is not None:
            await asyncio.sleep(self._shortages.pause(Where.HOUSEKEEPING))
            return True
        return False

    async def forget(self) -> int:
        """Clear away the words of old jobs, and guilds that the bot has left; return how many jobs.

        A guild that cannot be forgotten keeps no other from it; what was raised for it is raised at the end.
        """
        count = 0
        failed: sqlite3.Error | OSError | None = None
        await self._prompt_help.forget_old()
        while words := (await self._personal.forget_words(days=self._policy.prompts_days)).jobs:
            count += len(words)
        for guild in await self._guilds.to_forget(days=self._policy.left_guild_days):
            try:
                deleted = await self._guilds.forget(guild)
            except (sqlite3.Error, OSError) as error:
                log.warning("server %d, which the bot has left, could not be forgotten: %s", guild, error)
                failed = failed or error
                continue
            log.info("forgot a server that the bot has left: %d jobs", deleted)
            count += deleted
        if failed is not None:
            raise failed
        return count

    async def sweep(self) -> int:
        """Delete the pictures and clips that no job needs any more, and return how many."""
        needed = await self._retention.blobs_in_use(self._policy)
        gone = await asyncio.to_thread(self._blobs.sweep, needed)
        if gone:
            log.info("deleted %d files that are no longer needed", gone)
        return gone

    async def back_up_if_due(self) -> bool:
        """Copy the database if the last copy is a day old; say whether it was."""
        if not self._policy.backups:
            return False
        last = float(await self._meta.get(LAST_BACKUP) or 0)
        now = self._clock()
        if 0 <= now - last < BACKUP_EVERY:
            return False
        path = await self._database.backup(self._backup_dir, keep=self._policy.backups)
        await self._meta.set(LAST_BACKUP, str(now))
        log.info("backed up the database to %s", path.name)
        return True

    async def drop_set_aside(self) -> int:
        """Delete databases that were set aside long ago, and return how many."""
        before = self._clock() - self._policy.set_aside_days * DAY
        gone = await asyncio.to_thread(drop_set_aside, self._database.path, before=before)
        if gone:
            log.info("deleted %d databases that were set aside long ago", gone)
        return gone
