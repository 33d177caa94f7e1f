"""From a clip that was posted once to a job like the one that made it.

The recipe in the file becomes a request of the member who attached it, within the usual limits and this
machine's capabilities. The files it was made from are used again only if that member gave them in this
server.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Collection

import discord

from bot.clips.continuation import before_of, looped, resumed, slowed
from bot.discord_io.interactions import Interaction
from bot.discord_io.permissions import may_see
from bot.discord_io.spoilers import is_spoiler
from bot.discord_io.whereabouts import guild_of
from bot.intake.attachment import Attachment
from bot.intake.reception import Reception
from bot.job_documents import receipt_of, recipe_of
from bot.requests.planned import Planned
from bot.requests.style_names import settled
from bot.requests.submission import Submissions
from bot.text import clip_texts
from db.codes import BotCode
from db.files import Blobs
from db.jobs.job import Job
from db.jobs.ownership import Ownership
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Kind, Role
from engine.core.request import Request, Subject
from engine.planning.upscaling import upscaled
from engine.untrusted.foreign_recipe import ForeignRecipe


class Replays:
    """Answers ``/replay``."""

    def __init__(
        self,
        *,
        ownership: Ownership,
        blobs: Blobs,
        submissions: Submissions,
        reception: Reception,
        flagged_clip: Callable[[Job], bool],
        max_seconds: float,
        moderator_roles: Collection[int],
    ) -> None:
        """Make one.

        Args:
            ownership: knows whose a file is.
            blobs: where files are.
            submissions: takes the request.
            reception: reads the recipe, and takes a picture in.
            flagged_clip: whether a clip that others go on from has a flag.
            max_seconds: how long a clip may become that goes on from another.
            moderator_roles: who sees every clip of a server.
        """
        self._ownership = ownership
        self._blobs = blobs
        self._submissions = submissions
        self._reception = reception
        self._flagged_clip = flagged_clip
        self._max_seconds = max_seconds
        self._moderator_roles = moderator_roles

    async def ask(
        self,
        interaction: Interaction,
        file: discord.Attachment,
        image: discord.Attachment | None,
    ) -> None:
        """Make a clip again; what cannot be is refused in words."""

        async def make() -> Planned:
            told = await self._reception.recipe(file)
            if told.before is not None:
                planned = await self._after_another(interaction, told)
                return dataclasses.replace(planned, spoiler=planned.spoiler or is_spoiler(file))
            capabilities = await self._submissions.capabilities()
            request = self._request(told, capabilities)
            attached = {} if image is None else {Role.PICTURE: image}
            files, giver = await self._files_given(interaction, told, leave_out=attached)
            origin = await self._origin(interaction, told) or giver
            given = {**files, **await self._reception.attachments(attached)}
            recipe = self._submissions.plan(settled(request, given, capabilities), given, capabilities)
            adult = await self._ownership.has_flagged(
                guild_of(interaction), interaction.user.id, [file.sha256 for file in files.values()]
            )
            spoiler = is_spoiler(file) or is_spoiler(image)
            return Planned(
                recipe=recipe, subjects=tuple(given.values()), adult=adult, spoiler=spoiler, origin=origin
            )

        files: dict[Role, Attachment] = {Role.REFERENCE: file}
        if image is not None:
            files[Role.PICTURE] = image
        await self._submissions.serve(interaction, make, files=files)

    async def _origin(self, interaction: Interaction, told: ForeignRecipe) -> Job | None:
        """The job whose clip the file is, where that is known. One's own deleted clip may be made again."""
        found = await self._ownership.original(told.seed, told.is_of)
        if found is None or (found.deleted_at is not None and found.user_id == interaction.user.id):
            return None
        return found

    def _request(self, told: ForeignRecipe, capabilities: Capabilities) -> Request:
        request = self._submissions.worded(told.request(), capabilities)
        return dataclasses.replace(request, engine=self._submissions.engine_for(request.kind, request.engine))

    async def _files_given(
        self,
        interaction: Interaction,
        told: ForeignRecipe,
        *,
        leave_out: Collection[Role],
    ) -> tuple[dict[Role, Subject], Job | None]:
        """The files of a recipe that this member gave here, and that are still there.

        Returns:
            The files, and a job of theirs that has them from another's clip; None where none has.

        Raises:
            UserError: one of them is missing, or is another's.
        """
        files: dict[Role, Subject] = {}
        giver = None
        for role, digest in told.digests.items():
            if role in leave_out:
                continue
            own = await self._ownership.given_for(guild_of(interaction), interaction.user.id, digest)
            if own is None or not await asyncio.to_thread(self._blobs.exists, digest):
                raise UserError(BotCode.REPLAY_FILE, clip_texts.replay_needs(role))
            giver = giver if own.parent is None else own
            seconds = told.length / told.fps if role is Role.REFERENCE else None
            files[role] = Subject(sha256=digest, width=told.width, height=told.height, seconds=seconds)
        return files, giver

    async def _after_another(self, interaction: Interaction, told: ForeignRecipe) -> Planned:
        """A clip made from another: what that one was is known from our own rows, not from the file."""
        digest = told.digests.get(Role.BEFORE, "")
        job = await self._ownership.clip_of(guild_of(interaction), interaction.user.id, digest)
        if job is not None and not may_see(interaction, job, self._moderator_roles):
            job = None
        if job is None or job.receipt is None or not await asyncio.to_thread(self._blobs.exists, digest):
            raise UserError(BotCode.REPLAY_FILE, clip_texts.replay_needs(Role.BEFORE))
        recipe = recipe_of(job)
        before = before_of(recipe, receipt_of(job))
        adult = job.adult or self._flagged_clip(job)
        if told.loop:
            made = looped(recipe, before, digest, max_seconds=self._max_seconds)
            return Planned(recipe=made, adult=adult, spoiler=job.spoiler, origin=job)
        if told.slow:
            made = slowed(recipe, before, digest, max_seconds=self._max_seconds)
            return Planned(recipe=made, adult=adult, spoiler=job.spoiler, origin=job)
        capabilities = await self._submissions.capabilities()
        if told.kind is Kind.UPSCALE:
            made = upscaled(
                before,
                {Role.BEFORE: digest},
                fps=recipe.fps,
                capabilities=capabilities,
                limits=self._submissions.rules.plan.upscale,
                prompt=recipe.prompt,
                seed=recipe.seed,
            )
            made = dataclasses.replace(made, helped=recipe.helped)
            return Planned(recipe=made, adult=adult, spoiler=job.spoiler, origin=job)
        request = settled(self._request(told, capabilities), (), capabilities)
        made = resumed(
            dataclasses.replace(request, fps=recipe.fps, follow=None, strength=None, effect=None),
            before,
            digest,
            capabilities=capabilities,
            limits=self._submissions.rules.plan,
            max_seconds=self._max_seconds,
        )
        return Planned(recipe=made, adult=adult, spoiler=job.spoiler, origin=job)
