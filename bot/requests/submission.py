"""From a member's request to a row in the queue, or a plain refusal.

Permission and limits come before any download; the member is told "queued" only after the commit; a refusal
is private.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable, Mapping

import aiohttp
import discord

from bot.buttons import rows
from bot.discord_io.asker import Asker, asker_of
from bot.discord_io.interactions import Interaction, cross_off, is_taken, say, tell_elsewhere, token_of
from bot.discord_io.replies import Answer, defer, refusal_text, retry, send_refusal, write_down
from bot.discord_io.whereabouts import is_answer_only
from bot.forecast import Forecaster
from bot.intake.attachment import Attachment
from bot.loops.discards import drop_unnamed
from bot.loops.status import StatusBoard
from bot.ops.shortages import Where
from bot.requests.planned import Planned
from bot.requests.preferring import Given
from bot.requests.taking import Parts, Taking
from bot.text import (
    default_texts,
    messages,
    outside_texts,
    privacy_texts,
    private_texts,
    status_texts,
    take_texts,
)
from db.codes import BotCode
from db.errors import DatabaseError, Draining, LimitReached, MemberBanned
from db.jobs.job import Job
from db.moderation.actions import Moderation
from db.states import STRANGERS, JobId, State
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Recipe, Role
from engine.core.request import Request
from engine.core.services import service_of

log = logging.getLogger(__name__)

WRITE_SECONDS = 1.0
"""Discord waits three seconds for a first answer; a write that takes longer than this goes on beside it."""


class Submissions(Taking):
    """Takes the requests of interactions, and answers them."""

    def __init__(
        self,
        parts: Parts,
        *,
        moderation: Moderation,
        forecaster: Forecaster,
        board: StatusBoard,
    ) -> None:
        """Make one.

        Args:
            parts: what every request passes through.
            moderation: knows whether a server is paused.
            forecaster: knows how long jobs wait.
            board: shows how a job stands, after the first answer.
        """
        super().__init__(parts)
        self._moderation = moderation
        self._forecaster = forecaster
        self._board = board

    async def ask(
        self,
        interaction: Interaction,
        request: Request,
        files: Mapping[Role, Attachment] | None = None,
        *,
        takes: int = 0,
        private: bool = False,
        wished: tuple[Request, Given] | None = None,
        key: str | None = None,
    ) -> None:
        """Take a new request with its files.

        Args:
            interaction: the member's.
            request: what they ask for.
            files: what it is made from.
            takes: how many drafts they want to choose from; 0: none.
            private: only they are to see it.
            wished: the request with their defaults, which is taken instead if it can be planned, and what was
                given; None: they have none.
            key: what may be done once only; None: as often as it is asked for.
        """
        attached = files or {}

        async def make() -> Planned:
            if takes > self.rules.most_drafts:
                raise UserError(BotCode.TAKES, take_texts.too_many_takes(self.rules.most_drafts))
            if takes and not shows_drafts(asker_of(interaction)):
                raise UserError(BotCode.TAKES, outside_texts.NO_TAKES_HERE)
            planned = await self._with_defaults(asker_of(interaction), wished, attached)
            planned = planned or await self._planned(asker_of(interaction), request, attached)
            return _choosing(planned, takes)

        await self.serve(interaction, make, words=request.prompt, files=attached, key=key, private=private)

    async def _with_defaults(
        self,
        asker: Asker,
        wished: tuple[Request, Given] | None,
        files: Mapping[Role, Attachment],
    ) -> Planned | None:
        """Plan a request with its member's defaults. None: there are none, or they don't fit this request."""
        if wished is None:
            return None
        request, given = wished
        try:
            planned = await self._planned(asker, request, files)
        except UserError as error:
            log.info("the defaults of a request are left out: %s", error.code)
            return None
        return dataclasses.replace(planned, given=given.to_json())

    async def again(
        self, interaction: Interaction, parent: Job, recipe: Recipe, *, key: str | None = None
    ) -> JobId | None:
        """Take a variation of a job that was there before: the same files, another recipe.

        Args:
            interaction: the member's.
            parent: the job.
            recipe: the variation.
            key: what may be done once only; None: as often as it is asked for.

        Returns:
            The new job; None where there is none.
        """

        async def known(_: Capabilities) -> Recipe:
            return recipe

        return await self.vary(interaction, parent, known, words=recipe.prompt, key=key)

    async def vary(
        self,
        interaction: Interaction,
        parent: Job,
        plan: Callable[[Capabilities], Awaitable[Recipe]],
        *,
        words: str,
        key: str | None = None,
        takes: int = 0,
    ) -> JobId | None:
        """Take a variation of a job that has to be planned first; what there is may be told late.

        Args:
            interaction: the member's.
            parent: the job.
            plan: makes the recipe, of the job's files, from what there is; it may raise a ``UserError``.
            words: the prompt.
            key: what may be done once only; None: as often as it is asked for.
            takes: how many drafts are chosen from first; 0: none.

        Returns:
            The new job; None where there is none.
        """

        async def make() -> Planned:
            return _choosing(await self._varied(plan), takes)

        return await self.serve(
            interaction, make, words=words, parent=parent, key=key, private=parent.private
        )

    async def serve(
        self,
        interaction: Interaction,
        make: Callable[[], Awaitable[Planned]],
        *,
        words: str = "",
        files: Mapping[Role, Attachment] | None = None,
        parent: Job | None = None,
        key: str | None = None,
        private: bool = False,
    ) -> JobId | None:
        """Answer in time, look at the limits, make the recipe and put it in the queue; or refuse in words.

        Args:
            interaction: the member's.
            make: plans what is drawn, from files that may have to be fetched first.
            words: the prompt, where it is known before that.
            files: what has to be fetched.
            parent: the job that it is a variation of.
            key: what may be done once only; None: as often as it is asked for.
            private: only the member is to see it.
        """
        if private or is_answer_only(interaction):
            make = _by_token(interaction, make, private=private)
        with self._in_flight.track(interaction.user.id):
            hand: set[str] = set()
            try:
                with self.blobs.in_hand() as hand:
                    return await self._serve(interaction, make, words, files or {}, parent, key, private)
            finally:  # what was taken in for nothing goes
                await drop_unnamed(self.blobs, self._retention, hand)

    async def _serve(
        self,
        interaction: Interaction,
        make: Callable[[], Awaitable[Planned]],
        words: str,
        files: Mapping[Role, Attachment],
        parent: Job | None,
        key: str | None,
        private: bool,
    ) -> JobId | None:
        if self._in_flight.closed:
            await say(interaction, messages.BEING_RESTARTED)
            return None
        try:
            asker = asker_of(interaction, private=private)
            checked = await self._admitting.admit(asker, words, files)
            if not await self._write_down(interaction):
                return None
            answer = await self._promise(interaction, private=private)
        except (Draining, LimitReached, MemberBanned, UserError) as error:
            await say(interaction, refusal_text(error, interaction.id))
            return None
        except asyncio.CancelledError:
            if interaction.response.is_done():
                await self._refuse(interaction, self._why_cancelled())
            else:
                await say(interaction, self._why_cancelled())
                await cross_off(interaction)
            raise
        if answer is None:
            return None
        return await self._take(interaction, asker, make, parent, key, answer, checked=checked)

    async def _take(
        self,
        interaction: Interaction,
        asker: Asker,
        make: Callable[[], Awaitable[Planned]],
        parent: Job | None,
        key: str | None,
        answer: Answer,
        *,
        checked: bool,
    ) -> JobId | None:
        """Make the recipe of a request that has been answered, and put it in the queue."""
        try:
            only_once = key or str(interaction.id)
            message = None if asker.answer_only else answer.message_id
            enqueued, recipe = await self._store(asker, make, parent, only_once, message, checked=checked)
        except asyncio.CancelledError:
            await self._refuse(interaction, self._why_cancelled())
            raise
        except Exception as error:  # noqa: BLE001 - each has its words; the unknown ones an id and the log
            self._shortages.met(Where.INTAKE, error)
            await self._refuse(interaction, refusal_text(error, interaction.id))
            return None
        self._shortages.passed(Where.INTAKE)
        job = enqueued.job
        if not enqueued.created:
            if key is not None:
                await self._refuse(interaction, messages.ASKED_AGAIN)
            return None  # else Discord told us twice, and the first time is being answered
        log.info("job %s is queued", job.id)
        self._board.expect(job.id)
        self._signals.queued()
        try:
            await self._confirm(interaction, job, recipe)
        except Exception:
            # It is in the queue all the same, and the board tells the member so.
            log.exception("answering job %s failed", job.id)
        finally:
            self._board.answered(job.id)
        if answer.message_id is not None or job.has_answer:  # else what was promised still has to be found
            await cross_off(interaction)
        return job.id

    async def _write_down(self, interaction: Interaction) -> bool:
        """Write the interaction down before an answer is promised; False: it was refused in words."""
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await write_down(interaction, reserved=False)
        except TimeoutError:
            log.warning("the database is slow: promising an answer to %s before it is stored", interaction.id)
        except (DatabaseError, OSError, MemoryError) as error:
            self._shortages.met(Where.INTAKE, error)
            await interaction.response.send_message(refusal_text(error, interaction.id), ephemeral=True)
            return False
        return True

    async def _promise(self, interaction: Interaction, *, private: bool) -> Answer | None:
        """Show "thinking". None where it was too late for that; the member is told so elsewhere."""
        answer = await defer(interaction, private=private)
        if answer is None:
            await cross_off(interaction)
            if not await is_taken(interaction):
                await tell_elsewhere(interaction, messages.NOT_ANSWERED)
        return answer

    def _why_cancelled(self) -> str:
        return privacy_texts.ASKED_BEFORE_ERASE if self._in_flight.dropped else messages.BEING_RESTARTED

    async def _refuse(self, interaction: Interaction, text: str) -> None:
        if await send_refusal(interaction, text):
            await cross_off(interaction)

    async def _confirm(self, interaction: Interaction, job: Job, recipe: Recipe) -> None:
        """Turn the answer into the job's status message. Where that fails, the board does it later."""
        wait = await self._forecaster.wait_of(job)
        paused = await self._moderation.paused(job.guild_id)
        defaults = default_texts.line_of(job)
        content = status_texts.waiting(recipe, wait, paused=paused, restarted=False, defaults=defaults)
        if job.state is State.HELD:
            content = status_texts.under_review(recipe)
        elif job.choosing:
            content = take_texts.drawing_takes(
                status_texts.title(recipe), done=0, of=job.takes, defaults=defaults
            )
        text = content
        if job.private:
            text = private_texts.waiting(content)
        elif job.answer_only:
            text = outside_texts.waiting(content)
        view = rows.for_status(job)

        async def answer() -> discord.InteractionMessage:
            return await interaction.edit_original_response(content=text, view=view)

        try:
            message = await retry(answer)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("could not answer job %s: %s", job.id, error)
        else:
            if job.has_answer:  # its message can be changed by its token only
                if not job.private:
                    self._board.shown(job.id, content)
                return
            await self._entry.record_answer(
                job.id, message.channel.id, message.id, foretold=wait.middle, ahead=wait.ahead
            )
            self._board.shown(job.id, content)


def shows_drafts(asker: Asker) -> bool:
    """Whether drafts to choose from can be shown where somebody asks; strangers draw nothing four times."""
    return not asker.answer_only and asker.guild_id != STRANGERS


def _choosing(planned: Planned, takes: int) -> Planned:
    """The same, with so many drafts to choose from; 0: none.

    Raises:
        UserError: they would be bought.
    """
    if takes and service_of(planned.recipe.engine):
        raise UserError(BotCode.TAKES, take_texts.TAKES_COST_MONEY)
    return dataclasses.replace(planned, takes=takes)


def _by_token(
    interaction: Interaction, make: Callable[[], Awaitable[Planned]], *, private: bool
) -> Callable[[], Awaitable[Planned]]:
    """Mark what is planned: its answer is changed by its token. ``private``: it is the member's alone."""

    async def marked() -> Planned:
        return dataclasses.replace(await make(), private=private, token=token_of(interaction))

    return marked
