"""What a request passes through, wherever it came from: limits, words, files, plan, screening, the queue.

Permission and limits come before any download. The member is told of a job only after it is stored.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any

from bot.discord_io.asker import Asker
from bot.discord_io.in_flight import InFlight
from bot.discord_io.spoilers import is_spoiler
from bot.fleet.abilities import Abilities
from bot.hosted.hosting import Hosting, Waits
from bot.intake.attachment import Attachment
from bot.intake.reception import Reception, each_of
from bot.loops.discards import drop_unnamed
from bot.moderation.screening import Screening
from bot.ops.data_watch import DataWatch
from bot.ops.shortages import Shortages, Where
from bot.requests.admitting import Admitting
from bot.requests.options import ClipCommand, request_of, wants_clips_sound
from bot.requests.places import Places
from bot.requests.planned import Planned
from bot.requests.style_names import settled
from bot.requests.submission_policy import SubmissionPolicy
from bot.requests.wording import worded
from bot.seats import HERE, lane_of
from bot.signals import JobSignals
from bot.text import messages, privacy_texts
from bot.text.prompts import clean_prompt
from db.codes import BotCode
from db.errors import AskedBeforeErase
from db.files import Blobs
from db.jobs.enqueue import Admission, Enqueued
from db.jobs.job import Job
from db.jobs.retention import Retention
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


class BeingRestarted(Exception):
    """Nothing new is taken, because the bot ends."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts that a request passes through."""

    entry: Admission
    retention: Retention
    blobs: Blobs
    reception: Reception
    signals: JobSignals
    screening: Screening
    shortages: Shortages
    data_watch: DataWatch
    rules: SubmissionPolicy
    hosting: Hosting
    waits: Waits
    capabilities: Callable[[], Awaitable[Capabilities]]
    at_once: Callable[[], Awaitable[Capabilities]]
    families: Callable[[], Mapping[str, FamilySpec]]
    lanes: Collection[str]
    abilities: Abilities


class Taking:
    """Takes requests.

    Attributes:
        blobs: where files are kept.
        rules: the owner's.
    """

    def __init__(self, parts: Parts) -> None:
        """Make one."""
        self._entry = parts.entry
        self._retention = parts.retention
        self.blobs = parts.blobs
        self._reception = parts.reception
        self._signals = parts.signals
        self._screening = parts.screening
        self._shortages = parts.shortages
        self.rules = parts.rules
        self._hosting = parts.hosting
        self._waits = parts.waits
        self._capabilities = parts.capabilities
        self._at_once = parts.at_once
        self._families = parts.families
        self._lanes = parts.lanes
        self._abilities = parts.abilities
        self._admitting = Admitting(
            entry=parts.entry,
            reception=parts.reception,
            screening=parts.screening,
            data_watch=parts.data_watch,
            rules=parts.rules,
        )
        self._places = Places(
            at_once=parts.rules.per_guild, in_line=parts.rules.in_line, seconds=parts.rules.line_seconds
        )
        self._in_flight = InFlight()

    async def stop(self, grace: float = 2.0) -> None:
        """Accept no new request, and finish answering those already accepted."""
        await self._in_flight.stop(grace)

    def drop(self, user: int) -> bool:
        """Give up what a member has asked for and is not in the queue; say whether any of it still moves."""
        return self._in_flight.drop(user)

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

    def request_for(
        self, described: ClipCommand, given: Mapping[str, Any], files: Mapping[Role, object]
    ) -> Request:
        """Turn what was given to a command into a request.

        Args:
            described: the command.
            given: values by the names of its options, without the files.
            files: by what they are for.

        Raises:
            UserError: a value is not one of its choices, or a file is missing.
        """
        values = dict(given)
        if values.get("follow") is not None and Role.REFERENCE not in files:
            raise UserError(BotCode.REFERENCE, messages.NEEDS_A_CLIP)
        engine = self.engine_for(described.kind, values.pop("engine", None))
        return request_of(described.kind, engine=engine, **values)

    def max_bytes(self, role: Role) -> int:
        """The most bytes that a file for this role may have."""
        return self._reception.max_bytes(role)

    async def capabilities(self) -> Capabilities:
        """What this machine has for making clips. After a start it may take a while until that is known."""
        return await self._capabilities()

    async def at_once(self) -> Capabilities:
        """What it has as far as that is known: for what Discord wants answered within three seconds."""
        return await self._at_once()

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

    async def check(
        self, asker: Asker, words: str = "", files: Mapping[Role, Attachment] | None = None
    ) -> None:
        """Look at whether a member may ask for a clip now, before anything of it is read.

        Args:
            asker: who asks, and where.
            words: the prompt, as far as it is known.
            files: what would be fetched, as far as that is known.

        Raises:
            BeingRestarted, Draining, LimitReached, MemberBanned, UserError: they may not.
        """
        if self._in_flight.closed:
            raise BeingRestarted(messages.BEING_RESTARTED)
        await self._admitting.admit(asker, words, files or {})

    async def submit(
        self, asker: Asker, request: Request, files: Mapping[Role, Attachment], *, key: str
    ) -> Enqueued:
        """Take a new request that came by no interaction. When this returns, the job is stored.

        Args:
            asker: who asks, and where.
            request: what they ask for.
            files: what it is made from.
            key: two requests with the same key are one job.

        Raises:
            BeingRestarted, NotAccepted, UserError: it is refused, and why.
        """
        with self._in_flight.track(asker.user_id):
            hand: set[str] = set()
            try:
                with self.blobs.in_hand() as hand:
                    return await self._submit(asker, request, files, key)
            except asyncio.CancelledError:
                if self._in_flight.dropped or self._in_flight.closed:
                    _not_cancelled()  # it is answered in words
                if self._in_flight.dropped:
                    raise AskedBeforeErase(privacy_texts.ASKED_BEFORE_ERASE) from None
                if self._in_flight.closed:
                    raise BeingRestarted(messages.BEING_RESTARTED) from None
                raise
            finally:
                await drop_unnamed(self.blobs, self._retention, hand)

    async def _submit(
        self, asker: Asker, request: Request, files: Mapping[Role, Attachment], key: str
    ) -> Enqueued:
        if self._in_flight.closed:
            raise BeingRestarted(messages.BEING_RESTARTED)
        checked = await self._admitting.admit(asker, request.prompt, files)
        try:
            make = partial(self._planned, asker, request, files)
            enqueued, _ = await self._store(asker, make, None, key, None, checked=checked)
        except Exception as error:
            self._shortages.met(Where.INTAKE, error)
            raise
        self._shortages.passed(Where.INTAKE)
        if enqueued.created:
            log.info("job %s is queued", enqueued.job.id)
            self._signals.queued()
            self._signals.changed(enqueued.job.id)
        return enqueued

    async def settled(
        self, asker: Asker, request: Request, files: Collection[Role], capabilities: Capabilities
    ) -> Request:
        """A request as it is taken: its words and names as they are read, and where it is made.

        Args:
            asker: who asks, and where.
            request: as it was written.
            files: what came with it.
            capabilities: what there is.

        Raises:
            UserError: no file could satisfy it, or it may not be sent to the service that it names.
        """
        return await self._hosting.settled(
            asker.guild_id,
            asker.user_id,
            settled(self.worded(request, capabilities), files, capabilities),
            plan=lambda wanted: self.plan(wanted, dict.fromkeys(files, UNSEEN), capabilities),
            waits=self._waits,
        )

    async def planned(
        self, request: Request, files: Mapping[Role, Subject], capabilities: Capabilities
    ) -> Recipe:
        """Plan a settled request so that one machine can draw it.

        Raises:
            UserError: it cannot be made.
        """
        recipe = self.plan(request, files, capabilities)
        return await self._abilities.settled(recipe, partial(self.plan, request, files))

    async def _planned(self, asker: Asker, request: Request, files: Mapping[Role, Attachment]) -> Planned:
        """Fetch the files of a new request and plan it. What no file could satisfy is refused before."""
        capabilities = await self._capabilities()
        wanted = await self.settled(asker, request, files.keys(), capabilities)
        taken = await self._reception.attachments(files, clips_sound=wants_clips_sound(request))
        return Planned(
            recipe=await self.planned(wanted, taken, capabilities),
            subjects=tuple(taken.values()),
            spoiler=any(map(is_spoiler, each_of(files.values()))),
        )

    async def _varied(self, plan: Callable[[Capabilities], Awaitable[Recipe]]) -> Planned:
        """Plan a variation of a job, of files that were taken in for it."""
        capabilities = await self._capabilities()
        recipe = await plan(capabilities)
        for digest in recipe.inputs.values():
            if not await asyncio.to_thread(self.blobs.exists, digest):
                raise UserError(BotCode.INPUT_GONE, messages.INPUT_GONE)
        check_still_here(recipe, capabilities)
        words = clean_prompt(recipe.prompt, limit=self.rules.max_prompt)
        return Planned(recipe=dataclasses.replace(recipe, prompt=words))

    async def _store(
        self,
        asker: Asker,
        make: Callable[[], Awaitable[Planned]],
        parent: Job | None,
        key: str,
        message: int | None,
        *,
        checked: bool,
    ) -> tuple[Enqueued, Recipe]:
        """Make the recipe of a request, look at it, and put it in the queue, when it is its server's turn.

        Args:
            message: the one that will follow the job, where it stands in the channel already.
            checked: the limits were looked at.
        """
        async with self._places.place(asker.guild_id, asker.user_id):
            if not checked:
                await self._admitting.check_limits(asker)
            made = await make()
            await self._hosting.check(asker.guild_id, asker.user_id, made.recipe)
            origin = made.origin or parent
            screened = await self._screening.before_drawing(
                asker, made.recipe, made.subjects, origin, adult=made.adult
            )
            lane = lane_of(made.recipe, self._families())
            if lane not in self._lanes and not (lane == HERE and self._abilities.has_workers):
                raise UserError(Code.NO_ENGINE, messages.NOTHING_DRAWS_IT)
            ability = await self._abilities.of(made.recipe) if lane == HERE else ""
            new = made.job(asker, screened, origin, key=key, message=message, lane=lane, ability=ability)
            self._in_flight.protect()
            return await self._entry.enqueue(new, self.rules.limits), made.recipe


def _not_cancelled() -> None:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    task.uncancel()
