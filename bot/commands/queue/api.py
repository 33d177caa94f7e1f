"""``/queue api``: who may ask for clips by the HTTP API, and an end to their keys."""

from __future__ import annotations

from discord import app_commands

from bot.app import App
from bot.commands.shared.moderator_group import ModeratorGroup, Reason
from bot.discord_io.interactions import Interaction
from bot.discord_io.whereabouts import guild_of
from bot.text import api_texts

KEY_DIGITS = 8

KeyText = app_commands.Range[str, KEY_DIGITS, KEY_DIGITS]


class ApiGroup(ModeratorGroup, name="api", description="Keys with which programs ask for clips here"):
    """Commands about the keys of this server."""

    order = 80

    @classmethod
    def offered(cls, app: App) -> bool:
        """Only where the owner serves the API."""
        return bool(app.settings.api_port)

    @app_commands.command(name="open", description="Let members of this server make API keys")
    @app_commands.describe(reason="Reason, for the log")
    async def open(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Let members make keys."""
        entry = self._audit_entry(interaction, "api open", "", reason)
        changed = await self._app.queue.api_keys.open(entry, wanted=True)
        await self._say(interaction, api_texts.OPENED if changed else api_texts.OPENED_ALREADY)

    @app_commands.command(name="close", description="Let no member of this server make API keys")
    @app_commands.describe(reason="Reason, for the log")
    async def close(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Let them make no more."""
        entry = self._audit_entry(interaction, "api close", "", reason)
        changed = await self._app.queue.api_keys.open(entry, wanted=False)
        await self._say(interaction, api_texts.CLOSED if changed else api_texts.CLOSED_ALREADY)

    @app_commands.command(name="keys", description="Show the API keys of this server")
    async def keys(self, interaction: Interaction) -> None:
        """Show all keys, without their secrets."""
        guild, keys = guild_of(interaction), self._app.queue.api_keys
        page = api_texts.of_server(await keys.of_guild(guild), is_open=await keys.open_to_members(guild))
        await self._say(interaction, page)

    @app_commands.command(name="revoke", description="End an API key of this server")
    @app_commands.describe(key="The eight digits of the key, from the list", reason="Reason, for the log")
    async def revoke(self, interaction: Interaction, key: KeyText, reason: Reason | None = None) -> None:
        """End a key."""
        entry = self._audit_entry(interaction, "api revoke", key.lower(), reason)
        gone = await self._app.queue.api_keys.remove(guild_of(interaction), key.lower(), audit_entry=entry)
        await self._say(interaction, api_texts.ENDED if gone else api_texts.NO_SUCH_KEY)
