"""The buttons of a contest: enter a clip of one's own, look at the entries without names, vote."""

from __future__ import annotations

import asyncio
import re
from abc import ABC
from typing import Self

import discord

from bot.buttons.button import Button, Look
from bot.buttons.job_button import JobButton, Presser
from bot.buttons.rows import view_of
from bot.config.settings import Settings
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.messenger import Messenger
from bot.discord_io.permissions import may_see
from bot.discord_io.post import ALT_LIMIT
from bot.discord_io.replies import think
from bot.discord_io.whereabouts import guild_of
from bot.job_documents import picture_seen, recipe_of
from bot.text import clip_texts, community_texts
from db.community.contests import Contests, Entered
from db.community.reels import Reels
from db.files import Blobs
from db.gallery import Choice, Gallery
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.states import State

MOST_ENTRIES = 100
OFFERED = 5
LOOKED_AT = 30
"""A member's latest jobs of which the first that fit are offered."""

OUTCOMES = {
    Entered.OVER: community_texts.NO_CONTEST,
    Entered.UNFIT: community_texts.UNFIT_ENTRY,
    Entered.OWN: community_texts.OWN_ENTRY,
}


class ContestButton(Button, ABC):
    """A button under a contest's announcement. It knows no contest: a server has one at a time."""

    def __init__(self, *, row: int | None = None) -> None:
        super().__init__(f"fk:{self.action}", row=row)

    @classmethod
    def pattern(cls) -> str:
        """Match ``fk:<action>``."""
        return f"fk:{cls.action}"

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Make the button again from what a click brings back."""
        del match
        return cls()


class OpenEntry(ContestButton):
    """Show a member's latest clips that can enter, each as a button."""

    action = "contest-enter"
    look = Look("Enter", "🎬", discord.ButtonStyle.primary)

    async def click(self, interaction: Interaction) -> None:
        """Answer in private."""
        client, guild = interaction.client, guild_of(interaction)
        if await client.part(Contests).running(guild) is None:
            await say(interaction, community_texts.NO_CONTEST)
            return
        mine = await client.part(JobQueries).jobs_of(interaction.user.id, guild, LOOKED_AT)
        fit = await client.part(Reels).fit(guild, [job.id for job in mine])
        shown = [one.job for one in fit if _is_public(interaction, one.job)][:OFFERED]
        if not shown:
            hidden = await _is_hidden(interaction)
            await say(
                interaction, community_texts.HIDDEN_ENTRY if hidden else community_texts.NO_ENTRY_POSSIBLE
            )
            return
        buttons = []
        for number, job in enumerate(shown, 1):
            button = EnterClip(job.id)
            posted = discord.utils.snowflake_time(job.message_id or interaction.id)
            age = (interaction.created_at - posted).total_seconds()
            button.item.label = community_texts.entry_choice(
                number, recipe_of(job).prompt, picture_seen(job), age
            )
            buttons.append(button)
        clips = [(guild, job.channel_id, job.message_id or 0) for job in shown]
        await interaction.response.send_message(
            community_texts.choose_entry(clips), view=view_of(buttons), ephemeral=True
        )


class OpenBallot(ContestButton):
    """Show the entries, one at a time, without names."""

    action = "contest-vote"
    look = Look("Vote", "🗳️")

    async def click(self, interaction: Interaction) -> None:
        """Answer in private with the first entry."""
        jobs = await entries_for(interaction)
        if jobs:
            await show_entry(interaction, jobs, 0)
        else:
            await say(interaction, community_texts.NO_CONTEST if jobs is None else community_texts.NO_ENTRIES)


class EnterClip(JobButton):
    """Enter one's own clip."""

    action = "enter"
    in_servers_only = True
    look = Look("Enter this clip", None)
    presser = Presser.ITS_MEMBER_ALONE
    states = (State.DELIVERED,)

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Write it down."""
        if not _is_public(interaction, job):
            await say(interaction, community_texts.UNFIT_ENTRY)
            return
        outcome = await interaction.client.part(Contests).enter(
            guild_of(interaction), interaction.user.id, job.id, most=MOST_ENTRIES
        )
        if outcome is Entered.UNFIT and await _is_hidden(interaction):
            await say(interaction, community_texts.HIDDEN_ENTRY)
            return
        await say(interaction, _words_for(outcome, community_texts.ENTERED))


class NextEntry(JobButton):
    """Show the entry after this one; after the last, the first."""

    action = "entry-next"
    in_servers_only = True
    look = Look("Next", "➡️")

    async def click(self, interaction: Interaction) -> None:
        """Show it in a message of its own: a private one's files can't be changed in time.

        The entry before it need not be there any more, so nothing is asked about that while there are others.
        """
        jobs = await entries_for(interaction)
        if not jobs:
            await super().click(interaction)
            return
        places = [place for place, one in enumerate(jobs) if one.id == self.job]
        await show_entry(interaction, jobs, (places[0] + 1) % len(jobs) if places else 0)

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Say that there is none left to show."""
        del job
        over = await interaction.client.part(Contests).running(guild_of(interaction)) is None
        await say(interaction, community_texts.NO_CONTEST if over else community_texts.NO_ENTRIES)


class Vote(JobButton):
    """Give one's vote to this entry."""

    action = "entry-vote"
    in_servers_only = True
    look = Look("Vote for this one", "🗳️", discord.ButtonStyle.success)

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Write it down."""
        if not _is_public(interaction, job):
            await say(interaction, community_texts.UNFIT_ENTRY)
            return
        outcome = await interaction.client.part(Contests).vote(
            guild_of(interaction), interaction.user.id, job.id
        )
        await say(interaction, _words_for(outcome, community_texts.VOTED))


def _words_for(outcome: Entered, done: str) -> str:
    """What a member is told of what they did; ``done``: where it worked."""
    return community_texts.full(MOST_ENTRIES) if outcome is Entered.FULL else OUTCOMES.get(outcome, done)


def announcement_buttons() -> discord.ui.View:
    """The buttons under a contest's announcement."""
    return view_of([OpenEntry(), OpenBallot()])


async def entries_for(interaction: Interaction) -> list[Job] | None:
    """The entries that may be shown to a member now; None: there is no contest.

    Since a clip was entered, its channel may have been closed to everybody, or to them.
    """
    contests = interaction.client.part(Contests)
    contest = await contests.running(guild_of(interaction))
    if contest is None:
        return None
    roles = interaction.client.part(Settings).moderator_roles
    jobs = [one.job for one in await contests.entries(contest)]
    return [job for job in jobs if _is_public(interaction, job) and may_see(interaction, job, roles)]


async def _is_hidden(interaction: Interaction) -> bool:
    """Whether a member wants their clips to be shown nowhere."""
    return await interaction.client.part(Gallery).choice(interaction.user.id) is Choice.HIDDEN


def _is_public(interaction: Interaction, job: Job) -> bool:
    """Whether everybody here sees the channel of a clip now."""
    return interaction.client.part(Messenger).everybody_sees(job.guild_id, job.channel_id) is True


async def show_entry(interaction: Interaction, jobs: list[Job], place: int) -> None:
    """Show one entry in private: its clip under a name that says nothing, and no author."""
    job = jobs[place]
    blobs = interaction.client.part(Blobs)
    digest = job.clip_sha256
    await think(interaction)
    text = community_texts.ballot(place + 1, len(jobs))
    buttons = [Vote(job.id), *([NextEntry(job.id)] if len(jobs) > 1 else [])]
    files = []
    if digest is not None and await asyncio.to_thread(blobs.exists, digest):
        shows = clip_texts.alt(recipe_of(job), picture_seen(job))
        files = [discord.File(blobs.path(digest), f"entry-{place + 1}.mp4", description=shows[:ALT_LIMIT])]
    await interaction.edit_original_response(content=text, attachments=files, view=view_of(buttons))
