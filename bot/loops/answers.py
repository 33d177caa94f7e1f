"""Says what was not said in time: answers that an earlier run still owed, and what became of jobs.

Discord shows "thinking" from the moment an answer is promised. Each promise is a row
(`db.jobs.interactions`), and what an earlier run left is answered here. A job that came to nothing, and whose
message cannot be edited, is spoken of in its channel, or else in a direct message, once
(`db.jobs.owed_answers`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import Answered, ChannelError, Post
from bot.job_documents import recipe_of
from bot.loops.clip_post import nonce
from bot.signals import JobSignals
from bot.supervisor import Loop
from bot.text import messages, status_texts
from bot.text.wording import speaking
from db.jobs.delivery import Delivery
from db.jobs.interactions import ANSWERABLE, Asked, AskedRow
from db.jobs.job import Job
from db.jobs.owed_answers import Owed
from db.states import JobId, State

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two looks."""

STILL_IN_HAND = 600.0
"""Seconds that this run itself may take for an answer; one that is older is lost."""

CHANNEL_TRIES = 5
"""Tries in the channel where Discord says that it may work later; then directly too."""

FIRST_PAUSE = 10.0
LAST_PAUSE = 3600.0
"""Seconds between two tries to say what became of a job."""


class Answers:
    """Answers what was left unanswered."""

    def __init__(
        self,
        *,
        asked: Asked,
        owed: Owed,
        delivery: Delivery,
        messenger: Messenger,
        signals: JobSignals,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            asked: who is waiting for an answer.
            owed: what still has to be said.
            delivery: remembers the message of a job.
            messenger: the bot's hand in Discord.
            signals: told of jobs whose message was found.
            clock: returns Unix seconds.
        """
        self._asked = asked
        self._owed = owed
        self._delivery = delivery
        self._messenger = messenger
        self._signals = signals
        self._clock = clock
        self._left: set[int] = set()
        self.loop = Loop("late answers", self._one_look, every=EVERY, first=self._look_back)

    async def _look_back(self) -> None:
        """At the start: whatever is written down is of an earlier run."""
        self._left = {row.interaction for row in await self._asked.open()}

    async def _one_look(self) -> None:
        for row in await self._asked.open():
            age = self._clock() - row.at
            if row.interaction in self._left or age > STILL_IN_HAND:
                with speaking(row.language):
                    await self._answer(row, age)
        for job, tries in await self._owed.due():
            with speaking(job.language):
                await self._say(job, tries)

    async def _answer(self, row: AskedRow, age: float) -> None:
        """One interaction; where Discord is away, it is looked at again."""
        try:
            if age <= ANSWERABLE:
                await self._answer_in_time(row)
            else:
                log.warning("interaction %d was not answered within 15 minutes", row.interaction)
        except ChannelError as error:
            if error.trouble is Trouble.LATER:
                return
            log.info("interaction %d cannot be answered: %s", row.interaction, error)
        await self._asked.answered(row.interaction)
        self._left.discard(row.interaction)

    async def _answer_in_time(self, row: AskedRow) -> None:
        job = await self._asked.job_of(row.interaction)
        answer = await self._messenger.answer_of(row.application, row.token)
        if job is not None:
            await self._join(*job, answer)
        elif answer is None or answer.thinking:
            public = answer is not None and not answer.private
            text = messages.NOT_TAKEN_BEFORE_RESTART if public else messages.NOT_ANSWERED_BEFORE_RESTART
            await self._messenger.answer_late(row.application, row.token, text)
            log.info("answered interaction %d, which an earlier run had left", row.interaction)

    async def _join(self, job: JobId, message: int | None, answer: Answered | None) -> None:
        """Let the promised answer be the job's message; where it has another one, the promise goes."""
        if answer is not None and answer.private:
            return  # the clip takes its place
        if answer is not None and message is None:
            await self._delivery.set_status_message(job, answer.channel, answer.message)
        elif answer is not None and answer.thinking and answer.message != message:
            await self._messenger.delete(answer.channel, answer.message)
        self._signals.changed(job)

    async def _say(self, job: Job, tries: int) -> None:
        """Tell a member what became of a job: in the channel, or else in a direct message."""
        if job.state is not State.DELIVERED and job.state.ended and job.forgotten_at is None:
            try:
                await self._tell(job, tries)
            except ChannelError as error:
                if error.trouble is Trouble.LATER:
                    await self._owed.later(job.id, min(LAST_PAUSE, FIRST_PAUSE * 2.0 ** min(30, tries)))
                    return
                log.warning("the member of job %s cannot be told how it ended: %s", job.id, error)
        await self._owed.said(job.id)

    async def _tell(self, job: Job, tries: int) -> None:
        text = status_texts.over(job, recipe_of(job))
        post = Post(
            content=messages.fit(f"<@{job.user_id}> {text}"),
            nonce=nonce(job.id, f"owed {job.ended_at}"),  # a retried job may end once more
            ping=job.user_id,
        )
        if job.has_answer:
            if job.state is not State.CANCELLED:  # whoever cancelled it was told
                await self._messenger.send_direct(job.user_id, post)
            return
        if not job.has_channel:
            return  # the program that asked for it is told
        try:
            await self._messenger.send(job.channel_id, post)
        except ChannelError as error:
            if error.trouble is Trouble.LATER and tries < CHANNEL_TRIES:
                raise
            await self._messenger.send_direct(job.user_id, post)
