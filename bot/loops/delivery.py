"""Post the finished clip, once.

``posting`` is committed before the HTTP call. An attempt whose answer was lost may have been carried out: so
the nonce is the same each time, and from the second attempt on, in this life or the next, the bot looks for
its own message before it posts again.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import ChannelError, Post
from bot.job_documents import receipt_of
from bot.loops.answer_post import AnswerWith, become_answer
from bot.loops.clip_post import ClipPosts, file_name
from bot.ops.shortages import Shortages, Where
from bot.signals import JobSignals
from bot.supervisor import Loop
from bot.text.wording import speaking
from db.codes import BotCode
from db.files import Blobs
from db.jobs.claims import Claims
from db.jobs.delivery import Delivery
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.states import JobId, State
from engine.clips.shrink import shrink
from engine.core.errors import Code, EngineError
from engine.core.shortages import shortage_of

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
FIRST_BACKOFF = 1.0
TROUBLE_PAUSE = 1.0
"""Between two tries to write down that an attempt has ended."""

AT_ONCE = 8
"""Clips that are posted at the same time: one slow upload must not hold up the others."""

AT_ONCE_IN_CHANNEL = 2
"""Discord counts requests by channel: those of a full one wait there, and must not keep others waiting."""

NO_ACCESS_BACKOFF = 30.0
"""Seconds between tries where the bot may not post: refused requests count against the whole bot."""

HURRY_EVERY = 30.0
"""Seconds at least between two early tries of a clip: one ailing channel must not hold up the others."""

SHRINK_TO = 0.7
"""After “too large”, the next clip has this share of the bytes of the last."""

SMALLEST = 5_000
"""Bytes under which a clip is not made smaller any more."""


class Outlet(Protocol):
    """Where clips go. The bot's is :class:`bot.discord_io.messenger.Messenger`; the demo's is a folder."""

    async def send(self, channel_id: int, post: Post) -> int:
        """Send a message and return its id."""
        ...

    async def send_direct(self, user_id: int, post: Post) -> int:
        """Send a direct message and return its id."""
        ...

    async def find_own(self, channel_id: int, file_name: str, *, since: float) -> int | None:
        """Look for an own message with this file."""
        ...


@dataclass(frozen=True, kw_only=True)
class DeliveryLimits:
    """How long delivery tries.

    Attributes:
        backoff_last: seconds at most between two tries.
        give_up_after: seconds after which a clip no longer waits for its channel and goes to the member
            directly; after twice as many it is given up.
    """

    backoff_last: float
    give_up_after: float


def _has_room(job: Job, under_way: int, channels: Counter[int]) -> bool:
    """Whether another clip may be posted, and in this job's channel."""
    free = not job.has_channel or channels[job.channel_id] < AT_ONCE_IN_CHANNEL
    return free and under_way < AT_ONCE


class Deliverer:
    """Posts what is rendered, oldest first, a few at a time."""

    def __init__(
        self,
        *,
        delivery: Delivery,
        jobs: JobQueries,
        claims: Claims,
        blobs: Blobs,
        outlet: Outlet,
        work: Path,
        limits: DeliveryLimits,
        clip_posts: ClipPosts,
        signals: JobSignals,
        shortages: Shortages,
        clock: Callable[[], float],
        screen: Callable[[Job], Awaitable[bool]] | None = None,
        answer_with: AnswerWith | None = None,
    ) -> None:
        """Make one.

        Args:
            delivery: knows what is to be posted, and takes what became of it.
            jobs: knows what a job's row says now.
            claims: ends a job whose clip cannot be posted.
            blobs: where clips are.
            outlet: where they go.
            work: a folder for smaller versions of clips.
            limits: how long to try.
            clip_posts: packs clips, which is the last that happens to them.
            signals: says when a clip may be ready, and is told what became of it.
            shortages: told what the machine is short of.
            clock: returns Unix seconds.
            screen: looks at a clip before it is first posted; False: it is held. None: clips are not checked.
            answer_with: changes the answer to an interaction; None: they go directly.
        """
        self._delivery = delivery
        self._jobs = jobs
        self._claims = claims
        self._blobs = blobs
        self._outlet = outlet
        self._work = work
        self._limits = limits
        self._clip_posts = clip_posts
        self._signals = signals
        self._shortages = shortages
        self._clock = clock
        self._screen = screen
        self._answer_with = answer_with
        self._under_way: dict[JobId, asyncio.Task[None]] = {}
        self._channels: Counter[int] = Counter()
        self._away: dict[JobId, float] = {}
        self._is_back = False
        self._plain: set[JobId] = set()
        self.loop = Loop("delivery", self._start_posts, every=POLL_SECONDS, first=self._clear_work)
        signals.rendered.connect(self.loop.wake)
        signals.discord_is_back.connect(self.discord_is_back)

    def discord_is_back(self) -> None:
        """Discord can be reached again: clips that wait only for that are tried at once."""
        self._is_back = True
        self.loop.wake()

    async def stop(self, grace: float = 5.0) -> None:
        """Let what is under way finish for a moment, then leave it: the next start looks before it posts."""
        self.loop.stop()
        tasks = list(self._under_way.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _clear_work(self) -> None:
        """Drop smaller versions left over from an earlier run; they are made again where needed."""
        await asyncio.to_thread(shutil.rmtree, self._work, ignore_errors=True)

    async def _start_posts(self) -> None:
        if self._is_back:
            await self._hurry()
        await self._start_what_is_due()

    async def _start_what_is_due(self) -> None:
        if len(self._under_way) >= AT_ONCE:
            return
        for job in await self._delivery.to_deliver():
            if self.loop.stopping:  # since the question was asked
                return
            if job.id not in self._under_way and _has_room(job, len(self._under_way), self._channels):
                self._channels[job.channel_id] += 1
                task = asyncio.create_task(self._deliver(job), name=f"deliver {job.id}")
                self._under_way[job.id] = task
                task.add_done_callback(partial(self._finished, job))

    def _finished(self, job: Job, _: asyncio.Task[None]) -> None:
        self._under_way.pop(job.id, None)
        self._channels -= Counter([job.channel_id])  # one that is no longer used leaves no trace
        self.loop.wake()

    async def _hurry(self) -> None:
        """Discord works again: retry the clips that failed, each at most once per ``HURRY_EVERY``."""
        self._is_back = False
        now = asyncio.get_running_loop().time()
        jobs = [job for job, since in self._away.items() if since <= now]
        if jobs:
            self._away.update(dict.fromkeys(jobs, now + HURRY_EVERY))
            await self._delivery.try_now(jobs)

    async def _deliver(self, job: Job) -> None:
        try:
            with speaking(job.language):
                await self._attempt(job)
        except Exception as error:
            short = self._shortages.met(Where.DELIVERY, error)
            if short is None:
                log.exception("delivery of job %s failed", job.id)
            await self._end_attempt(job.id, may_give_up=short is None)
        self._signals.changed(job.id)

    async def _end_attempt(self, job_id: JobId, *, may_give_up: bool) -> None:
        """Record that the attempt has ended, so that the next can begin. It looks for the message first."""
        while not self.loop.stopping:
            try:
                job = await self._jobs.get(job_id)
                if job is None or job.state is not State.POSTING:
                    return
                if may_give_up and self._age(job) > self._limits.give_up_after:
                    await self._fail(job, BotCode.POST, f"the clip of job {job.id} could not be posted")
                else:
                    await self._postpone(job)
            except Exception as error:
                if self._shortages.met(Where.DELIVERY, error) is None:
                    log.exception("could not record the end of an attempt to post job %s", job_id)
                await asyncio.sleep(TROUBLE_PAUSE)
            else:
                return

    async def _attempt(self, waiting: Job) -> None:
        job = waiting
        try:
            if is_rejected_draft(job):
                await self._claims.fail(job.id, None, code=Code.BROKEN)
                return
            if self._screen is not None and job.state is State.RENDERED and not await self._screen(job):
                return
            begun = await self._delivery.begin_posting(job.id)
            if begun is None:
                return
            job = begun
            self._signals.changed(job.id)
            await self._post_once(job)
        except (FileNotFoundError, ValueError) as error:
            await self._fail(job, BotCode.CLIP, f"the clip of job {job.id} is damaged or missing: {error}")

    async def _post_once(self, job: Job) -> None:
        try:
            if job.has_answer and job.deleted_at is None:
                await self._post_as_answer(job)
                return
            if not job.has_channel:  # whoever asked for it fetches it
                await self._clip(job)
            if not job.has_channel or job.deleted_at is not None:
                await self._posted(job, None)  # or it was posted and deleted before its row said so
                return
            if job.post_attempts > 1 and await self._found(job):
                return
            async with self._packed(job, await self._clip(job)) as post:
                message = await self._outlet.send(job.channel_id, post)
        except ChannelError as error:
            await self._answer(job, error)
        else:
            await self._posted(job, message)

    async def _post_as_answer(self, job: Job) -> None:
        """Into the answer that the member got, or else to them directly."""
        async with self._packed(job, await self._clip(job)) as post:
            answered = await become_answer(self._answer_with, job, post, clock=self._clock)
        await (self._posted(job, None) if answered else self._send_direct(job))

    async def _found(self, job: Job) -> bool:
        """Whether an earlier attempt did reach the channel."""
        since = job.created_at  # a retry forgets when posting began
        try:
            message = await self._outlet.find_own(job.channel_id, file_name(job.id), since=since)
        except ChannelError as error:
            if error.trouble is Trouble.NO_ACCESS:
                # It may post but not read: the nonce alone has to do.
                log.warning("job %s: not allowed to look for my own message in this channel", job.id)
                return False
            raise
        if message is None:
            return False
        log.info("job %s was posted by an earlier attempt", job.id)
        await self._posted(job, message)
        return True

    async def _posted(self, job: Job, message: int | None) -> None:
        await self._delivery.record_posted(job.id, message)
        self._away.pop(job.id, None)
        self._plain.discard(job.id)
        self._shortages.passed(Where.DELIVERY)
        self._is_back = True
        self._smaller(job).unlink(missing_ok=True)
        log.info("job %s is delivered", job.id)

    async def _clip(self, job: Job) -> Path:
        """The clip, or the smaller version of it that an earlier “too large” led to."""
        smaller = self._smaller(job)
        if smaller.exists():
            return smaller
        if job.clip_sha256 is None:
            raise ValueError("it was never rendered")
        await asyncio.to_thread(self._blobs.verify, job.clip_sha256)
        return self._blobs.path(job.clip_sha256)

    def _smaller(self, job: Job) -> Path:
        return self._work / f"{job.id}-smaller.mp4"

    async def _answer(self, job: Job, error: ChannelError) -> None:
        """Act on a refusal from Discord, as :mod:`bot.discord_io.discord_errors` says."""
        log.warning("job %s was not posted (%s): %s", job.id, error.trouble, error)
        if error.trouble is Trouble.TOO_LARGE:
            await self._make_smaller(job)
        elif error.trouble is Trouble.REFUSED:
            await self._make_plain(job, error)
        elif error.trouble is Trouble.GONE or self._age(job) > self._limits.give_up_after:
            await self._send_direct(job)
        elif error.trouble is Trouble.NO_ACCESS:
            await self._delivery.postpone(job.id, min(NO_ACCESS_BACKOFF, self._limits.backoff_last))
        else:
            await self._postpone(job)

    def _age(self, job: Job) -> float:
        """Seconds since the first attempt."""
        now = self._clock()
        return now - (job.posting_since or now)

    async def _postpone(self, job: Job) -> None:
        self._away.setdefault(job.id, 0.0)
        wait = min(self._limits.backoff_last, FIRST_BACKOFF * 2 ** max(0, job.post_attempts - 1))
        await self._delivery.postpone(job.id, wait)

    async def _make_smaller(self, job: Job) -> None:
        clip = await self._clip(job)
        target = int(clip.stat().st_size * SHRINK_TO)
        if target < SMALLEST:
            await self._fail(job, BotCode.TOO_LARGE, f"even {target} bytes were too large for job {job.id}")
            return
        self._work.mkdir(parents=True, exist_ok=True)
        try:
            await asyncio.to_thread(shrink, clip, self._smaller(job), max_bytes=target)
        except EngineError as error:
            if shortage_of(error) is not None:
                raise
            await self._fail(
                job, BotCode.TOO_LARGE, f"the clip of job {job.id} cannot be made smaller: {error}"
            )
            return
        await self._delivery.postpone(job.id, 0.0)

    async def _send_direct(self, job: Job) -> None:
        """The channel cannot be reached: the clip goes to the member who asked, or nowhere."""
        try:
            async with self._packed(job, await self._clip(job), direct=True) as post:
                await self._outlet.send_direct(job.user_id, post)
        except ChannelError as error:
            log.warning("job %s was not sent directly (%s): %s", job.id, error.trouble, error)
            if error.trouble is Trouble.TOO_LARGE:
                await self._make_smaller(job)
            elif error.trouble is Trouble.REFUSED:
                await self._make_plain(job, error)
            elif error.trouble is Trouble.LATER and self._age(job) <= 2 * self._limits.give_up_after:
                await self._postpone(job)
            else:
                await self._fail(job, BotCode.CHANNEL, f"neither channel nor member can be reached: {error}")
        else:
            await self._posted(job, None)

    def _packed(self, job: Job, clip: Path, **how: bool) -> AbstractAsyncContextManager[Post]:
        return self._clip_posts.packed(job, clip, plain=job.id in self._plain, **how)

    async def _make_plain(self, job: Job, error: ChannelError) -> None:
        """Discord does not take it in this form: words may be filtered, buttons out of date."""
        if job.id in self._plain:
            await self._fail(job, BotCode.POST, f"Discord refused the clip: {error}")
            return
        self._plain.add(job.id)
        await self._delivery.postpone(job.id, 0.0)

    async def _fail(self, job: Job, code: str, detail: str) -> None:
        error_id = job.id[:8]
        log.error("job %s failed at delivery, error id %s: %s", job.id, error_id, detail)
        await self._claims.fail(job.id, None, code=code, error_id=error_id)
        self._away.pop(job.id, None)
        self._plain.discard(job.id)
        self._smaller(job).unlink(missing_ok=True)


def is_rejected_draft(job: Job) -> bool:
    """Whether it is a draft that the gate rejected: nobody sees it, so it is not charged either."""
    return bool(job.draft) and job.state is State.RENDERED and receipt_of(job).forced


def is_waiting_for_access(job: Job) -> bool:
    """Whether a clip is ready and Discord has not let it through yet."""
    return job.state is State.POSTING and job.retry_at is not None and job.post_attempts > 1
