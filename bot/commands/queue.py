"""``/queue``: moderators run the queue of their own server. Each use is checked and written down."""

from __future__ import annotations

import asyncio
import io
import time
from typing import Any

import discord
from discord import app_commands

from bot import stats, stats_chart, texts
from bot.parts import Parts
from bot.permissions import is_moderator
from bot.prompts import clean_prompt
from db.jobs import Job, State
from engine.recipe import Recipe

SHOWN = 15
CHOICES = 25
REASON_LIMIT = 200
MOST_DAYS = 90
DAY = 86_400.0

Reason = app_commands.Range[str, 1, REASON_LIMIT]


@app_commands.guild_only()
class QueueGroup(
    app_commands.Group,
    name="queue",
    description="Run the queue (moderators)",
    default_permissions=discord.Permissions(manage_guild=True),
):
    """The commands of moderators."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Discord's own check can be changed by a server, so each use is checked here."""
        if is_moderator(interaction, self._parts.settings.moderator_roles):
            return True
        if interaction.type is not discord.InteractionType.autocomplete:
            await interaction.response.send_message(texts.NOT_A_MODERATOR, ephemeral=True)
        return False

    @app_commands.command(description="Show what waits, in its order")
    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """Show what waits."""
        guild = interaction.guild_id or 0
        queue = self._parts.queue
        waiting = await queue.waiting(guild)
        forecast = await self._parts.waits.forecast()
        running = await queue.running()
        jobs = ([running] if running is not None and running.guild_id == guild else []) + waiting
        lines = []
        for job in jobs[:SHOWN]:
            wait = forecast.waits.get(job.id)
            place = None if wait is None else wait.position
            lines.append(f"{texts.job_line(job, Recipe.from_json(job.recipe), place)} · <@{job.user_id}>")
        if len(jobs) > SHOWN:
            lines.append(f"… and {len(jobs) - SHOWN} more")
        counts = await queue.counts(guild)
        summary = " · ".join(f"{counts[state]} {state}" for state in State if counts.get(state))
        await self._say(
            interaction, texts.queue_page(lines, summary or "nothing yet", paused=await queue.paused(guild))
        )

    @app_commands.command(description="Stop starting new jobs of this server; nothing is lost")
    @app_commands.describe(reason="Why, for the log")
    async def pause(self, interaction: discord.Interaction[Any], reason: Reason | None = None) -> None:
        """Pause the queue of this server."""
        await self._parts.queue.pause(interaction.guild_id or 0, interaction.user.id)
        await self._log(interaction, "pause", "", reason)
        await self._say(interaction, "⏸️ Paused. Members can still ask; `/queue resume` starts it again.")

    @app_commands.command(description="Start jobs of this server again")
    @app_commands.describe(reason="Why, for the log")
    async def resume(self, interaction: discord.Interaction[Any], reason: Reason | None = None) -> None:
        """Resume the queue of this server."""
        await self._parts.queue.resume(interaction.guild_id or 0)
        self._parts.studio.wake()
        await self._log(interaction, "resume", "", reason)
        await self._say(interaction, "▶️ Running again.")

    @app_commands.command(description="Cancel a member's job")
    @app_commands.describe(job="The job", reason="Why, for the log")
    async def cancel(
        self, interaction: discord.Interaction[Any], job: str, reason: Reason | None = None
    ) -> None:
        """Cancel one job."""
        found = await self._find(interaction, job)
        if found is None:
            await self._say(interaction, texts.NOT_FOUND)
            return
        answer = await self._parts.clicks.cancel(found)
        await self._log(interaction, "cancel", found.id, reason)
        await self._say(interaction, f"`{found.id[:6]}` · {answer}")

    @app_commands.command(description="Move a waiting job to another place")
    @app_commands.describe(
        job="The job", place="Its new place among this server's jobs; 1 is next", reason="Why"
    )
    async def move(
        self,
        interaction: discord.Interaction[Any],
        job: str,
        place: app_commands.Range[int, 1, 500],
        reason: Reason | None = None,
    ) -> None:
        """Move one waiting job."""
        guild = interaction.guild_id or 0
        found = await self._find(interaction, job)
        if found is None or not await self._parts.queue.move(found.id, guild, place):
            await self._say(interaction, texts.NOT_FOUND if found is None else texts.NOT_WAITING)
            return
        await self._log(interaction, "move", found.id, reason or f"to place {place}")
        await self._say(interaction, f"`{found.id[:6]}` is now at place {place} of this server.")

    @app_commands.command(description="Cancel everything that waits in this server")
    @app_commands.describe(reason="Why, for the log")
    async def clear(self, interaction: discord.Interaction[Any], reason: Reason | None = None) -> None:
        """Cancel all that waits."""
        gone = await self._parts.queue.clear(interaction.guild_id or 0, time.time())
        for job in gone:
            self._parts.board.touch(job.id)
        await self._log(interaction, "clear", f"{len(gone)} jobs", reason)
        await self._say(interaction, f"Cancelled {len(gone)} waiting {'job' if len(gone) == 1 else 'jobs'}.")

    @app_commands.command(
        name="stats", description="What was made lately, how long it took, and what was discarded and why"
    )
    @app_commands.describe(days="How far to look back (7)")
    async def statistics(
        self, interaction: discord.Interaction[Any], days: app_commands.Range[int, 1, MOST_DAYS] = 7
    ) -> None:
        """Show counts, and a chart of them."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        now = time.time()
        jobs = await self._parts.queue.ended(interaction.guild_id or 0, now - days * DAY)
        counted = await asyncio.to_thread(stats.tally, jobs, now=now, days=days)
        picture = await asyncio.to_thread(stats_chart.chart, counted)
        await interaction.edit_original_response(
            content=texts.fit(stats.in_words(counted, days)),
            attachments=[discord.File(io.BytesIO(picture), "stats.png")],
            allowed_mentions=discord.AllowedMentions.none(),
        )

    @cancel.autocomplete("job")
    @move.autocomplete("job")
    async def choose_job(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        """The jobs of this server that wait or run, for those who may see them."""
        if not is_moderator(interaction, self._parts.settings.moderator_roles):
            return []
        guild = interaction.guild_id or 0
        running = await self._parts.queue.running()
        jobs = ([running] if running is not None and running.guild_id == guild else []) + (
            await self._parts.queue.waiting(guild)
        )
        choices = []
        for job in jobs:
            name = f"{job.id[:6]} · {job.state} · {Recipe.from_json(job.recipe).prompt[:60] or job.kind}"
            if current.lower() in name.lower():
                choices.append(app_commands.Choice(name=name[:100], value=job.id))
        return choices[:CHOICES]

    async def _find(self, interaction: discord.Interaction[Any], text: str) -> Job | None:
        """A job of this server, by its id or the beginning of it."""
        wanted = text.strip().strip("`").lower()
        return await self._parts.queue.find(interaction.guild_id or 0, wanted)

    async def _log(
        self, interaction: discord.Interaction[Any], action: str, target: str, reason: str | None
    ) -> None:
        self._parts.board.queue_moved()
        await self._parts.audit.append(
            interaction.guild_id or 0,
            interaction.user.id,
            action,
            target,
            clean_prompt(reason or "", limit=REASON_LIMIT),
        )

    async def _say(self, interaction: discord.Interaction[Any], text: str) -> None:
        await interaction.response.send_message(
            text, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
        )


def setup(tree: app_commands.CommandTree[Any], parts: Parts) -> None:
    """Add the group."""
    tree.add_command(QueueGroup(parts))
