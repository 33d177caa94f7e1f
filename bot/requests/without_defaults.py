"""The button that asks for the same clip without the member's defaults."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import ClassVar

from PIL import Image

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place, Presser, entry_for
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction, say
from bot.job_documents import recipe_of, seen_of
from bot.requests.cancelling import Cancelling
from bot.requests.options import ANIMATE, RESTYLE, TEXT2VIDEO
from bot.requests.preferring import given_of
from bot.requests.submission import Submissions
from bot.text import messages
from bot.text.foreign import refusal
from db.files import Blobs
from db.jobs.job import Job
from db.states import JobId, State
from engine.core.errors import UserError
from engine.core.recipe import Kind, Recipe, Role
from engine.core.request import Subject

COMMANDS = {Kind.ANIMATE: ANIMATE, Kind.TEXT2VIDEO: TEXT2VIDEO, Kind.RESTYLE: RESTYLE}
PICTURES = frozenset({Role.PICTURE, Role.END, Role.LIKE})


class WithoutDefaults(JobButton):
    """Ask for the same without the defaults; then, so that none is lost, cancel the job that waits."""

    action = "plain"
    look = Look("Without defaults", None)
    manner = Manner(slot=Slot.CLIP)
    place = Place.STATUS
    order = 25
    states = (State.QUEUED,)
    presser = Presser.ITS_MEMBER
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
            submissions, old = interaction.client.part(Submissions), recipe_of(job)
            try:
                here = await submissions.capabilities()
                files = await asyncio.to_thread(_subjects, job, old, interaction.client.part(Blobs))
                asked = submissions.request_for(COMMANDS[old.kind], given.values, files)
                asked = dataclasses.replace(asked, seed=old.seed, helped=old.helped)
                request = submissions.worded(asked, here)
                recipe = submissions.plan(request, files, here)
            except UserError as error:
                await say(interaction, refusal(error))
                return
            new = await submissions.again(
                interaction, job, recipe, key=f"plain {job.id}", takes=job.takes if job.choosing else 0
            )
            if new is not None:
                cancelling = interaction.client.part(Cancelling)
                await cancelling.cancel(job, entry_for(interaction, job, "plain"))
        finally:
            self.in_progress.discard(job.id)


def _subjects(job: Job, recipe: Recipe, blobs: Blobs) -> dict[Role, Subject]:
    """The files of a job, as far as a plan needs to know them.

    Raises:
        UserError: one of them is gone.
    """
    sights, subjects = seen_of(job), {}
    for name, digest in recipe.inputs.items():
        role = Role(name)
        width, height, seconds = recipe.width, recipe.height, None
        if role in PICTURES:
            try:
                with Image.open(blobs.path(digest)) as picture:  # our own PNG: only its header is read
                    width, height = picture.size
            except FileNotFoundError:
                raise UserError("E_INPUT_GONE", messages.INPUT_GONE) from None
        else:
            seconds = recipe.seconds
        sight = sights.get(digest)
        faces = None if sight is None or sight.faces is None else len(sight.faces)
        subjects[role] = Subject(
            sha256=digest, width=width, height=height, seconds=seconds, sight=sight, faces=faces
        )
    return subjects
