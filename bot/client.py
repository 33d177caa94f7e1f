"""The discord client: start, command sync, and passing each event to the part that answers it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sys
from functools import partial
from typing import Any, TypeVar

import aiohttp
import discord
from discord import app_commands
from discord.http import Route
from yarl import URL

from bot.app import App
from bot.buttons import rows
from bot.commands import setup_all
from bot.commands.mydata import MY_DATA
from bot.commands.shared.offering import is_offered_outside
from bot.discord_io.door import SLOT, Manner, Slot
from bot.discord_io.events import guard_events
from bot.discord_io.interactions import BotClient, Interaction, say
from bot.proxy import proxy_for
from bot.supervisor import Loop
from bot.text import messages
from bot.text.catalogues.command_translator import CommandTranslator

log = logging.getLogger(__name__)

LONGEST_RATE_LIMIT = 30.0
"""Seconds that a call waits for its rate limit; where Discord says more, it fails, and is made later."""

SYNC_BACKOFF = 5.0
SYNC_BACKOFF_LAST = 300.0
# An owner need not hear at each start that a bot without a voice has none.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

T = TypeVar("T")


_SERVED = "served"
"""Marks an interaction that has come in through the door."""


class _Tree(app_commands.CommandTree[BotClient]):
    """Sends commands and lists through the door; answers what a command did not expect with an error id."""

    async def _call(self, interaction: Interaction) -> None:
        # discord.py has no public hook around a command and its lists, only one before them. Should this one
        # ever lose its name, `interaction_check` lets nothing in any more.
        try:
            data: Any = interaction.data or {}
            command = interaction.command
            slot = Slot.QUICK if command is None else command.extras.get(SLOT, Slot.QUICK)
            own_data = data.get("name") == MY_DATA
            manner = Manner(slot=slot, own_data=own_data, outside=is_offered_outside(command))
        except Exception as error:  # noqa: BLE001 - it cannot be read, and the member is told so
            await interaction.client.answer_error(interaction, error)
            return
        interaction.extras[_SERVED] = True
        await interaction.client.serve(interaction, partial(super()._call, interaction), manner)

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Let in only what has come through the door."""
        return _SERVED in interaction.extras

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        if isinstance(error, app_commands.CheckFailure):
            return  # the check has said why
        await interaction.client.answer_error(interaction, error)


class Framekiln(BotClient):
    """The bot."""

    def __init__(self, app: App, *, guild_id: int | None) -> None:
        """Make one.

        Args:
            app: everything that a command or a click may reach.
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
            proxy=proxy_for(URL(Route.BASE)),  # for the gateway too: discord.py knows one
        )
        self._app = app
        self._guild = None if guild_id is None else discord.Object(guild_id)
        self.tree = _Tree(
            self,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=False, private_channel=False
            ),
        )
        self._translator = CommandTranslator(app.settings.language)
        self._sync_pause = SYNC_BACKOFF
        self._sync_loop = Loop("command sync", self._sync, every=SYNC_BACKOFF)
        self._syncing: asyncio.Task[None] | None = None
        setup_all(self.tree, app)
        guard_events(self)

    async def setup_hook(self) -> None:
        """Tell Discord of the commands where they have changed."""
        await self.tree.set_translator(self._translator)
        if self._guild is not None:
            self.tree.copy_global_to(guild=self._guild)
        self._syncing = asyncio.create_task(self._sync_loop.run(), name="command sync")

    async def close(self) -> None:
        """Close the connection."""
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.gather(self._syncing, return_exceptions=True)
        await super().close()

    async def on_ready(self) -> None:
        """Tell the owner that it works."""
        log.info("connected as %s, in %d servers", self.user, len(self.guilds))
        await self._app.guilds.record_present({guild.id for guild in self.guilds})

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was added to a server, again perhaps."""
        await self._app.guilds.record_joined(guild.id)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is there again, or still."""
        await self._app.guilds.record_joined(guild.id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was taken out of a server; one that is only unavailable does not come here."""
        await self._app.guilds.record_left(guild.id)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Answer every button and form, by its ``custom_id``, so that those from before a restart work too.

        discord.py's own dispatch is not used: it knows no door, and leaves what it doesn't know unanswered.
        """
        try:
            await self._dispatch(interaction)
        except Exception as error:  # noqa: BLE001 - it cannot be read, and the member is told so
            await self.answer_error(interaction, error)

    async def _dispatch(self, interaction: Interaction) -> None:
        data: Any = interaction.data or {}
        custom_id = str(data.get("custom_id", ""))
        if interaction.type is discord.InteractionType.component:
            button = rows.button_of(custom_id)
            if button is not None:
                await self.serve(interaction, partial(button.click, interaction), button.manner_of_click())
                return
        elif interaction.type is discord.InteractionType.modal_submit:
            form = rows.form_of(custom_id)
            if form is not None:
                await self.serve(interaction, partial(form.submit, interaction), form.manner)
                return
        else:
            return
        log.warning("nothing answers to the custom_id %r", custom_id[:100])
        await self.serve(interaction, partial(say, interaction, messages.UNKNOWN_BUTTON))

    def part(self, kind: type[T]) -> T:
        """Find the part of the bot that is of this class."""
        return self._app.part(kind)

    async def recognise(self, user_id: int) -> None:
        """Note that somebody uses the bot."""
        await self._app.rights.recognise(user_id)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log what discord.py would print."""
        del args, kwargs
        log.error("the handler of %s failed", event_method, exc_info=sys.exception())

    async def _sync(self) -> bool:
        """Register the commands, or wait and say that there is more to do: Discord may be away for long."""
        try:
            await self._sync_if_changed()
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
            log.warning("could not register the commands yet: %s", error)
            await asyncio.sleep(self._sync_pause)
            self._sync_pause = min(SYNC_BACKOFF_LAST, self._sync_pause * 2)
            return True
        self._sync_loop.stop()
        return False

    async def _sync_if_changed(self) -> None:
        scope = f"commands:{self.application_id}:{self._guild.id if self._guild else 'global'}"
        digest = command_hash(self.tree, self._guild)
        if await self._app.queue.meta.get(scope) == digest:
            log.debug("the commands have not changed")
            return
        await self.tree.sync(guild=self._guild)
        await self._app.queue.meta.set(scope, digest)
        log.info("the commands are registered")


def command_hash(tree: app_commands.CommandTree[Any], guild: discord.Object | None) -> str:
    """A digest of all that Discord is told about the commands, whose translations stand in files."""
    told: list[Any] = [command.to_dict(tree) for command in tree.get_commands(guild=guild)]
    if isinstance(tree.translator, CommandTranslator):
        told.append(tree.translator.digest)
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
