"""The button that asks for the same clip without the member's defaults."""

from __future__ import annotations

import asyncio
import dataclasses
import wave
from pathlib import Path
from typing import ClassVar

from PIL import Image

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place, Presser
from bot.discord_io.asker import asker_of
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction, say
from bot.job_documents import recipe_of, seen_of
from bot.requests.cancelling import Cancelling
from bot.requests.options import ANIMATE, RESTYLE, TEXT2VIDEO
from bot.requests.preferring import Given, given_of
from bot.requests.submission import Submissions
from bot.text import messages
from db.codes import BotCode
from db.files import Blobs
from db.jobs.job import Job
from db.states import JobId, State
from engine.clips.mp4 import measure
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Kind, Recipe, Role
from engine.core.request import Subject

COMMANDS = {Kind.ANIMATE: ANIMATE, Kind.TEXT2VIDEO: TEXT2VIDEO, Kind.RESTYLE: RESTYLE}


class WithoutDefaults(JobButton):
    """Ask for the same without the defaults; then, so that none is lost, cancel the job that waits."""

    action = "plain"
    look = Look("Without defaults", None)
    manner = Manner(slot=Slot.CLIP)
    place = Place.STATUS
    order = 25
    states = (State.QUEUED,)
    presser = Presser.ITS_MEMBER_ALONE
    needs_words = True

    in_progress: ClassVar[set[JobId]] = set()
    """Jobs that are being asked for again at this moment; a second click need not be answered in public."""

    @classmethod
    def suits(cls, job: Job) -> bool:
        """Whether defaults were added to it."""
        return job.given is not None

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Submit it once, however often the button is pressed."""
        given = given_of(job)
        if job.state is not State.QUEUED or given is None or job.id in self.in_progress:
            await say(interaction, messages.NOT_WAITING)
            return
        self.in_progress.add(job.id)
        try:
            new = await self._ask(interaction, job, given)
            if new is not None:
                await interaction.client.part(Cancelling).cancel(job)
        finally:
            self.in_progress.discard(job.id)

    async def _ask(self, interaction: Interaction, job: Job, given: Given) -> JobId | None:
        """Submit what the command was given, as it would be if it came now, of the files of the job."""
        submissions, blobs = interaction.client.part(Submissions), interaction.client.part(Blobs)
        old = recipe_of(job)

        async def plan(capabilities: Capabilities) -> Recipe:
            files = await asyncio.to_thread(_subjects, job, old, blobs)
            asked = submissions.request_for(COMMANDS[old.kind], given.values, files)
            asked = dataclasses.replace(asked, seed=old.seed, helped=old.helped)
            wanted = await submissions.settled(asker_of(interaction), asked, files.keys(), capabilities)
            return await submissions.planned(wanted, files, capabilities)

        return await submissions.vary(
            interaction,
            job,
            plan,
            words=old.prompt,
            key=f"plain {job.id}",
            takes=job.takes if job.choosing else 0,
        )


def _subjects(job: Job, recipe: Recipe, blobs: Blobs) -> dict[Role, Subject]:
    """The files of a job, as far as a plan needs to know them.

    Raises:
        UserError: one of them is gone.
    """
    sights, subjects = seen_of(job), {}
    for name, digest in recipe.inputs.items():
        role = Role(name)
        try:
            width, height, seconds = _measured(role, blobs.path(digest))
        except FileNotFoundError:
            raise UserError(BotCode.INPUT_GONE, messages.INPUT_GONE) from None
        sight = sights.get(digest)
        faces = None if sight is None or sight.faces is None else len(sight.faces)
        subjects[role] = Subject(
            sha256=digest, width=width, height=height, seconds=seconds, sight=sight, faces=faces
        )
    return subjects


def _measured(role: Role, path: Path) -> tuple[int, int, float | None]:
    """Width and height in pixels, and seconds, of a file that we wrote: only its header is read."""
    if role is Role.REFERENCE:
        return measure(path)
    if role is Role.SOUND:
        with wave.open(str(path)) as sound:
            return 0, 0, sound.getnframes() / sound.getframerate()
    with Image.open(path) as picture:
        return (*picture.size, None)
