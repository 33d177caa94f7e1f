"""``/replay``: a clip is made again from the recipe that its file carries."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.app import App
from bot.commands.shared.offering import offered
from bot.discord_io.door import SLOT, Slot
from bot.discord_io.interactions import Interaction


def setup(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add the command."""

    @tree.command(
        name="replay",
        description="Make a clip again from its file; the recipe is stored inside",
        extras={SLOT: Slot.CLIP},
    )
    @app_commands.describe(
        file="A clip I made, exactly as I posted it",
        image="The picture it was made from, or a new one. Not needed if I still have yours",
    )
    async def replay(
        interaction: Interaction,
        *,
        file: discord.Attachment,
        image: discord.Attachment | None = None,
    ) -> None:
        await app.replays.ask(interaction, file, image)

    offered(replay, app.settings)
