"""What moderators look at: the queue, its figures, and the audit log."""

from __future__ import annotations

import asyncio
import io

import discord
from discord import app_commands

from bot.commands.shared.moderator_group import JobText, QueueSection
from bot.commands.shared.stats_words import in_words
from bot.discord_io.interactions import Interaction
from bot.discord_io.replies import think
from bot.discord_io.whereabouts import guild_of
from bot.job_documents import recipe_of
from bot.loops.alerts import engines_trouble, shortage
from bot.loops.discards import why_discarded
from bot.ops import stats, stats_chart
from bot.seats import Seat
from bot.text import messages, moderation_texts
from bot.text.wording import named, naming
from db.jobs.job import Job
from db.states import State

SHOWN = 15
SHOWN_HELD = 10
SHOWN_REPORTED = 10
SHOWN_ACTIONS = 15
MOST_DAYS = 90
DAY = 86_400.0


class LookCommands(QueueSection):
    """Commands that change nothing."""

    order = 10

    @app_commands.command(description="Show waiting jobs in order, and held jobs")
    async def show(self, interaction: Interaction) -> None:
        """Show what waits."""
        guild = guild_of(interaction)
        queue = self._app.queue
        waiting = await queue.jobs.waiting(guild)
        forecast = await self._app.forecaster.forecast()
        jobs = await queue.jobs.in_states(guild, State.RUNNING) + waiting
        lines = []
        for job in jobs[:SHOWN]:
            wait = forecast.waits.get(job.id)
            place = None if wait is None else wait.position
            line = messages.job_line(job, recipe_of(job), place, own=False)
            lines.append(f"{line} · {named(job.user_id)}{self._on_engine(job)}")
        counts = await queue.jobs.counts(guild)
        app = self._app
        trouble = shortage(app.shortages) or engines_trouble(app.engines)
        held = [
            moderation_texts.held_line(job)
            for job in await queue.jobs.in_states(guild, State.HELD, limit=SHOWN_HELD)
        ]
        summary = " · ".join(
            f"{counts[state]} {messages.STATES[state]}" for state in State if counts.get(state)
        )
        reported, more_reported = await self._reported(guild)
        await self._say(
            interaction,
            moderation_texts.queue_page(
                lines,
                held,
                summary or str(moderation_texts.NO_JOBS_YET),
                more=len(jobs) - len(lines),
                more_held=max(counts.get(State.HELD, 0) - len(held), 0),
                paused=await queue.moderation.paused(guild),
                draining=await queue.moderation.draining(guild),
                trouble=trouble,
                engines=self._engines(),
                reported=reported,
                more_reported=more_reported,
            ),
        )

    async def _reported(self, guild: int) -> tuple[list[str], int]:
        """The lines of clips whose reports wait for a decision, and how many follow those."""
        queue = self._app.queue
        found = await queue.cases.reported(guild)
        lines = [moderation_texts.reported_line(*each) for each in found[:SHOWN_REPORTED]]
        if lines and (await queue.reviews.review_rules(guild)).channel_id is None:
            lines.insert(0, str(moderation_texts.REPORTS_NEED_A_CHANNEL))
        return lines, max(len(found) - SHOWN_REPORTED, 0)

    def _on_engine(self, job: Job) -> str:
        engines = self._app.engines
        seat = engines.drawing(job.id) if engines.are_several else None
        return "" if seat is None else moderation_texts.on_engine(seat.name)

    def _engines(self) -> list[str]:
        engines = self._app.engines
        seats = [(seat, seat.left_out if isinstance(seat, Seat) else None) for seat in engines.seats]
        return [
            moderation_texts.engine_line(seat.name, str(left_out or seat.engine.state.value))
            for seat, left_out in seats
            if engines.are_several or left_out is not None
        ]

    @app_commands.command(name="why", description="Show why takes of a clip were discarded, with pictures")
    @app_commands.describe(job="The job's id, or the start of it")
    async def why_discarded(self, interaction: Interaction, job: JobText) -> None:
        """Show the discarded takes of a job of this server."""
        found = await self._find(interaction, job)
        if found is None:
            return
        await think(interaction)
        text, files = await why_discarded(
            found, sheets=self._app.queue.sheets, blobs=self._app.blobs, own=False
        )
        await interaction.edit_original_response(content=messages.fit(text), attachments=files)

    @app_commands.command(
        name="stats", description="Recent clips: how many, how long they took, what was discarded and why"
    )
    @app_commands.describe(days="How many days to look back. Default: 7")
    async def statistics(
        self, interaction: Interaction, days: app_commands.Range[int, 1, MOST_DAYS] = 7
    ) -> None:
        """Show counts, and a chart of them."""
        await think(interaction)
        now = self._app.clock()
        jobs = await self._app.queue.jobs.ended(guild_of(interaction), now - days * DAY)
        counted = await asyncio.to_thread(stats.tally, jobs, now=now, days=days)
        picture = await asyncio.to_thread(stats_chart.chart, counted)
        await interaction.edit_original_response(
            content=messages.fit(naming(in_words(counted, days))),
            attachments=[discord.File(io.BytesIO(picture), "stats.png")],
            allowed_mentions=discord.AllowedMentions.none(),
        )

    @app_commands.command(description="Show who did what and why, and whether the log was tampered with")
    @app_commands.describe(noted="A hash you noted earlier, to check that it is still in the log")
    async def audit(
        self, interaction: Interaction, noted: app_commands.Range[str, 12, 64] | None = None
    ) -> None:
        """Show the last actions in this server, and verify the whole chain."""
        book = self._app.audit
        known = None if noted is None else await book.knows(noted.strip().strip("`"))
        entries = await book.entries(guild_of(interaction), SHOWN_ACTIONS)
        await self._say(interaction, moderation_texts.audit_page(entries, await book.verify(), known))
