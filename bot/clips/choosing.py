"""The buttons under drafts: choosing the one that is finished."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from typing import Self

import discord

from bot.buttons.button import Button, Look
from bot.buttons.job_button import JobButton, Presser
from bot.buttons.rows import view_of
from bot.clips.drafting import finished
from bot.discord_io.containers import beside, container, gallery, rows_of, words
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.post import Attached
from bot.job_documents import receipt_of, recipe_of
from bot.requests.cancelling import Cancel
from bot.signals import JobSignals
from bot.text import messages, take_texts
from bot.text.wording import say_as
from db.jobs.choices import Choices
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.states import JobId, State

OVERTAKEN = 1.5
"""Seconds that a click waits for the row of what it was made on; Discord waits for three."""


class ChooseTake(JobButton):
    """Finish one of the drafts. Its ``custom_id`` has the draft's number."""

    action = "choose"
    look = Look("Finish", None, discord.ButtonStyle.primary)
    states = (State.QUEUED,)
    presser = Presser.ITS_MEMBER
    needs_words = True

    def __init__(self, job: JobId, number: int = 1, *, row: int | None = None) -> None:
        self.job = job
        self.number = number
        Button.__init__(self, self.id_for(job, number), row=row)
        self.item.label = say_as("button", "Finish {number}", number=number)

    @classmethod
    def pattern(cls) -> str:
        """Match ``fk:choose:<job>:<draft>``."""
        return f"{super().pattern()}:(?P<number>[1-9])"

    @classmethod
    def id_for(cls, job: JobId, number: int = 1) -> str:
        """The ``custom_id`` of the button about this draft of the job."""
        return f"{super().id_for(job)}:{number}"

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Make the button again from what a click brings back."""
        return cls(JobId(match["job"]), int(match["number"]))

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Choose it, once."""
        client = interaction.client
        drafts = await client.part(JobQueries).drafts_of(job.id)
        draft = next((each for each in to_show(drafts) if each.draft == self.number), None)
        if draft is None:
            await self.refuse(interaction, job)
            return
        if not await _is_open(client.part(JobQueries), job):
            await say(interaction, messages.STARTING)
            return
        token = self.token(interaction)
        chose = await choose(client.part(Choices), client.part(JobSignals), job, draft, token=token)
        if chose:
            await self.confirm(interaction, job)
        else:
            await self.refuse(interaction, job)

    def token(self, interaction: Interaction) -> str | None:
        """What the message with the drafts can be changed with from now on; None: it needs nothing."""
        del interaction
        return None

    async def confirm(self, interaction: Interaction, job: Job) -> None:
        """Say that it is chosen."""
        del job
        await say(interaction, take_texts.chosen(self.number))

    async def refuse(self, interaction: Interaction, job: Job) -> None:
        """Say that nothing can be chosen any more."""
        del job
        await say(interaction, take_texts.CHOSEN_BEFORE)


async def _is_open(jobs: JobQueries, job: Job) -> bool:
    """Whether the row says that the drafts are shown. The message comes first, and a click may overtake it.

    After a kill between the two, the row is late by as long as the bot looks for its message.
    """
    until = time.monotonic() + OVERTAKEN
    now: Job | None = job
    while now is not None and now.choose_until is None and time.monotonic() < until:
        await asyncio.sleep(OVERTAKEN / 20)
        now = await jobs.get(job.id)
    return now is not None and now.choose_until is not None


def to_show(drafts: Sequence[Job]) -> list[Job]:
    """The drafts that may be seen: drawn, passed by the gate and by moderators, and not taken down."""
    return [
        draft
        for draft in drafts
        if draft.state is State.DELIVERED and draft.clip_sha256 is not None and draft.deleted_at is None
    ]


async def choose(
    choices: Choices,
    signals: JobSignals,
    job: Job,
    draft: Job,
    *,
    late: bool = False,
    alone: bool = False,
    token: str | None = None,
) -> bool:
    """Let a job be drawn as one of its drafts was. False where one was chosen before, or it is over.

    Args:
        choices: knows what is chosen from.
        signals: told that the job can be drawn.
        job: the one that is choosing.
        draft: the one that is chosen.
        late: nobody chose in time.
        alone: there was nothing to choose.
        token: what the message with the drafts can be changed with from now on; None: as before.
    """
    why = take_texts.reason(draft.draft, job.takes, late=late, alone=alone)
    recipe = finished(recipe_of(job), recipe_of(draft), receipt_of(draft), why)
    chose = await choices.choose(
        job.id,
        draft.draft,
        recipe=recipe.to_json(sentences=True),
        profile=recipe.profile,
        seed=recipe.seed,
        late=late and not alone,
        token=token,
    )
    if chose:
        signals.queued()
        signals.changed(job.id)
        signals.places_changed()
    return chose


def buttons_for(
    job: Job,
    drafts: Sequence[Job],
    *,
    finish: type[ChooseTake] = ChooseTake,
    cancel: type[Cancel] = Cancel,
) -> discord.ui.View:
    """The buttons under drafts: one for each, and one that ends it.

    Args:
        job: the one that is choosing.
        drafts: those that are shown.
        finish: the kind of button for each.
        cancel: the kind that ends it.
    """
    return view_of([finish(job.id, draft.draft) for draft in drafts], [cancel(job.id)])


def container_for(
    job: Job, numbers: Sequence[int], files: Sequence[Attached], asked: str, small: str
) -> discord.ui.LayoutView:
    """The drafts, each with its own button below it, so that nobody has to count them.

    Args:
        job: the one that is choosing.
        numbers: of the drafts that are shown.
        files: their clips.
        asked: stands above them.
        small: stands below them.
    """
    drafts = (
        part
        for number, file in zip(numbers, files, strict=True)
        for part in (gallery(file), beside(take_texts.numbered(number), ChooseTake(job.id, number)))
    )
    return container(words(asked), *drafts, words(small), *rows_of([Cancel(job.id)]))
