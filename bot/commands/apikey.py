"""``/apikey``: a member's own keys of the HTTP API, where the owner serves it and moderators let members."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.app import App
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.whereabouts import guild_of
from bot.text import api_texts
from bot.text.prompts import clean_prompt
from db.api.keys import MEMBERS_SCOPES
from db.errors import TooManyKeys

LONGEST_NAME = 60
KEY_DIGITS = 8

KeyText = app_commands.Range[str, KEY_DIGITS, KEY_DIGITS]


@app_commands.guild_only()
class ApiKeyGroup(
    app_commands.Group, name="apikey", description="Let your own programs ask me for clips in your name"
):
    """Commands about a member's own keys."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._keys = app.queue.api_keys
        self._most = app.settings.api_keys

    @app_commands.command(name="create", description="Create an API key for this server. I show it once")
    @app_commands.describe(name="What the key is for")
    async def create(self, interaction: Interaction, name: app_commands.Range[str, 1, LONGEST_NAME]) -> None:
        """Make a key."""
        guild = guild_of(interaction)
        if not await self._keys.open_to_members(guild):
            await say(interaction, api_texts.NOT_OPEN)
            return
        called = clean_prompt(name, limit=LONGEST_NAME) or "key"
        try:
            key, text = await self._keys.add(
                guild, interaction.user.id, called, MEMBERS_SCOPES, most=self._most
            )
        except TooManyKeys:
            await say(interaction, api_texts.too_many(self._most))
            return
        await say(interaction, api_texts.made(key, text))

    @app_commands.command(name="list", description="Show your API keys in this server")
    async def show(self, interaction: Interaction) -> None:
        """Show them, without their secrets."""
        keys = await self._keys.of_member(guild_of(interaction), interaction.user.id)
        await say(interaction, api_texts.own(keys))

    @app_commands.command(name="remove", description="End one of your API keys")
    @app_commands.describe(key="The eight digits of the key, from the list")
    async def remove(self, interaction: Interaction, key: KeyText) -> None:
        """End one."""
        gone = await self._keys.remove(guild_of(interaction), key.lower(), user=interaction.user.id)
        await say(interaction, api_texts.ENDED if gone else api_texts.NO_SUCH_KEY)


def setup(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add the group, where there is an API to use a key with."""
    if app.settings.api_port:
        tree.add_command(ApiKeyGroup(app))
