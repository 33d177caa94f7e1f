"""``/help``: what the bot can do."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.commands.shared.offering import offered
from bot.discord_io.interactions import Interaction
from bot.guide.page import show
from bot.services import Services


def setup(tree: app_commands.CommandTree[Any], services: Services) -> None:
    """Add the command."""

    @tree.command(name="help", description="See what I can do, and try it")
    async def help_(interaction: Interaction) -> None:
        await show(interaction)

    offered(help_, services.settings)
