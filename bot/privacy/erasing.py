"""Taking a member out of everything: rows, files, messages, copies of the database.

An erase is a state machine. Its stage (:class:`db.jobs.erasures.Stage`) is a row, written down before the
member reads a word of it, and a bot that is killed goes on from there. The copies each say whether they still
know somebody; they are looked at after each erase, at the start, and once an hour.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from enum import Enum, auto
from pathlib import Path

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.loops.clip_post import file_name, nonce
from bot.signals import JobSignals
from bot.supervisor import Loop
from bot.text import privacy_texts
from bot.text.wording import speaking, spoken
from db.files import Blobs
from db.jobs.erasures import Stage
from db.jobs.job import Job
from db.jobs.retention import Retention
from db.privacy.backup_erasure import Copies
from db.privacy.erase import Forgotten
from db.privacy.personal import Erasure, Personal
from db.states import JobId, State

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0
COPIES_EVERY = 3600.0
LOOK_EVERY = 0.2

TELL_AFTER = 5.0
"""Seconds after which a member is told what an erase still waits for."""

TELL_SECONDS = 10.0
"""What telling a member may take; others who wait to be erased come after it."""

TOKEN_SECONDS = 14 * 60.0
"""Discord lets an answer be changed for 15 minutes."""

STOP_SECONDS = 330.0
"""A running call to Discord is waited for; :class:`bot.discord_io.messenger.Messenger` gives one 300 s."""

MESSAGES_SECONDS = 120.0
"""What deleting somebody's messages may take, rate limits included; what is left then stays."""


class Changed(Enum):
    """Whether an answer was changed."""

    YES = auto()
    NO = auto()
    LATER = auto()


class Erasing:
    """Does what members have asked for with ``/mydata erase``."""

    def __init__(
        self,
        *,
        personal: Personal,
        retention: Retention,
        fold: Callable[[], Awaitable[bool]],
        copies: Copies,
        blobs: Blobs,
        messenger: Messenger,
        signals: JobSignals,
        outbox: Path,
        drop_requests: Callable[[int], bool],
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            personal: knows every row.
            retention: knows which files rows name.
            fold: empties the log of the database; False: not yet.
            copies: of the database.
            blobs: where pictures and clips are.
            messenger: deletes messages, and tells members how their erase stands.
            signals: is told of jobs that have changed.
            outbox: the folder of what is about to be posted.
            drop_requests: gives up what a member has asked for and is not in the queue yet; True: some of it
                still moves.
            clock: returns Unix seconds.
        """
        self._personal = personal
        self._retention = retention
        self._fold = fold
        self._copies = copies
        self._blobs = blobs
        self._messenger = messenger
        self._signals = signals
        self._outbox = outbox
        self._drop_requests = drop_requests
        self._clock = clock
        self.loop = Loop("erasing", self._work, every=POLL_SECONDS)
        self._users: dict[int, int] = {}
        self._told: dict[int, str] = {}
        self._unanswered: set[int] = set()
        self._copies_at = 0.0
        self._stubborn: dict[Path, str] = {}

    async def ask(self, user: int, *, messages: bool, interaction: int, token: str) -> None:
        """Write the wish down, so that it is done whatever happens.

        Nothing is told by the interaction's token before :meth:`answered`.

        Args:
            user: who is to be erased.
            messages: their messages are to be deleted as well.
            interaction: the one by which they said so.
            token: its token; its answer tells how the erase stands.
        """
        pseudonym = self._personal.pseudonym_of(user)
        self._unanswered.add(pseudonym)
        stopped = await self._personal.ask_to_erase(
            user, messages=messages, interaction=interaction, token=token, speaks=spoken()
        )
        self._users[pseudonym] = user
        self._told.pop(pseudonym, None)
        self._drop_requests(user)
        self._tell_loops(stopped)
        self.loop.wake()

    def answered(self, user: int) -> None:
        """The first answer was given, or never will be: from now on it is kept true."""
        self._unanswered.discard(self._personal.pseudonym_of(user))
        self.loop.wake()

    async def left(self, user: int) -> str | None:
        """What an erase of this member's still waits for, in words; None: there is none under way."""
        found = await self._personal.erasure_of(user)
        return None if found is None else await self._words(found)

    async def begin(self) -> None:
        """At the start: a database that was put back may know somebody who was erased since.

        Nothing is in hand yet, so every file that no row names is what a killed bot has left.
        """
        await self._personal.name_erasures()
        gone = await self._personal.erase_again()
        self._tell_files(gone)
        await self._clear_files(at_start=True)
        if gone.jobs and not await self._fold():
            log.warning("another program is reading the database, so its log keeps what was erased")
        self._copies_at = 0.0

    async def _work(self) -> bool:
        """Bring every erase as far as it can get now; True: look again at once."""
        moving = False
        for erasure in await self._personal.erasures():
            try:
                with speaking(erasure.language):
                    moving |= await self._advance(erasure)
            except Exception:
                log.exception("could not erase a member yet")
        if time.monotonic() >= self._copies_at:
            await self._renew_copies()
        if moving:
            await asyncio.sleep(LOOK_EVERY)
        return moving

    async def _advance(self, erasure: Erasure) -> bool:
        """Do what can be done of an erase, stage by stage; True where something of theirs still moves."""
        now = erasure
        if now.stage is Stage.ASKED:
            if await self._moves(now):
                if self._clock() - now.at > TELL_AFTER:
                    await self._tell(now, await self._words(now))
                return True
            now = await self._reach(now, Stage.STOPPED)
        if now.stage is Stage.STOPPED:
            now = await self._empty(now)
        if now.stage is Stage.EMPTIED:
            await self._clear_files()
            if await self._fold():
                now = await self._reach(now, Stage.CLEARED)
        if now.stage is Stage.CLEARED:
            first = erasure.stage is not Stage.CLEARED
            if first or time.monotonic() >= self._copies_at:
                await self._renew_copies()
            if not self._stubborn:
                now = await self._reach(now, Stage.DONE)
        await self._tell(now, await self._words(now))
        return False

    async def _words(self, erasure: Erasure) -> str:
        """What is true of an erase now."""
        if erasure.stage in {Stage.CLEARED, Stage.DONE}:
            copies_left = len(self._stubborn) if erasure.stage is Stage.CLEARED else 0
            elsewhere = await self._personal.drawn_elsewhere(erasure.pseudonym)
            lost = erasure.messages and await self._personal.emptied_before(erasure) > 0
            return privacy_texts.erased(
                erasure.jobs, erasure.messages_left, copies_left, elsewhere, lost_messages=lost
            )
        return privacy_texts.still_erasing(erasure.stage)

    async def _reach(self, erasure: Erasure, stage: Stage) -> Erasure:
        """Write a stage down; the erase as it was where that is not to be, and it goes no further now."""
        if not await self._personal.reached(erasure, stage):
            return erasure
        return dataclasses.replace(erasure, stage=stage)

    async def _moves(self, erasure: Erasure) -> bool:
        """End what the member has under way; say whether something of it still moves, within reason."""
        if erasure.user is None:
            return False
        asking = self._drop_requests(erasure.user)
        self._tell_loops(await self._personal.stop(erasure.user))
        if not asking and not await self._personal.moving(erasure.user):
            return False
        return self._clock() - erasure.at <= STOP_SECONDS

    async def _empty(self, erasure: Erasure) -> Erasure:
        """Delete the member's messages, then empty their rows."""
        if erasure.user is None:
            return await self._reach(erasure, Stage.EMPTIED)
        left = 0
        if erasure.messages:
            left = await self._delete_messages(await self._personal.jobs(erasure.user))
        asked = await self._personal.erasure_of(erasure.user)
        if asked is None or asked.at != erasure.at:
            return erasure  # asked for anew meanwhile, perhaps with the messages
        gone = await self._personal.erase(erasure.user, messages_left=left)
        self._tell_files(gone)
        log.info("a member was erased: %d jobs, %d made from them", len(gone.jobs), len(gone.kin))
        return await self._personal.erasure_of(erasure.user) or erasure

    async def _tell(self, erasure: Erasure, text: str) -> None:
        """Let the answer to the member say how it stands; by a direct message where that is too late."""
        who = erasure.pseudonym
        if who in self._unanswered:
            return
        if self._told.get(who) != text and not await self._say(erasure, text):
            return
        self._told[who] = text
        if erasure.stage is Stage.DONE:
            await self._personal.told(erasure)
            self._users.pop(who, None)
            self._told.pop(who, None)

    async def _say(self, erasure: Erasure, text: str) -> bool:
        """Say it, or see that it cannot be said any more; False: it is worth another try."""
        late = self._clock() - erasure.at > TOKEN_SECONDS
        changed = [] if late else [await self._change_answer(token, text) for token in erasure.tokens]
        if Changed.LATER in changed:
            return False
        if Changed.YES in changed:
            return True
        user = self._users.get(erasure.pseudonym)
        if user is not None and erasure.stage in {Stage.CLEARED, Stage.DONE}:
            post = Post(content=text, nonce=nonce(JobId(f"{erasure.pseudonym} {erasure.at}"), erasure.stage))
            with contextlib.suppress(ChannelError, TimeoutError):  # members may refuse direct messages
                async with asyncio.timeout(TELL_SECONDS):
                    await self._messenger.send_direct(user, post)
        return True

    async def _change_answer(self, token: str, text: str) -> Changed:
        """Let one answer to the member say it."""
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await self._messenger.edit_answer(token, text)
        except TimeoutError:
            return Changed.LATER
        except ChannelError as error:
            if error.trouble is Trouble.LATER:
                return Changed.LATER
            log.info("the answer to an erase can't be changed any more: %s", error)
            return Changed.NO
        return Changed.YES

    async def _renew_copies(self) -> int:
        """Take the erased out of every copy of the database; return how many copies may still know them."""
        self._copies_at = time.monotonic() + COPIES_EVERY
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
        if (
            clip is None and job.has_channel and job.posting_since is not None
        ):  # nobody knows whether it arrived
            clip = await self._messenger.find_own(job.channel_id, file_name(job.id), since=job.posting_since)
        if clip is not None:
            await self._messenger.delete(job.channel_id, clip)

    def _tell_loops(self, jobs: Sequence[Job]) -> None:
        """Jobs were ended or asked to stop."""
        for job in jobs:
            if job.state is State.RUNNING:
                self._signals.cancel_requested(job.id)
            self._signals.changed(job.id)
        if jobs:
            self._signals.places_changed()
            self._signals.case_changed()

    def _tell_files(self, gone: Forgotten) -> None:
        for job in (*gone.jobs, *gone.kin):
            self._signals.cancel_requested(job)
            self._signals.changed(job)

    async def _clear_files(self, *, at_start: bool = False) -> None:
        """Delete every file that no row names and nobody has in hand, and what is left of ended jobs."""
        with self._blobs.arrivals() as arrived:
            named = await self._retention.named_files()
            await asyncio.to_thread(self._blobs.sweep, named, older_than=0.0, arrived=arrived)
        still_open = await self._personal.open_jobs()
        await asyncio.to_thread(self._sweep_outbox, still_open, at_start=at_start)

    def _sweep_outbox(self, still_open: Collection[JobId], *, at_start: bool) -> None:
        """Delete what is left of posts and cases of jobs that have ended.

        At the start nothing is being posted, so of the others only smaller versions are needed.
        """
        for path in self._outbox.glob("*-*"):
            job, _, kind = path.name.partition("-")
            if job not in still_open or (at_start and not kind.startswith("smaller")):
                if path.is_dir():  # of drafts that were about to be shown
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
