"""A job's state → its public message, and when to edit it.

Edits are coalesced: a job that changes ten times between two edits is edited once, to what is true then. A
status message that could not be given its last words is found again after a restart, in the database.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import SPOILER, ChannelError, Post, SmallFile
from bot.forecast import Forecaster
from bot.job_documents import recipe_of
from bot.loops.answer_post import Dress, show_in_answer
from bot.loops.clip_post import nonce
from bot.loops.delivery import is_waiting_for_access
from bot.loops.draft_status import status_of_drafts
from bot.loops.edit_pace import Shown, fitting, interval_of
from bot.loops.engines import Engines
from bot.loops.first_looks import FirstLook, FirstLooks
from bot.ops.shortages import Shortages, Where
from bot.signals import JobSignals
from bot.supervisor import Loop
from bot.text import default_texts, status_texts
from bot.text.wording import speaking
from db.jobs.delivery import Delivery
from db.jobs.job import Job
from db.jobs.owed_answers import Owed
from db.jobs.queries import JobQueries
from db.moderation.actions import Moderation
from db.states import JobId, State
from engine.core.recipe import Recipe
from engine.provenance.seal import Sealer

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
REFRESH_SECONDS = 15.0
"""Waiting messages are looked at this often, since a place in the queue changes without an event."""

EDITS_AT_ONCE = 8
EDITS_PER_TICK = 8
"""Discord allows 50 requests a second for the whole bot; status messages take a part of them."""

FAR_BACK = 10
"""Behind this place in the queue a message is refreshed less often, so that a full queue stays quiet."""

FAR_BACK_SECONDS = 60.0
RETRY_SECONDS = 10.0
LONGEST_RETRY_SECONDS = 3600.0
TELL_ELSEWHERE_AFTER = 600.0
"""Seconds after which a member hears by another way that a job came to nothing."""

DRAFT_NAME = "first-look.mp4"
DRAFT_SECONDS = 20.0
"""An upload of a first look that takes longer is left: it must not hold up what the message has to say."""


_Files = tuple[SmallFile, ...] | None
"""What hangs on a message from now on; None: it stays as it is."""


class StatusBoard:
    """Keeps the public message of each job true."""

    def __init__(
        self,
        *,
        delivery: Delivery,
        jobs: JobQueries,
        moderation: Moderation,
        signals: JobSignals,
        messenger: Messenger,
        engines: Engines,
        forecaster: Forecaster,
        dress: Dress,
        sealer: Sealer,
        owed: Owed,
        shortages: Shortages,
        may_show: Callable[[Job], Awaitable[bool]],
        interval: float,
        give_up_after: float,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            delivery: knows the message that follows each job.
            jobs: knows what a job's row says now.
            moderation: knows whether a server is paused.
            signals: says which jobs have changed.
            messenger: the bot's hand in Discord.
            engines: know what the running jobs are doing.
            forecaster: knows how long the others wait.
            dress: makes the buttons of a status message.
            sealer: marks first looks as made by a machine.
            owed: remembers what could not be said.
            shortages: knows what the machine is short of.
            may_show: whether a first look may be shown before the clip is reviewed.
            interval: seconds at least between two edits of one message.
            give_up_after: seconds after a job's end when its message is left as it is.
            clock: returns Unix seconds.
        """
        self._delivery = delivery
        self._jobs = jobs
        self._moderation = moderation
        self._messenger = messenger
        self._engines = engines
        self._forecaster = forecaster
        self._dress = dress
        self._in_answer = partial(show_in_answer, dress, jobs, messenger.answer_with, clock)
        self._sealer = sealer
        self._owed = owed
        self._shortages = shortages
        self._may_show = may_show
        self._pause = partial(_pause_between, engines, interval)
        self._give_up_after = give_up_after
        self._clock = clock
        self._dirty: dict[JobId, None] = {}
        self._shown: dict[JobId, Shown] = {}
        self._busy: set[JobId] = set()
        self._expected: set[JobId] = set()
        self._continued: set[JobId] = set()
        self._looks = FirstLooks(engines.drafts)
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(EDITS_AT_ONCE)
        self._refreshed = 0.0
        self.loop = Loop("status board", self._edit, every=TICK_SECONDS, first=self._look_around)
        signals.changed.connect(self.touch)
        signals.message_replaced.connect(self._forget)
        signals.places_changed.connect(self.places_changed)

    def touch(self, job: JobId) -> None:
        """The job has changed."""
        self._dirty[job] = None

    def places_changed(self) -> None:
        """Every place in the queue may have changed."""
        self._refreshed = 0.0

    def expect(self, job: JobId) -> None:
        """The answer to the member is about to become this job's message; the board need not send one."""
        self._expected.add(job)

    def answered(self, job: JobId) -> None:
        """That answer was given, or will not be."""
        self._expected.discard(job)
        self.touch(job)

    def shown(self, job: JobId, content: str) -> None:
        """Another part has just written this into the job's message."""
        self._shown[job] = Shown(content=content, draft=0, next=time.monotonic() + self._pause())

    def keep(self, job: JobId) -> bool:
        """The first look was liked: it stays, and asks no more. False where there is none."""
        if not self._looks.keep(job):
            return False
        if job in self._shown:
            self._shown[job].next = 0.0  # the member who clicked should see the result at once
        self.touch(job)
        return True

    async def _edit(self) -> None:
        await self._refresh_the_waiting()
        if not self.loop.stopping:  # as it was when the question was asked
            self._start_due_edits()

    async def stop(self, grace: float = 3.0) -> None:
        """Write what is still to be written, for a moment; the rest is found again at the next start."""
        self.loop.stop()
        for shown in self._shown.values():
            shown.next = 0.0  # nothing has to wait for its interval any more
        try:
            async with asyncio.timeout(grace):
                while True:
                    self._start_due_edits(most=len(self._dirty))
                    if not self._tasks:
                        return
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            late = list(self._tasks)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _look_around(self) -> None:
        """At the start, tell members that their jobs go on, including members without an answer yet."""
        for job in [*await self._delivery.open_statuses(), *await self._jobs.waiting()]:
            self._continued.add(job.id)
            self.touch(job.id)

    async def _refresh_the_waiting(self) -> None:
        now = time.monotonic()
        if now - self._refreshed < REFRESH_SECONDS:
            return
        self._refreshed = now
        for job in await self._delivery.open_statuses():
            self.touch(job.id)

    def _start_due_edits(self, most: int = EDITS_PER_TICK) -> None:
        now = time.monotonic()
        due = [
            job
            for job in self._dirty
            if job not in self._busy | self._expected and self._shown.get(job, Shown()).next <= now
        ]
        for job in list(fitting(due, self._shown, self._busy, most=most)):
            del self._dirty[job]
            self._busy.add(job)
            task = asyncio.create_task(self._bring_up_to_date(job), name=f"status {job}")
            self._tasks.add(task)
            task.add_done_callback(partial(self._edited, job))

    def _edited(self, job: JobId, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._busy.discard(job)

    async def _bring_up_to_date(self, job_id: JobId) -> None:
        async with self._slots:
            try:
                job = await self._jobs.get(job_id)
                if job is None or job.status_final or not job.has_status or job.shows_drafts:
                    self._forget(job_id)
                    return
                look = self._looks.of(job.id) if job.state is State.RUNNING and job.has_channel else None
                with speaking(job.language):
                    await self._write(job, look if look and await self._may_show(job) else None)
            except Exception:
                log.exception("could not show the status of job %s", job_id)
                self._try_again(job_id)

    async def _content(self, job: Job, *, asks: bool = False) -> str:
        recipe = recipe_of(job)
        if job.state in {State.QUEUED, State.RUNNING}:
            return await self._content_of_waiting(job, recipe, asks=asks)
        if job.state is State.HELD:
            return status_texts.under_review(recipe)
        if job.state.ended:
            return status_texts.over(job, recipe)
        if (short := self._shortages.at(Where.DELIVERY)) is not None:
            return status_texts.waits_for(recipe, short)
        return (
            status_texts.held_back(recipe) if is_waiting_for_access(job) else status_texts.uploading(recipe)
        )

    async def _content_of_waiting(self, job: Job, recipe: Recipe, *, asks: bool) -> str:
        """For a job that waits or is drawn."""
        if job.choosing:
            return await status_of_drafts(job, self._jobs, self._forecaster, self._moderation)
        live = self._engines.progress.get(job.id) if job.state is State.RUNNING else None
        begun = live is not None and live.fraction > 0  # each try may fail again: this is said once
        if not begun and (kept := kept_from_drawing(self._engines, job, recipe)) is not None:
            return kept
        if live is not None:
            return status_texts.running(recipe, live.stage, live.fraction, live.take, asks=asks)
        if job.state is State.RUNNING:
            return status_texts.running(recipe, job.stage, job.fraction, job.take)
        wait = await self._forecaster.wait_of(job)
        paused, restarted = await self._moderation.paused(job.guild_id), job.id in self._continued
        line = default_texts.line_of(job)
        return status_texts.waiting(recipe, wait, paused=paused, restarted=restarted, defaults=line)

    async def _write(self, job: Job, look: FirstLook | None) -> None:
        content = await self._content(job, asks=look is not None and look.asks)
        take = 0 if look is None else look.take
        shown = self._shown.get(job.id, Shown())
        if (shown.content, shown.draft) == (content, take) and not job.state.ended:
            return
        files = None if shown.draft == take else await _files_of(self._sealer, job, look)
        try:
            draft = await self._put(job, content, look, files)
        except ChannelError as error:
            if files:
                self._leave_out(job, take, error)
            else:
                await self._answer(job, error)
            return
        await self._written(job, content, draft)

    async def _written(self, job: Job, content: str, draft: int) -> None:
        pause = 0.0 if self.loop.stopping else _pause_after(job, self._forecaster, self._pause)
        self._shown[job.id] = Shown(
            content=content, draft=draft, next=time.monotonic() + pause, channel=job.channel_id
        )
        if job.state.ended:
            await self._delivery.finish_status(job.id)
            self._forget(job.id)

    def _forget(self, job: JobId) -> None:
        self._shown.pop(job, None)
        self._continued.discard(job)
        self._looks.forget(job)

    async def _put(self, job: Job, content: str, look: FirstLook | None, files: _Files) -> int:
        """Send or edit the message; answers with the take whose first look hangs on it now."""
        if job.answer_only:
            await self._in_answer(job, content)
            return 0
        view = self._dress(job, draft=look is not None and look.asks)
        if job.status_message_id is None or job.status_channel_id is None:
            if job.state is not State.DELIVERED:  # else the clip itself has told it
                post = Post(content=content, nonce=nonce(job.id, f"status {job.stumbles}"), view=view)
                message = await self._messenger.send(job.channel_id, post)
                await self._delivery.set_status_message(job.id, job.channel_id, message)
            return 0
        place = job.status_channel_id, job.status_message_id
        if job.choose_until is not None and await self._messenger.is_container(*place):
            raise ChannelError(Trouble.CONTAINER, "the drafts were shown in a container")
        try:
            async with asyncio.timeout(DRAFT_SECONDS if files else None):
                await self._messenger.edit(*place, content, view, files)
        except TimeoutError as error:
            raise ChannelError(Trouble.LATER, "the first look took too long") from error
        return 0 if look is None else look.take

    def _leave_out(self, job: Job, take: int, error: ChannelError) -> None:
        """Whatever kept a first look from being shown, the words alone have a better chance."""
        log.info("the first look at take %d of job %s is not shown: %s", take, job.id, error)
        self._looks.leave_out(job.id, take)
        self._shown.pop(job.id, None)
        self.touch(job.id)

    async def _answer(self, job: Job, error: ChannelError) -> None:
        """What follows from Discord's no; see :mod:`bot.discord_io.discord_errors`."""
        if await self._delivery.is_followed_elsewhere(job):
            return
        if _needs_another(job, error.trouble, said=job.id in self._shown):
            await self._replace(job)
        else:
            await self._keep_trying(job, error)

    async def _keep_trying(self, job: Job, error: ChannelError) -> None:
        """Come back later: a thread is opened again, a permission given back. How a job ended cannot wait."""
        over_for = 0.0 if job.ended_at is None else self._clock() - job.ended_at
        pause = _pause_before_retry(job, error.trouble, over_for, self._give_up_after)
        if pause is None or error.trouble is Trouble.NO_ACCESS or over_for > TELL_ELSEWHERE_AFTER:
            await self._owed.add_if_nothing_came(job)
        if pause is None:
            log.info("cannot reach the status message of job %s: %s", job.id, error)
            await self._delivery.finish_status(job.id)
        else:
            self._try_again(job.id, pause)

    async def _replace(self, job: Job) -> None:
        """A new one takes over: Discord limits edits of old messages, and no edit makes a container plain."""
        old_channel, old_message = job.status_channel_id, job.status_message_id
        content = await self._content(job)
        fresh = nonce(job.id, f"status after {old_message}")
        post = Post(content=content, nonce=fresh, view=self._dress(job, draft=False))
        try:
            message = await self._messenger.send(job.channel_id, post)
            await self._delivery.set_status_message(job.id, job.channel_id, message)
            if old_channel is not None and old_message is not None:
                await self._messenger.delete(old_channel, old_message)
            await self._written(job, content, draft=0)
        except ChannelError as error:
            log.warning("could not replace the status message of job %s: %s", job.id, error)
            await self._keep_trying(job, error)

    def _try_again(self, job: JobId, pause: float = RETRY_SECONDS) -> None:
        self._shown[job] = Shown(next=time.monotonic() + pause)
        self.touch(job)


def _needs_another(job: Job, trouble: Trouble, *, said: bool) -> bool:
    """Whether a new message takes the place of the one that follows a job.

    Args:
        job: whose message it is.
        trouble: what kept it from being edited.
        said: it did say something. If not, the answer to the member died before it was a message.
    """
    if job.answer_only:
        return False
    if trouble is Trouble.GONE:
        return not (job.state.ended or said)
    return trouble in {Trouble.TOO_OLD, Trouble.THINKING, Trouble.CONTAINER}


def _pause_before_retry(job: Job, trouble: Trouble, over_for: float, give_up_after: float) -> float | None:
    """Seconds until the next try; None: somebody deleted it, or Discord will not take its last words.

    Args:
        job: whose message it is.
        trouble: what kept it from being edited.
        over_for: seconds since the job ended; 0 while it has not.
        give_up_after: seconds after the end when the message is left as it is.
    """
    if trouble is Trouble.GONE and job.answer_only and not job.state.ended:
        return FAR_BACK_SECONDS  # it can't say how the job stands any more; how that ends is said directly
    if trouble is Trouble.GONE:
        return None
    if job.state.ended and (trouble is Trouble.REFUSED or over_for > give_up_after):
        return None
    pause = RETRY_SECONDS if trouble is Trouble.LATER else FAR_BACK_SECONDS
    return max(pause, min(LONGEST_RETRY_SECONDS, over_for / 10))


def _pause_after(job: Job, forecaster: Forecaster, usual: Callable[[], float]) -> float:
    """Seconds from an edit of a job's message to the next."""
    return FAR_BACK_SECONDS if _is_far_back(forecaster, job) else usual()


def _is_far_back(forecaster: Forecaster, job: Job) -> bool:
    latest = forecaster.latest
    wait = latest.waits.get(job.id) if latest is not None else None
    return wait is not None and wait.position > FAR_BACK


def _pause_between(engines: Engines, least: float) -> float:
    """Seconds between two edits of one message now."""
    return interval_of(len(engines.progress), least)


def kept_from_drawing(engines: Engines, job: Job, recipe: Recipe) -> str | None:
    """What a member reads while something else than the queue keeps a job from being drawn; None: nothing."""
    if (short := engines.short_for(job)) is not None:
        return status_texts.waits_for(recipe, short)
    if (away := engines.away_for(job)) is not None:
        return status_texts.waits_for_server(recipe, away)
    if (left_out := engines.left_out_for(job)) is not None:
        return status_texts.waits_for_gpu(recipe, left_out.until)
    if engines.are_down_for(job):
        return status_texts.waits_for_engine(recipe)
    return None


async def _files_of(sealer: Sealer, job: Job, look: FirstLook | None) -> tuple[SmallFile, ...]:
    if look is None:
        return ()
    sealed = await asyncio.to_thread(sealer.seal, look.mp4, recipe_of(job))
    return (SmallFile(name=(SPOILER if job.spoiler else "") + DRAFT_NAME, data=sealed.mp4),)
