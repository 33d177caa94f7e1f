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
from bot.discord_io.in_flight import InFlight
from bot.discord_io.interactions import Interaction, cross_off, is_taken, say, tell_elsewhere
from bot.discord_io.permissions import roles_of
from bot.discord_io.replies import Answer, defer, refusal_text, retry, send_refusal, write_down
from bot.discord_io.spoilers import is_spoiler
from bot.forecast import Forecaster
from bot.intake.attachment import Attachment
from bot.intake.reception import Reception, each_of
from bot.job_documents import seen_document
from bot.loops.discards import drop_unnamed
from bot.loops.status import StatusBoard
from bot.moderation.screening import Screened, Screening
from bot.ops.data_watch import DataWatch
from bot.ops.shortages import Place, Shortages
from bot.requests.admitting import Admitting
from bot.requests.options import wants_clips_sound
from bot.requests.style_names import settled
from bot.requests.submission_policy import SubmissionPolicy
from bot.requests.wording import worded
from bot.seats import lane_of
from bot.signals import JobSignals
from bot.text import messages, privacy_texts
from bot.text.prompts import clean_prompt
from db.errors import DatabaseError
from db.files import Blobs
from db.jobs.enqueue import Admission
from db.jobs.job import Job, NewJob
from db.jobs.retention import Retention
from db.moderation.actions import Moderation
from db.states import JobId, State
from engine.core.capabilities import Capabilities
from engine.core.errors import Code, UserError
from engine.core.family_spec import FamilySpec
from engine.core.recipe import Kind, Recipe, Role
from engine.core.request import AUTO, Request, Subject
from engine.planning.choice import check_still_here
from engine.planning.plan import plan

log = logging.getLogger(__name__)

UNSEEN = Subject(sha256="", width=1600, height=900)
"""A file that is not decoded yet: a request that no file could satisfy is refused before the download."""

WRITE_SECONDS = 1.0
"""Discord waits three seconds for a first answer; a write that takes longer than this goes on beside it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planned:
    """What is to be drawn, and the files that were given for it, as they were taken in.

    Attributes:
        adult: a file that was here already was for age-restricted channels when it was used before.
        spoiler: a file was given as a spoiler, so the clip is one.
        origin: the job that it is made from, where that is known only now.
    """

    recipe: Recipe
    subjects: tuple[Subject, ...] = ()
    adult: bool = False
    spoiler: bool = False
    origin: Job | None = None


class Submissions:
    """Takes requests."""

    def __init__(
        self,
        *,
        entry: Admission,
        moderation: Moderation,
        retention: Retention,
        blobs: Blobs,
        reception: Reception,
        forecaster: Forecaster,
        board: StatusBoard,
        signals: JobSignals,
        screening: Screening,
        shortages: Shortages,
        data_watch: DataWatch,
        rules: SubmissionPolicy,
        capabilities: Callable[[], Awaitable[Capabilities]],
        families: Callable[[], Mapping[str, FamilySpec]],
    ) -> None:
        """Make one from the parts that a request passes through."""
        self._entry = entry
        self._moderation = moderation
        self._retention = retention
        self.blobs = blobs
        self._reception = reception
        self._forecaster = forecaster
        self._board = board
        self._signals = signals
        self._screening = screening
        self._shortages = shortages
        self.rules = rules
        self._capabilities = capabilities
        self._families = families
        self._admitting = Admitting(
            entry=entry, reception=reception, screening=screening, data_watch=data_watch, rules=rules
        )
        self._in_flight = InFlight()

    async def stop(self, grace: float = 2.0) -> None:
        """Accept no new request, and finish answering those already accepted."""
        await self._in_flight.stop(grace)

    def engine_for(self, kind: Kind, wanted: str | None = None) -> str:
        """The engine to plan with: the owner's choice, where it draws this kind, or the member's, or "auto".

        Raises:
            UserError: the member wants another than the owner's.
        """
        wanted = (wanted or AUTO).split("·")[0].strip().lower()
        chosen = self._families().get(self.rules.engine)
        if chosen is None or kind not in chosen.kinds:
            return wanted
        if wanted not in {AUTO, chosen.name}:
            raise UserError(Code.NO_ENGINE, messages.only_engine(chosen.name))
        return chosen.name

    async def capabilities(self) -> Capabilities:
        """What this machine has for making clips."""
        return await self._capabilities()

    async def ask(
        self,
        interaction: Interaction,
        request: Request,
        files: Mapping[Role, Attachment] | None = None,
    ) -> None:
        """Take a new request with its files."""
        attached = files or {}

        async def make() -> Planned:
            capabilities = await self._capabilities()
            cleaned = settled(self.worded(request, capabilities), attached, capabilities)
            self.plan(cleaned, dict.fromkeys(attached, UNSEEN), capabilities)
            taken = await self._reception.attachments(attached, clips_sound=wants_clips_sound(request))
            return Planned(
                recipe=self.plan(cleaned, taken, capabilities),
                subjects=tuple(taken.values()),
                spoiler=any(map(is_spoiler, each_of(attached.values()))),
            )

        await self.serve(interaction, make, words=request.prompt, files=attached)

    def worded(self, request: Request, capabilities: Capabilities) -> Request:
        """The same request, its words as they will be read.

        Raises:
            UserError: there are no words left.
        """
        return worded(request, capabilities, limit=self.rules.max_prompt)

    def plan(self, request: Request, files: Mapping[Role, Subject], capabilities: Capabilities) -> Recipe:
        """Plan a request within the limits."""
        return plan(
            request,
            files.get(Role.PICTURE),
            end=files.get(Role.END),
            like=files.get(Role.LIKE),
            reference=files.get(Role.REFERENCE),
            sound=files.get(Role.SOUND),
            capabilities=capabilities,
            limits=self.rules.plan,
        )

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

        async def same_files() -> Planned:
            for digest in recipe.inputs.values():
                if not await asyncio.to_thread(self.blobs.exists, digest):
                    raise UserError("E_INPUT_GONE", messages.INPUT_GONE)
            check_still_here(recipe, await self._capabilities())
            words = clean_prompt(recipe.prompt, limit=self.rules.max_prompt)
            return Planned(recipe=dataclasses.replace(recipe, prompt=words))

        return await self.serve(interaction, same_files, words=recipe.prompt, parent=parent, key=key)

    async def serve(
        self,
        interaction: Interaction,
        make: Callable[[], Awaitable[Planned]],
        *,
        words: str = "",
        files: Mapping[Role, Attachment] | None = None,
        parent: Job | None = None,
        key: str | None = None,
    ) -> JobId | None:
        """Answer in time, look at the limits, make the recipe and put it in the queue; or refuse in words.

        Args:
            interaction: the member's.
            make: plans what is drawn, from files that may have to be fetched first.
            words: the prompt, where it is known before that.
            files: what has to be fetched.
            parent: the job that it is a variation of.
            key: what may be done once only; None: as often as it is asked for.
        """
        with self._in_flight.track(interaction.user.id):
            hand: set[str] = set()
            try:
                with self.blobs.in_hand() as hand:
                    return await self._serve(interaction, make, words, files or {}, parent, key)
            finally:  # what was taken in for nothing goes
                await drop_unnamed(self.blobs, self._retention, hand)

    def drop(self, user: int) -> bool:
        """Give up what a member has asked for and is not in the queue; say whether any of it still moves."""
        return self._in_flight.drop(user)

    async def _serve(
        self,
        interaction: Interaction,
        make: Callable[[], Awaitable[Planned]],
        words: str,
        files: Mapping[Role, Attachment],
        parent: Job | None,
        key: str | None,
    ) -> JobId | None:
        if self._in_flight.closed:
            await say(interaction, messages.BEING_RESTARTED)
            return None
        try:
            checked = await self._admitting.admit(interaction, words, files)
            if checked is None or not await self._write_down(interaction):
                return None
            answer = await self._promise(interaction)
        except asyncio.CancelledError:
            if interaction.response.is_done():
                await self._refuse(interaction, self._why_cancelled())
            else:
                await say(interaction, self._why_cancelled())
                await cross_off(interaction)
            raise
        if answer is None:
            return None
        return await self._take(interaction, make, parent, key, answer, checked=bool(checked))

    async def _take(
        self,
        interaction: Interaction,
        make: Callable[[], Awaitable[Planned]],
        parent: Job | None,
        key: str | None,
        answer: Answer,
        *,
        checked: bool,
    ) -> JobId | None:
        """Make the recipe of a request that has been answered, and put it in the queue."""
        try:
            if not checked:
                await self._admitting.check_limits(interaction)
            made = await make()
            recipe = made.recipe
            origin = made.origin or parent
            screened = await self._screening.before_drawing(
                interaction, recipe, made.subjects, origin, adult=made.adult
            )
            lane = lane_of(recipe, self._families())
            new = _new_job(interaction, origin, key or str(interaction.id), answer, screened, made, lane)
            self._in_flight.protect()
            enqueued = await self._entry.enqueue(new, self.rules.limits)
        except asyncio.CancelledError:
            await self._refuse(interaction, self._why_cancelled())
            raise
        except Exception as error:  # noqa: BLE001 - each has its words; the unknown ones an id and the log
            self._shortages.met(Place.INTAKE, error)
            await self._refuse(interaction, refusal_text(error, interaction.id))
            return None
        self._shortages.passed(Place.INTAKE)
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
        if answer.message_id is not None:  # else the answer that was promised still has to be found
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
            self._shortages.met(Place.INTAKE, error)
            await interaction.response.send_message(refusal_text(error, interaction.id), ephemeral=True)
            return False
        return True

    async def _promise(self, interaction: Interaction) -> Answer | None:
        """Show "thinking". None where it was too late for that; the member is told so elsewhere."""
        answer = await defer(interaction)
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
        wait = (await self._forecaster.forecast()).waits.get(job.id) or await self._forecaster.for_new(
            job.profile, job.guild_id, job.user_id, lane=job.lane, engine=job.engine
        )
        paused = await self._moderation.paused(job.guild_id)
        content = messages.waiting(recipe, wait, paused=paused, restarted=False)
        if job.state is State.HELD:
            content = messages.under_review(recipe)
        view = rows.for_status(job)

        async def answer() -> discord.InteractionMessage:
            return await interaction.edit_original_response(content=content, view=view)

        try:
            message = await retry(answer)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("could not answer job %s: %s", job.id, error)
        else:
            await self._entry.record_answer(
                job.id, message.channel.id, message.id, foretold=wait.middle, ahead=wait.ahead
            )
            self._board.shown(job.id, content)


def _new_job(
    interaction: Interaction,
    parent: Job | None,
    key: str,
    answer: Answer,
    screened: Screened,
    made: Planned,
    lane: str,
) -> NewJob:
    recipe = made.recipe
    if interaction.guild_id is None or interaction.channel_id is None:
        raise UserError("E_GUILD", messages.ONLY_IN_SERVERS)
    return NewJob(
        key=key,
        kind=recipe.asked,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        user_id=interaction.user.id,
        recipe=recipe.to_json(),
        profile=recipe.profile,
        inputs=recipe.inputs,
        parent=None if parent is None else parent.id,
        roles=roles_of(interaction),
        hold=screened.hold,
        adult=screened.adult,
        spoiler=screened.spoiler or made.spoiler or (parent is not None and parent.spoiler),
        status_message_id=answer.message_id,
        seed=made.recipe.seed,
        seen=seen_document(recipe, made.subjects, parent),
        lane=lane,
        engine=recipe.engine,
        interaction=interaction.id,
    )
