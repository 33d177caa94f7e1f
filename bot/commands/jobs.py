"""``/jobs``: what I have asked for, how it stands, and a button to cancel it."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.app import App
from bot.clips.get_it import GetIt, is_kept
from bot.commands.shared.offering import offered
from bot.discord_io.interactions import Interaction
from bot.discord_io.whereabouts import guild_of
from bot.job_documents import recipe_of
from bot.requests.cancelling import Cancel
from bot.text import messages
from db.jobs.job import Job
from db.states import State

SHOWN = 10
BUTTONS = 5
"""One row: a member with more than five open jobs cancels the rest after these."""

UNDER_WAY = frozenset({State.QUEUED, State.HELD, State.RUNNING, State.RENDERED})


def setup(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add the command."""

    @tree.command(name="jobs", description="See your requests and cancel them")
    async def jobs(interaction: Interaction) -> None:
        mine = await app.queue.jobs.jobs_of(interaction.user.id, guild_of(interaction), SHOWN)
        if not mine:
            await interaction.response.send_message(messages.NOTHING_YET, ephemeral=True)
            return
        waits = (await app.forecaster.forecast()).waits
        lines = []
        view = discord.ui.View(timeout=None)
        for job in mine:
            wait = waits.get(job.id)
            place = None if wait is None else wait.position
            lines.append(messages.job_line(job, recipe_of(job), place))
            button = Cancel(job.id) if _can_be_cancelled(job) else GetIt(job.id) if is_kept(job) else None
            if button is not None and len(view.children) < BUTTONS:
                button.item.label = f"{button.item.label} {job.id[:6]}"
                view.add_item(button)
        view.stop()
        await interaction.response.send_message(messages.my_jobs(lines), view=view, ephemeral=True)

    offered(jobs, app.settings)


def _can_be_cancelled(job: Job) -> bool:
    """Whether nothing is being done that cancelling could not stop; a post can, between two tries."""
    return job.state in UNDER_WAY or (job.state is State.POSTING and job.retry_at is not None)
