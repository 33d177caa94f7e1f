"""``/help``: what the bot can do."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.app import App
from bot.commands.shared.offering import offered
from bot.discord_io.interactions import Interaction
from bot.guide.page import show


def setup(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add the command."""

    @tree.command(name="help", description="See what I can do, and try it")
    async def help_(interaction: Interaction) -> None:
        await show(interaction)

    offered(help_, app.settings)
