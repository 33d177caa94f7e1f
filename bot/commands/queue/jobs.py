"""What moderators do with one job: cancel, move, hold, release, retry, quarantine."""

from __future__ import annotations

import asyncio

from discord import app_commands

from bot.commands.shared.moderator_group import OPEN, JobText, QueueSection, Reason
from bot.discord_io.interactions import Interaction
from bot.text import messages, moderation_texts, privacy_texts
from db.jobs.job import Job
from db.states import RETRIED, State

Suggestions = list[app_commands.Choice[str]]


class JobCommands(QueueSection):
    """Commands about one job of this server. A job of another is not found."""

    order = 30

    @app_commands.command(description="Cancel a member's job")
    @app_commands.describe(job="The job", reason="Reason, for the log")
    async def cancel(self, interaction: Interaction, job: JobText, reason: Reason | None = None) -> None:
        """Cancel one job."""
        found = await self._find(interaction, job)
        if found is not None:
            answer = await self._app.cancelling.cancel(
                found, self._audit_entry(interaction, "cancel", found.id, reason)
            )
            await self._say(interaction, moderation_texts.about(found, f"· {answer}"))

    @app_commands.command(description="Move a waiting job to another place")
    @app_commands.describe(
        job="The job", place="Its new place among this server's jobs; 1 is next", reason="Why"
    )
    async def move(
        self,
        interaction: Interaction,
        job: JobText,
        place: app_commands.Range[int, 1, 500],
        reason: Reason | None = None,
    ) -> None:
        """Move one waiting job."""
        found = await self._find(interaction, job)
        if found is None:
            return
        audit_entry = self._audit_entry(interaction, "move", found.id, reason or f"to place {place}")
        if not await self._app.queue.moderation.move(found.id, place, audit_entry):
            await self._say(interaction, messages.NOT_WAITING)
            return
        self._app.signals.places_changed()
        await self._say(interaction, moderation_texts.moved(found, place))

    @app_commands.command(description="Hold a job until a moderator has reviewed it")
    @app_commands.describe(job="The job", reason="Reason; the member may see it")
    async def hold(self, interaction: Interaction, job: JobText, reason: Reason) -> None:
        """Hold a job that waits, or a clip that is not posted yet."""
        found = await self._find(interaction, job)
        if found is None:
            return
        audit_entry = self._audit_entry(interaction, "hold", found.id, reason)
        # What was made from a member's picture is not sent on to the review channel by hand either.
        held = await self._app.queue.delivery.hold(
            found.id, audit_entry.reason, with_file=not found.inputs, audit_entry=audit_entry
        )
        if held:
            await self._answer(interaction, found, moderation_texts.HELD)
        else:
            await self._say(interaction, moderation_texts.CANNOT_HOLD)

    @app_commands.command(description="Release a held job")
    @app_commands.describe(job="The job", reason="Reason, for the log")
    async def release(self, interaction: Interaction, job: JobText, reason: Reason | None = None) -> None:
        """Release a held job."""
        found = await self._find(interaction, job)
        if found is None:
            return
        audit_entry = self._audit_entry(interaction, "release", found.id, reason)
        released = await self._app.queue.delivery.release(found.id, audit_entry=audit_entry)
        if released:
            await self._answer(interaction, found, moderation_texts.RELEASED)
        else:
            await self._say(interaction, moderation_texts.NOT_HELD)

    @app_commands.command(description="Retry a job that failed, was cancelled or was set aside")
    @app_commands.describe(job="The job", reason="Reason, for the log")
    async def retry(self, interaction: Interaction, job: JobText, reason: Reason | None = None) -> None:
        """Make a job again: the same recipe, at the place that it had."""
        found = await self._find(interaction, job)
        if found is None:
            return
        if found.forgotten_at is not None:
            await self._say(interaction, privacy_texts.NOTHING_LEFT_TO_DRAW)
            return
        if not await self._has_its_files(found):
            await self._say(interaction, messages.INPUT_GONE)
            return
        clip = found.clip_sha256
        keep = clip is not None and await asyncio.to_thread(self._app.blobs.exists, clip)
        audit_entry = self._audit_entry(interaction, "retry", found.id, reason)
        again = await self._app.queue.moderation.retry(found.id, audit_entry, keep_clip=keep)
        if again is None:
            await self._say(interaction, moderation_texts.CANNOT_RETRY)
        elif again.state is State.RENDERED:
            await self._answer(interaction, again, moderation_texts.RETRIED_POST)
        else:
            await self._answer(interaction, again, moderation_texts.RETRIED)

    @app_commands.command(description="Set a job aside. If it is running, it stops")
    @app_commands.describe(job="The job", reason="Reason, for the log")
    async def quarantine(self, interaction: Interaction, job: JobText, reason: Reason) -> None:
        """Set a job aside."""
        found = await self._find(interaction, job)
        if found is None:
            return
        audit_entry = self._audit_entry(interaction, "quarantine", found.id, reason)
        if not await self._app.queue.moderation.quarantine(found.id, audit_entry):
            await self._say(interaction, moderation_texts.CANNOT_QUARANTINE)
            return
        self._app.signals.cancel_requested(found.id)
        await self._answer(interaction, found, moderation_texts.QUARANTINED)

    @cancel.autocomplete("job")
    @move.autocomplete("job")
    async def choose_open(self, interaction: Interaction, current: str) -> Suggestions:
        """What waits or runs."""
        return await self._suggest(interaction, current, *OPEN)

    @hold.autocomplete("job")
    async def choose_to_hold(self, interaction: Interaction, current: str) -> Suggestions:
        """What waits, to be drawn or to be posted."""
        return await self._suggest(interaction, current, State.QUEUED, State.RENDERED)

    @release.autocomplete("job")
    async def choose_held(self, interaction: Interaction, current: str) -> Suggestions:
        """What is held."""
        return await self._suggest(interaction, current, State.HELD)

    @retry.autocomplete("job")
    async def choose_to_retry(self, interaction: Interaction, current: str) -> Suggestions:
        """What ended without a clip. A draft is made again with the choice that it belongs to."""
        return await self._suggest(interaction, current, *RETRIED, drafts=False)

    @quarantine.autocomplete("job")
    async def choose_to_set_aside(self, interaction: Interaction, current: str) -> Suggestions:
        """What is not over yet."""
        return await self._suggest(interaction, current, *OPEN, State.HELD, State.RENDERED)

    async def _has_its_files(self, job: Job) -> bool:
        for digest in job.inputs.values():
            if not await asyncio.to_thread(self._app.blobs.exists, digest):
                return False
        return True

    async def _answer(self, interaction: Interaction, job: Job, what: str) -> None:
        self._moved(job)
        await self._say(interaction, moderation_texts.about(job, what))
