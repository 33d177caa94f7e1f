"""Taking a member out of everything: rows, files, messages.

The wish is a row of its own, so that a bot that is killed in the middle goes on with it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.channels import ChannelError, Channels
from bot.parcel import file_name
from bot.status import StatusBoard
from db.files import Blobs
from db.jobs import Job, JobId, State
from db.personal import Forgotten, Personal

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0
LOOK_EVERY = 0.2

STOP_SECONDS = 330.0
"""A call to Discord that is under way is waited for; :class:`bot.channels.Channels` gives one 300 s."""

MESSAGES_SECONDS = 120.0
"""What deleting somebody's messages may take, rate limits included; what is left then stays."""


class Erasing:
    """Does what members have asked for with ``/mydata erase``."""

    def __init__(
        self,
        *,
        personal: Personal,
        blobs: Blobs,
        channels: Channels,
        board: StatusBoard,
        outbox: Path,
        cancel: Callable[[Job], Awaitable[str]],
    ) -> None:
        """Make one.

        Args:
            personal: knows every row.
            blobs: where pictures and clips are.
            channels: deletes messages.
            board: is told of jobs that it need not show any more.
            outbox: the folder of what is about to be posted.
            cancel: ends a job, wherever it is.
        """
        self._personal = personal
        self._blobs = blobs
        self._channels = channels
        self._board = board
        self._outbox = outbox
        self._cancel = cancel
        self._wake = asyncio.Event()
        self._waiting: dict[int, list[asyncio.Future[tuple[int, int]]]] = {}

    async def ask(self, user: int, *, messages: bool) -> asyncio.Future[tuple[int, int]]:
        """Write the wish down, and begin.

        Returns:
            Something to wait for: how many jobs were emptied, and how many messages could not be deleted.
        """
        await self._personal.ask_to_erase(user, messages=messages)
        done: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()
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
                for user, messages in await self._personal.to_erase():
                    result = await self._erase(user, messages=messages)
                    for done in self._waiting.pop(user, []):
                        if not done.done():
                            done.set_result(result)
            except Exception:
                log.exception("an erase could not be done yet")
            try:
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
            except TimeoutError:
                continue

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
                log.warning("the messages of job %s stay: %s", job.id, error)
            else:
                left -= 1
        return left

    async def _delete_messages_of(self, job: Job) -> None:
        if job.status_channel_id is not None and job.status_message_id is not None:
            await self._channels.delete(job.status_channel_id, job.status_message_id)
        clip = job.message_id
        if clip is None and job.posting_since is not None:  # nobody knows whether it arrived
            clip = await self._channels.find_own(job.channel_id, file_name(job.id), since=job.posting_since)
        if clip is not None:
            await self._channels.delete(job.channel_id, clip)

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
