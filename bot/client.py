"""The discord client: start, command sync, and the way from an event to whoever answers it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
import sys
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.buttons.clicks import REMIX_MODAL
from bot.buttons.job_buttons import Action, JobButton
from bot.commands import setup_all
from bot.commands.mydata import MY_DATA
from bot.moderation.case_board import CaseAction, CaseButton
from bot.moderation.decisions import FORMS
from bot.privacy.rights import Choice, ErasureButton
from bot.services import Services
from bot.text import messages
from db.states import JobId

log = logging.getLogger(__name__)

LONGEST_RATE_LIMIT = 30.0
"""Seconds that a call waits for its rate limit; where Discord says more, it fails, and is made later."""

SYNC_BACKOFF = 5.0
SYNC_BACKOFF_LAST = 300.0
# An owner need not hear at each start that a bot without a voice has none.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

MODAL_SUBMIT = discord.InteractionType.modal_submit


class _Tree(app_commands.CommandTree["Framekiln"]):
    """Answers whatever a command did not expect with an error id, in private."""

    async def interaction_check(self, interaction: discord.Interaction[Framekiln], /) -> bool:
        """Whoever uses the bot is known again, also after an erase; but for asking about their own data."""
        data: Any = interaction.data or {}
        if data.get("name") != MY_DATA:
            await interaction.client.recognise(interaction.user.id)
        return True

    async def on_error(
        self, interaction: discord.Interaction[Framekiln], error: app_commands.AppCommandError, /
    ) -> None:
        if isinstance(error, app_commands.CheckFailure):
            return  # the check has said why
        await interaction.client.answer_error(interaction, error)


class Framekiln(discord.Client):
    """The bot."""

    def __init__(self, services: Services, *, guild_id: int | None) -> None:
        """Make one.

        Args:
            services: everything that a command or a click may reach.
            guild_id: register the commands in this guild, at once; None: everywhere.
        """
        intents = discord.Intents.none()
        intents.guilds = True  # names, channels and upload limits; not a privileged intent
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_ratelimit_timeout=LONGEST_RATE_LIMIT,
        )
        self._queue = services.queue
        self._clicks = services.clicks
        self._decisions = services.decisions
        self._rights = services.rights
        self._servers = services.guilds
        self._guild = None if guild_id is None else discord.Object(guild_id)
        self.tree = _Tree(self)
        self._syncing: asyncio.Task[None] | None = None
        setup_all(self.tree, services)

    async def setup_hook(self) -> None:
        """Listen for the buttons of all jobs, and tell Discord of the commands where they have changed."""
        self.add_dynamic_items(JobButton, ErasureButton, CaseButton)
        if self._guild is not None:
            self.tree.copy_global_to(guild=self._guild)
        self._syncing = asyncio.create_task(self._sync_until_done(), name="command sync")

    async def close(self) -> None:
        """Close the connection."""
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.gather(self._syncing, return_exceptions=True)
        await super().close()

    async def on_ready(self) -> None:
        """Tell the owner that it works."""
        log.info("connected as %s, in %d servers", self.user, len(self.guilds))
        await self._servers.record_present({guild.id for guild in self.guilds})

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was added to a server, again perhaps."""
        await self._servers.record_joined(guild.id)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is there again, or still."""
        await self._servers.record_joined(guild.id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was taken out of a server; one that is only unavailable does not come here."""
        await self._servers.record_left(guild.id)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Forms are answered here, by their name, so that one opened before a restart still works."""
        data: Any = interaction.data or {}
        name = str(data.get("custom_id", "")) if interaction.type is MODAL_SUBMIT else ""
        try:
            if name.startswith(REMIX_MODAL):
                await self._clicks.submit(interaction)
            elif name.startswith(FORMS):
                await self._decisions.submit(interaction)
        except Exception as error:  # noqa: BLE001 - the member gets an error id, the log the rest
            await self.answer_error(interaction, error)

    async def on_case_button(
        self, interaction: discord.Interaction[Any], action: CaseAction, number: int, job: JobId
    ) -> None:
        """A button of a card that asks moderators was clicked."""
        try:
            await self._decisions.click(interaction, action, number, job)
        except Exception as error:  # noqa: BLE001 - the member gets an error id, the log the rest
            await self.answer_error(interaction, error)

    async def on_job_button(self, interaction: discord.Interaction[Any], action: Action, job: JobId) -> None:
        """A button of a job was clicked."""
        try:
            await self.recognise(interaction.user.id)
            await self._clicks.click(interaction, action, job)
        except Exception as error:  # noqa: BLE001 - the member gets an error id, the log the rest
            await self.answer_error(interaction, error)

    async def recognise(self, user: int) -> None:
        """Somebody uses the bot."""
        await self._rights.recognise(user)

    async def on_erasure_button(self, interaction: discord.Interaction[Any], choice: Choice) -> None:
        """Somebody answered whether they want to be erased."""
        try:
            await self._rights.answer(interaction, choice)
        except Exception as error:  # noqa: BLE001 - the member gets an error id, the log the rest
            await self.answer_error(interaction, error)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log what discord.py would print."""
        del args, kwargs
        log.error("the handler of %s stumbled", event_method, exc_info=sys.exception())

    async def answer_error(self, interaction: discord.Interaction[Any], error: Exception) -> None:
        """Say that something broke, with an id that leads the owner to the log."""
        error_id = secrets.token_hex(4)
        log.error("interaction %s stumbled, error id %s", interaction.id, error_id, exc_info=error)
        text = messages.failed_inside(error_id)
        try:
            if interaction.response.is_done():
                await interaction.followup.send(text, ephemeral=True)
            else:
                await interaction.response.send_message(text, ephemeral=True)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as again:
            log.warning("the error %s could not be told: %s", error_id, again)

    async def _sync_until_done(self) -> None:
        """Register the commands if their hash has changed. Discord may be away; the bot works meanwhile."""
        wait = SYNC_BACKOFF
        while True:
            try:
                await self._sync_if_changed()
            except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
                log.warning("the commands are not registered yet: %s", error)
                await asyncio.sleep(wait)
                wait = min(SYNC_BACKOFF_LAST, wait * 2)
            else:
                return

    async def _sync_if_changed(self) -> None:
        scope = f"commands:{self.application_id}:{self._guild.id if self._guild else 'global'}"
        digest = command_hash(self.tree, self._guild)
        if await self._queue.meta.get(scope) == digest:
            log.debug("the commands have not changed")
            return
        await self.tree.sync(guild=self._guild)
        await self._queue.meta.set(scope, digest)
        log.info("the commands are registered")


def command_hash(tree: app_commands.CommandTree[Any], guild: discord.Object | None) -> str:
    """A digest of all that Discord is told about the commands."""
    told = [command.to_dict(tree) for command in tree.get_commands(guild=guild)]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
