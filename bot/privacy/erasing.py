"""Taking a member out of everything: rows, files, messages, copies of the database.

The wish is a row of its own, so that a bot that is killed in the middle goes on with it. The copies each say
whether they still know somebody; they are looked at after each erase, at the start, and once an hour.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.discord_io.messenger import ChannelError, Messenger
from bot.loops.clip_post import file_name
from bot.loops.status import StatusBoard
from db.files import Blobs
from db.jobs.job import Job
from db.privacy.backup_erasure import Copies
from db.privacy.erase import Forgotten
from db.privacy.personal import Personal
from db.states import JobId, State

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0
COPIES_EVERY = 3600.0
LOOK_EVERY = 0.2

STOP_SECONDS = 330.0
"""A running call to Discord is waited for; :class:`bot.discord_io.messenger.Messenger` gives one 300 s."""

MESSAGES_SECONDS = 120.0
"""What deleting somebody's messages may take, rate limits included; what is left then stays."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an erase came to.

    Attributes:
        jobs: how many were emptied.
        messages_left: how many could not be deleted.
        copies_left: copies of the database that cannot be read, and so not be erased.
    """

    jobs: int
    messages_left: int
    copies_left: int


class Erasing:
    """Does what members have asked for with ``/mydata erase``."""

    def __init__(
        self,
        *,
        personal: Personal,
        copies: Copies,
        blobs: Blobs,
        messenger: Messenger,
        board: StatusBoard,
        outbox: Path,
        cancel: Callable[[Job], Awaitable[str]],
    ) -> None:
        """Make one.

        Args:
            personal: knows every row.
            copies: of the database.
            blobs: where pictures and clips are.
            messenger: deletes messages.
            board: is told of jobs that it need not show any more.
            outbox: the folder of what is about to be posted.
            cancel: ends a job, wherever it is.
        """
        self._personal = personal
        self._copies = copies
        self._blobs = blobs
        self._messenger = messenger
        self._board = board
        self._outbox = outbox
        self._cancel = cancel
        self._wake = asyncio.Event()
        self._waiting: dict[int, list[asyncio.Future[Result]]] = {}
        self._copies_at = 0.0
        self._stubborn: dict[Path, str] = {}

    async def ask(self, user: int, *, messages: bool) -> asyncio.Future[Result]:
        """Write the wish down, and begin.

        Returns:
            Something to wait for.
        """
        await self._personal.ask_to_erase(user, messages=messages)
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(user, []).append(done)
        self._wake.set()
        return done

    async def begin(self) -> None:
        """At the start: a database that was put back may know somebody who was erased since."""
        await self._throw_away(await self._personal.erase_again())
        await asyncio.to_thread(self._sweep_outbox, await self._personal.open_jobs())

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self._work()
            except Exception:
                log.exception("an erase is not finished yet")
            try:
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
            except TimeoutError:
                continue

    async def _work(self) -> None:
        """Erase whoever waits for it; then the copies, once for all of them."""
        done: dict[int, tuple[int, int]] = {}
        for user, messages in await self._personal.to_erase():
            try:
                done[user] = await self._erase(user, messages=messages)
            except Exception:
                log.exception("could not erase a member yet")
        if not done and time.monotonic() < self._copies_at:
            return
        copies_left = await self._renew_copies()
        self._copies_at = time.monotonic() + COPIES_EVERY
        for user, (jobs, messages_left) in done.items():
            result = Result(jobs=jobs, messages_left=messages_left, copies_left=copies_left)
            for waiting in self._waiting.pop(user, []):
                if not waiting.done():
                    waiting.set_result(result)

    async def _renew_copies(self) -> int:
        """Take the erased out of every copy of the database; return how many copies may still know them."""
        left: dict[Path, str] = {}
        await asyncio.to_thread(self._copies.sweep)
        for path in await asyncio.to_thread(self._copies.behind):
            try:
                wrong = await asyncio.to_thread(self._copies.renew, path)
            except (OSError, sqlite3.Error) as error:
                wrong = str(error)
            if wrong is None:
                log.info("removed erased members from %s", path.name)
            else:
                left[path] = wrong
                if self._stubborn.get(path) != wrong:
                    log.warning("%s may still name erased members and could not be changed: %s", path, wrong)
        self._stubborn = left
        return len(left)

    async def _erase(self, user: int, *, messages: bool) -> tuple[int, int]:
        jobs = await self._stopped(user)
        left = await self._delete_messages(jobs) if messages else 0
        gone = await self._personal.erase(user)
        await self._throw_away(gone)
        log.info("a member was erased: %d jobs", len(gone.jobs))
        return len(gone.jobs), left

    async def _stopped(self, user: int) -> list[Job]:
        """End what the member has under way, and wait until nothing of it moves."""
        end = time.monotonic() + STOP_SECONDS
        asked: set[str] = set()
        while True:
            jobs = await self._personal.jobs(user)
            for job in jobs:
                if not job.state.ended and job.id not in asked:
                    asked.add(job.id)
                    await self._cancel(job)
            if not any(map(_moves, await self._personal.jobs(user))) or time.monotonic() > end:
                return await self._personal.jobs(user)
            await asyncio.sleep(LOOK_EVERY)

    async def _delete_messages(self, jobs: list[Job]) -> int:
        """Delete clips and status messages; return how many are left."""
        left = len(jobs)
        deadline = time.monotonic() + MESSAGES_SECONDS
        for job in jobs:
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    await self._delete_messages_of(job)
            except (ChannelError, TimeoutError) as error:
                log.warning("could not delete the messages of job %s: %s", job.id, error)
            else:
                left -= 1
        return left

    async def _delete_messages_of(self, job: Job) -> None:
        if job.status_channel_id is not None and job.status_message_id is not None:
            await self._messenger.delete(job.status_channel_id, job.status_message_id)
        clip = job.message_id
        if clip is None and job.posting_since is not None:  # nobody knows whether it arrived
            clip = await self._messenger.find_own(job.channel_id, file_name(job.id), since=job.posting_since)
        if clip is not None:
            await self._messenger.delete(job.channel_id, clip)

    async def _throw_away(self, gone: Forgotten) -> None:
        for job in gone.jobs:
            self._board.touch(job)
        await asyncio.to_thread(self._delete_files, gone)

    def _sweep_outbox(self, still_open: set[JobId]) -> None:
        """Delete what a bot that was killed has left; a smaller version is still needed for its post."""
        for path in self._outbox.glob("*-*"):
            job, _, kind = path.name.partition("-")
            if job not in still_open or not kind.startswith("smaller"):
                path.unlink(missing_ok=True)

    def _delete_files(self, gone: Forgotten) -> None:
        for digest in gone.blobs:
            self._blobs.delete(digest)
        for job in gone.jobs:
            for path in self._outbox.glob(f"{job}-*"):
                path.unlink(missing_ok=True)


def _moves(job: Job) -> bool:
    """Whether an engine or a post is busy with it."""
    return job.state is State.RUNNING or (job.state is State.POSTING and job.retry_at is None)
